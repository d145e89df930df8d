public import Unstick
import UnstickSQL

extension PostgresStore {
    /// The user's balance.
    public func balance(of userID: String) async throws -> Int {
        try self.requireOwnTables()
        return try await self.query(LedgerStatements.balance, ["user": .text(userID)]) {
            try $0.integer(required: "balance")
        }
        .first ?? 0
    }

    /// Books one line and moves the balance, both or neither.
    public func book(_ transaction: NewTransaction) async throws -> Booking {
        try self.requireOwnTables()
        try transaction.validate()
        let trace = TraceParent.current?.text
        let booking: Booking = try await self.write(ifUnknown: .repeatIt) { open in
            let booking = try Self.book(transaction, in: open)
            if case .booked(let booked) = booking, let event = TokensEvent(transaction) {
                let id = RandomID.timeOrdered(at: booked.createdAt)
                try open.run(Self.emission(of: NewEvent(event, id: id), trace: trace))
            }
            return booking
        }
        if case .booked = booking { RefundMetrics.refunded(by: transaction) }
        return booking
    }

    /// The user's lines, newest first.
    public func transactions(of userID: String, before: Int?, limit: Int) async throws -> [TokenTransaction] {
        try self.requireOwnTables()
        return try await self.query(
            LedgerStatements.history,
            ["user": .text(userID), "before": .integer(before ?? .max), "limit": .integer(limit)]
        ) { try TokenTransaction(row: $0) }
    }

    /// Those of these lines of the user that there are.
    public func transactions(of userID: String, keys: [String]) async throws -> [TokenTransaction] {
        try self.requireOwnTables()
        let facts: SQLArguments = ["user": .text(userID), "keys": .text(keys.asRows)]
        return try await self.query(LedgerStatements.findAll(.postgres), facts) { try TokenTransaction(row: $0) }
    }

    /// What came back to the user, newest first.
    public func refunds(of userID: String, limit: Int) async throws -> [TokenTransaction] {
        try self.requireOwnTables()
        let facts: SQLArguments = [
            "user": .text(userID), "window": .integer(Limits.window), "limit": .integer(limit),
        ]
        return try await self.query(LedgerStatements.refunds, facts) { try TokenTransaction(row: $0) }
    }

    /// What all of the user's lines come to.
    public func sums(of userID: String) async throws -> LedgerSums {
        try self.requireOwnTables()
        let user: SQLArguments = ["user": .text(userID)]
        let kept = try await self.query(LedgerStatements.keptSums, user) { try LedgerSums(row: $0) }.first
        if let kept { return kept }
        return try await self.query(LedgerStatements.countedSums, user) { try LedgerSums(row: $0) }[0]
    }

    /// Refunds that calls booked, newest first.
    public func refundsByCalls(limit: Int) async throws -> [TokenTransaction] {
        try await self.query(LedgerStatements.newestByCalls(.postgres), ["limit": .integer(limit)]) {
            try TokenTransaction(row: $0)
        }
    }

    /// What the user spent and got back.
    public func consumption(of userID: String, since: Timestamp) async throws -> ConsumptionStats {
        try self.requireOwnTables()
        return try await self.query(
            LedgerStatements.consumption,
            ["user": .text(userID), "since": .integer(since.milliseconds)]
        ) { try ConsumptionStats(row: $0) }[0]
    }

    /// Checks the whole ledger, as of one moment.
    public func reconcile(limit: Int) async throws -> Reconciliation {
        let facts = Self.facts(of: try await self.currentSource()).merging(["limit": .integer(max(limit, 1))]) { $1 }
        return try await self.write(
            ifUnknown: .repeatIt,
            mode: " ISOLATION LEVEL REPEATABLE READ READ ONLY",
            limit: Self.longLimit
        ) { transaction in
            let checks = self.checks
            let results = try transaction.run(
                [PostgresCall(self.isAttached ? AttachedReconcileStatements.size : ReconcileStatements.size)]
                    + checks.map { PostgresCall($0.sql, facts) },
                searchPath: nil
            )
            var found = Reconciliation(
                users: try results[0].only().integer(required: "users"),
                transactions: try results[0].only().integer(required: "transactions"),
                mismatchCount: 0,
                mismatches: []
            )
            for ((check, _), result) in zip(checks, results.dropFirst()) {
                found.mismatchCount += result.first?.integer("total") ?? 0
                found.mismatches += try result.rows.map { try Reconciliation.Mismatch(check: check, row: $0) }
            }
            return found
        }
    }

    /// Whether the jobs are somebody else's.
    var isAttached: Bool { self.map.searchPath != nil }

    private var checks: [(check: Reconciliation.Check, sql: String)] {
        guard self.isAttached else {
            return ReconcileStatements.all.map { ($0.check, $0.sql) }
        }
        var checks = [(Reconciliation.Check.refundMissing, AttachedReconcileStatements.refundMissing)]
        if let completed = self.map.jobs.isCompleted {
            checks.append((.refundOfCompleted, AttachedReconcileStatements.refundOfCompleted(self.map.jobs, completed)))
        }
        if let balances = self.map.balances, let isUnknown = balances.isUnknown {
            checks.append((.nullBalance, AttachedReconcileStatements.nullBalance(balances, isUnknown)))
        }
        return checks
    }

    /// Books a line within the caller's transaction.
    ///
    /// The balance is locked before anything is looked up: whoever books for the same user comes after.
    static func book(_ new: NewTransaction, in transaction: PostgresTransaction) throws -> Booking {
        func find(_ id: String) -> PostgresCall {
            PostgresCall(LedgerStatements.find, ["user": .text(new.userID), "id": .text(id)])
        }
        let results = try transaction.run([
            PostgresCall(LedgerStatements.ensureBalance, ["user": .text(new.userID)]),
            PostgresCall(LedgerStatements.lockBalance, ["user": .text(new.userID)]),
            find(new.id), find(new.refundedCharge ?? ""), Self.find(new.sourceID ?? ""),
        ])
        if let known = try results[2].first.map({ try TokenTransaction(row: $0) }) { return try new.repeated(known) }
        try new.checkRefund(
            job: try results[4].first.map { try Job(row: $0) },
            charge: try results[3].first.map { try TokenTransaction(row: $0) }
        )
        let balance = try results[1].only().integer(required: "balance")
        let sequence = try results[1].only().integer(required: "sequence")
        try new.checkBalance(balance)
        let booked = try transaction.run([
            PostgresCall(LedgerStatements.move, new.moving),
            PostgresCall(
                LedgerStatements.insert,
                new.arguments(sequence: sequence + 1, balanceAfter: balance + new.amount)
            ), find(new.id),
        ])
        let moved = try booked[0].only()
        if try moved.integer(required: "counted") != moved.integer(required: "sequence") {
            _ = try transaction.run(LedgerStatements.recount, ["user": .text(new.userID)])
        }
        return .booked(try TokenTransaction(row: booked[2].only()))
    }
}
