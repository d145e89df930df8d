public import Unstick

// The roles for the admin UI: sessions, the audit log and bulk actions.

extension SQLStore {
    /// Stores a session, and removes those that have ended.
    public func add(_ session: Session) async throws {
        let parameters = session.arguments.merging(Session.arguments(session.digest)) { $1 }
        try await self.engine.change([
            SQLCall(SessionStatements.forgetEnded, parameters), SQLCall(SessionStatements.insert, parameters),
        ]) { _ in }
    }

    /// The session with this digest that has not ended.
    public func session(_ digest: [UInt8], renews: Bool) async throws -> Session? {
        let parameters = Session.arguments(digest)
        let found = try await self.query(SessionStatements.find, parameters) { row in
            (session: try Session(row: row), now: try row.timestamp(required: "now"))
        }.first
        guard let found, renews, found.now - found.session.seenAt >= Session.precision else { return found?.session }
        try await self.execute(SessionStatements.see, parameters)
        return found.session
    }

    /// Ends one session.
    public func endSession(_ digest: [UInt8]) async throws {
        try await self.execute(SessionStatements.end, Session.arguments(digest))
    }

    /// Ends every session that a user started with a credential.
    public func endSessions(of name: String, credential: String) async throws -> Int {
        try await self.execute(SessionStatements.endAll, ["name": .text(name), "credential": .text(credential)])
    }

    /// Writes the entry of a request.
    public func begin(_ entry: AuditEntry) async throws {
        try await self.execute(AuditStatements.begin, entry.arguments)
    }

    /// Writes its outcome.
    public func end(_ id: String, outcome: String) async throws {
        try await self.execute(AuditStatements.end, ["id": .text(id), "outcome": .text(outcome)])
    }

    /// Entries, newest first.
    public func auditEntries(
        _ filter: AuditFilter,
        before: String?,
        limit: Int
    ) async throws -> Window<AuditEntry, String> {
        let parameters = filter.arguments(before: before, limit: limit)
        let end = filter == AuditFilter() ? nil : try await self.windowEnd(AuditStatements.windowEnd, parameters)
        let rows = try await self.query(
            AuditStatements.list(filter, end: end != nil),
            parameters.merging(["end": SQLValue(end)]) { $1 }
        ) { try AuditEntry(row: $0) }
        return Window(rows: rows, limit: limit, end: end)
    }

    /// Stores an action that is to run.
    public func add(_ action: BulkAction) async throws {
        try await self.execute(BulkStatements.insert, action.arguments)
    }

    /// The action, or `nil`.
    public func bulkAction(_ id: String) async throws -> BulkAction? {
        try await self.query(BulkStatements.find, ["id": .text(id)]) { try BulkAction(row: $0) }.first
    }

    /// Actions, newest first.
    public func bulkActions(before: String?, limit: Int) async throws -> [BulkAction] {
        let parameters: SQLArguments = ["before": .text(before ?? "g"), "limit": .integer(limit)]
        return try await self.query(BulkStatements.list, parameters) { try BulkAction(row: $0) }
    }

    /// Claims the oldest action in progress that no server has.
    public func claimBulkAction(holder: String, lease: Duration) async throws -> BulkAction? {
        guard try await self.engine.hasOwnTables else { return nil }
        let parameters: SQLArguments = ["holder": .text(holder), "lease": .integer(lease.inMilliseconds)]
        // Usually there is none, and a read takes no lock.
        let isWaiting = try await self.query(BulkStatements.isWaiting, parameters) { $0.flag("waits") }
        guard isWaiting.first == true else { return nil }
        let calls = [SQLCall(BulkStatements.claim, parameters), SQLCall(BulkStatements.claimed, parameters)]
        return try await self.engine.change(calls) { results in
            guard results[0].affected == 1 else { return nil }
            return try results[1].first.map { try BulkAction(row: $0) }
        }
    }

    /// Saves the progress of an action and extends the claim.
    public func save(_ action: BulkAction, holder: String, lease: Duration) async throws -> Bool {
        let parameters: SQLArguments = ["holder": .text(holder), "lease": .integer(lease.inMilliseconds)]
        let arguments = try action.arguments.merging(parameters) { $1 }
        let calls = [SQLCall(BulkStatements.save, arguments), SQLCall(BulkStatements.saved, arguments)]
        return try await self.engine.change(calls) { results in
            let status = results[1].first?.text("status")
            return results[0].affected == 1 && status == action.status.rawValue
        }
    }

    /// Stops an action.
    public func stopBulkAction(_ id: String) async throws -> Bool {
        try await self.execute(BulkStatements.stop, ["id": .text(id)]) == 1
    }
}
