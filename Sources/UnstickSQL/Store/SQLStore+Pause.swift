public import Unstick

extension SQLStore {
    /// Pauses cleaning for a time from now, on every node.
    public func pause(for duration: Duration, by name: String) async throws -> Pause {
        try Pause.check(duration)
        try Limits.checkID(name, "name")
        let parameters: SQLArguments = ["duration": .integer(duration.inMilliseconds), "by": .text(name)]
        return try await self.engine.change([
            SQLCall(PauseStatements.pause, parameters), SQLCall(PauseStatements.current),
        ]) {
            try Pause(row: $0[1].only())
        }
    }

    /// Ends the pause.
    public func resume() async throws -> Bool {
        try await self.execute(PauseStatements.resume) > 0
    }

    /// The pause that is in force now.
    public func currentPause() async throws -> Pause? {
        guard try await self.engine.hasOwnTables else { return nil }
        return try await self.query(PauseStatements.current) { try Pause(row: $0) }.first
    }
}
