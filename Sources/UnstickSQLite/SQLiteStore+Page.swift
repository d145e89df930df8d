import GRDB
public import Unstick
import UnstickSQL

// What the page needs: who is signed in, who did what, and what is done with many jobs.

extension SQLiteStore {
    /// Keeps a session, and forgets those that have ended.
    public func add(_ session: Session) async throws {
        let facts = StatementArguments(session.arguments) &+ Self.sessionFacts(session.digest, at: self.clock())
        try await self.write { db in
            try Self.run(SessionStatements.forgetEnded, facts, in: db)
            try Self.run(SessionStatements.insert, facts, in: db)
        }
    }

    /// The session with this digest that has not ended.
    public func session(_ digest: [UInt8], renews: Bool) async throws -> Session? {
        let now = self.clock()
        let facts = Self.sessionFacts(digest, at: now)
        let session = try await self.read { db in
            let statement = try db.cachedStatement(sql: SessionStatements.find)
            statement.setUncheckedArguments(facts)
            return try Row.fetchOne(statement).map { try Session(row: $0) }
        }
        guard let session, renews, now - session.seenAt >= Session.precision else { return session }
        _ = try await self.write { try Self.run(SessionStatements.see, facts, in: $0) }
        return session
    }

    /// Ends one session.
    public func endSession(_ digest: [UInt8]) async throws {
        let facts = Self.sessionFacts(digest, at: self.clock())
        _ = try await self.write { try Self.run(SessionStatements.end, facts, in: $0) }
    }

    /// Ends every session that somebody began with a credential.
    public func endSessions(of name: String, credential: String) async throws -> Int {
        try await self.write { db in
            try Self.run(SessionStatements.endAll, ["name": name, "credential": credential], in: db)
        }
    }

    private static func sessionFacts(_ digest: [UInt8], at now: Timestamp) -> StatementArguments {
        StatementArguments(Session.arguments(digest)) + ["now": now.milliseconds]
    }

    /// Writes down what somebody asks for.
    public func begin(_ entry: AuditEntry) async throws {
        let facts = StatementArguments(entry.arguments)
        _ = try await self.write { try Self.run(AuditStatements.begin, facts, in: $0) }
    }

    /// Writes down what came of it.
    public func end(_ id: String, outcome: String) async throws {
        _ = try await self.write { try Self.run(AuditStatements.end, ["id": id, "outcome": outcome], in: $0) }
    }

    /// Entries, newest first.
    public func auditEntries(
        _ filter: AuditFilter,
        before: String?,
        limit: Int
    ) async throws -> Window<AuditEntry, String> {
        let facts = StatementArguments(filter.arguments(before: before, limit: limit))
        let isWindowed = filter != AuditFilter()
        return try await self.read { db in
            let end: String? = isWindowed ? try Self.first(AuditStatements.windowEnd, facts, in: db) { $0["id"] } : nil
            let sql = AuditStatements.list(filter, end: end != nil)
            let rows = try Self.all(sql, facts + ["end": end], in: db) { try AuditEntry(row: $0) }
            return Window(rows: rows, limit: limit, end: end)
        }
    }

    /// Keeps an action that is to be done.
    public func add(_ action: BulkAction) async throws {
        let facts = StatementArguments(try action.arguments)
        _ = try await self.write { try Self.run(BulkStatements.insert, facts, in: $0) }
    }

    /// The action, or `nil`.
    public func bulkAction(_ id: String) async throws -> BulkAction? {
        try await self.read { db in
            try Self.first(BulkStatements.find, ["id": id], in: db) { try BulkAction(row: $0) }
        }
    }

    /// Actions, newest first.
    public func bulkActions(before: String?, limit: Int) async throws -> [BulkAction] {
        try await self.read { db in
            try Self.all(BulkStatements.list, ["before": before ?? "g", "limit": limit], in: db) {
                try BulkAction(row: $0)
            }
        }
    }

    /// Takes the oldest action that goes on and that no server has.
    public func claimBulkAction(holder: String, lease: Duration) async throws -> BulkAction? {
        let facts: StatementArguments = [
            "holder": holder, "lease": lease.inMilliseconds, "now": self.clock().milliseconds,
        ]
        // Most often there is none, and whoever only looks waits for nobody's transaction.
        let isWaiting = try await self.read { db in
            try Self.first(BulkStatements.isWaiting, facts, in: db) { $0["waits"] as Bool } ?? false
        }
        guard isWaiting else { return nil }
        return try await self.write { db in
            try Self.first(BulkStatements.claim, facts, in: db) { try BulkAction(row: $0) }
        }
    }

    /// Writes where an action stands and keeps it for a further time.
    public func save(_ action: BulkAction, holder: String, lease: Duration) async throws -> Bool {
        let facts =
            StatementArguments(try action.arguments)
            + ["holder": holder, "lease": lease.inMilliseconds, "now": self.clock().milliseconds]
        return try await self.write { db in
            try Self.first(BulkStatements.save, facts, in: db) { $0["status"] as String } == action.status.rawValue
        }
    }

    /// Stops an action.
    public func stopBulkAction(_ id: String) async throws -> Bool {
        let facts: StatementArguments = ["id": id, "now": self.clock().milliseconds]
        return try await self.write { try Self.run(BulkStatements.stop, facts, in: $0) == 1 }
    }

    /// The first row of a statement, read.
    static func first<Value>(
        _ sql: String,
        _ arguments: StatementArguments,
        in db: Database,
        _ read: (Row) throws -> Value
    ) throws -> Value? {
        let statement = try db.cachedStatement(sql: sql)
        statement.setUncheckedArguments(arguments)
        return try Row.fetchOne(statement).map(read)
    }

    /// Every row of a statement, read.
    static func all<Value>(
        _ sql: String,
        _ arguments: StatementArguments,
        in db: Database,
        _ read: (Row) throws -> Value
    ) throws -> [Value] {
        let statement = try db.cachedStatement(sql: sql)
        statement.setUncheckedArguments(arguments)
        return try Row.fetchAll(statement).map(read)
    }
}
