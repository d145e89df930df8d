import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Pauses cleaning for a time from now.
    public func pause(for duration: Duration, by name: String) async throws -> Pause {
        try Pause.check(duration)
        try Limits.checkID(name, "name")
        let now = self.clock()
        return try await self.write { db in
            let facts: StatementArguments = ["now": now.milliseconds, "duration": duration.inMilliseconds, "by": name]
            try Self.run(PauseStatements.pause, facts, in: db)
            return Pause(until: now + duration, by: name)
        }
    }

    /// Ends the pause.
    public func resume() async throws -> Bool {
        let now = self.clock()
        return try await self.write { try Self.run(PauseStatements.resume, ["now": now.milliseconds], in: $0) > 0 }
    }

    /// The pause that is in force now.
    public func currentPause() async throws -> Pause? {
        let now = self.clock()
        return try await self.read { try Self.pause(at: now, in: $0) }
    }

    static func pause(at now: Timestamp, in db: Database) throws -> Pause? {
        let statement = try db.cachedStatement(sql: PauseStatements.current)
        return try Row.fetchOne(statement, arguments: ["now": now.milliseconds]).map { try Pause(row: $0) }
    }
}
