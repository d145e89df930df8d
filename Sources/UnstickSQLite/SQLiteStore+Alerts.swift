import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Where the alerts stand.
    public func alerts() async throws -> [AlertState] {
        try await self.read { db in
            try Row.fetchAll(db.cachedStatement(sql: AlertStatements.list)).compactMap { try AlertState(row: $0) }
        }
    }

    /// Writes where an alert stands now, if it stands where it was read.
    public func write(_ change: AlertChange, over old: AlertState) async throws -> Bool {
        let now = self.clock()
        return try await self.write { db in
            let facts = StatementArguments(change.state.arguments(over: old)) + ["now": now.milliseconds]
            try Self.run(AlertStatements.ensure, facts, in: db)
            guard try Self.run(AlertStatements.write, facts, in: db) == 1 else { return false }
            if let event = change.event {
                try Self.emit(NewEvent(event, id: event.id), at: now, trace: nil, in: db)
            }
            return true
        }
    }
}
