import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Tells of something that changed nothing in the database.
    @discardableResult
    public func emit(_ event: NewEvent) async throws -> Bool {
        let trace = TraceParent.current?.text
        let now = self.clock()
        return try await self.write { db in try Self.emit(event, at: now, trace: trace, in: db) }
    }

    /// Writes an event, and puts it on its way to whoever wants to know of it.
    ///
    /// - Returns: whether it is new.
    @discardableResult
    static func emit(_ event: NewEvent, at now: Timestamp, trace: String?, in db: Database) throws -> Bool {
        let facts = StatementArguments(event.arguments(at: now, trace: trace))
        let isNew = try Self.run(EventStatements.emit, facts, in: db) == 1
        if isNew { try Self.run(EventStatements.deliver, facts, in: db) }
        return isNew
    }
}
