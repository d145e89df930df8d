public import Unstick

extension SQLStore {
    /// The states of the alerts.
    public func alerts() async throws -> [AlertState] {
        guard try await self.engine.hasOwnTables else { return [] }
        return try await self.query(AlertStatements.list) { try AlertState(row: $0) }.compactMap { $0 }
    }

    /// Writes the new state of an alert if the old one is unchanged.
    public func write(_ change: AlertChange, over old: AlertState) async throws -> Bool {
        let parameters = change.state.arguments(over: old)
        return try await self.engine.write(ifUnknown: .fail) { transaction in
            let results = try transaction.run([
                SQLCall(AlertStatements.ensure, parameters), SQLCall(AlertStatements.write, parameters),
            ])
            guard results[1].affected == 1 else { return false }
            if let event = change.event {
                _ = try transaction.run(Self.emission(of: NewEvent(event, id: event.id), trace: nil))
            }
            return true
        }
    }
}
