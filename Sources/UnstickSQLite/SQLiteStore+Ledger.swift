import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// The user's balance.
    public func balance(of userID: String) async throws -> Int {
        try await self.read { try Self.balance(of: userID, in: $0) }
    }

    /// Books one line and moves the balance, both or neither.
    public func book(_ transaction: NewTransaction) async throws -> Booking {
        try transaction.validate()
        let now = self.clock()
        let trace = TraceParent.current?.text
        let booking: Booking = try await self.write { db in
            let booking = try Self.book(transaction, at: now, in: db)
            if case .booked = booking, let event = TokensEvent(transaction) {
                try Self.emit(NewEvent(event, id: RandomID.timeOrdered(at: now)), at: now, trace: trace, in: db)
            }
            return booking
        }
        if case .booked = booking { RefundMetrics.refunded(by: transaction) }
        return booking
    }

    /// The user's lines, newest first.
    public func transactions(of userID: String, before: Int?, limit: Int) async throws -> [TokenTransaction] {
        try await self.read { db in
            try Row.fetchAll(
                db.cachedStatement(sql: LedgerStatements.history),
                arguments: ["user": userID, "before": before ?? Int.max, "limit": limit]
            ).map { try TokenTransaction(row: $0) }
        }
    }

    /// Those of these lines of the user that there are.
    public func transactions(of userID: String, keys: [String]) async throws -> [TokenTransaction] {
        try await self.read { db in
            let facts: StatementArguments = ["user": userID, "keys": keys.asRows]
            return try Self.all(LedgerStatements.findAll(.sqlite), facts, in: db) { try TokenTransaction(row: $0) }
        }
    }

    /// What came back to the user, newest first.
    public func refunds(of userID: String, limit: Int) async throws -> [TokenTransaction] {
        try await self.read { db in
            let facts: StatementArguments = ["user": userID, "window": Limits.window, "limit": limit]
            return try Self.all(LedgerStatements.refunds, facts, in: db) { try TokenTransaction(row: $0) }
        }
    }

    /// What all of the user's lines come to.
    public func sums(of userID: String) async throws -> LedgerSums {
        try await self.read { db in
            let kept = try Self.first(LedgerStatements.keptSums, ["user": userID], in: db) { try LedgerSums(row: $0) }
            let sums =
                try kept
                ?? Self.first(LedgerStatements.countedSums, ["user": userID], in: db) { try LedgerSums(row: $0) }
            return sums ?? LedgerSums()
        }
    }

    /// Refunds that calls booked, newest first.
    public func refundsByCalls(limit: Int) async throws -> [TokenTransaction] {
        try await self.read { db in
            try Self.all(LedgerStatements.newestByCalls(.sqlite), ["limit": limit], in: db) {
                try TokenTransaction(row: $0)
            }
        }
    }

    /// What the user spent and got back.
    public func consumption(of userID: String, since: Timestamp) async throws -> ConsumptionStats {
        try await self.read { db in
            let row = try Row.fetchOne(
                db.cachedStatement(sql: LedgerStatements.consumption),
                arguments: ["user": userID, "since": since.milliseconds]
            )
            return try row.map { try ConsumptionStats(row: $0) }
                ?? ConsumptionStats(spent: 0, refunded: 0, charges: 0, refunds: 0)
        }
    }

    /// Checks the whole ledger.
    public func reconcile(limit: Int) async throws -> Reconciliation {
        try await self.read { db in
            let size = try Row.fetchOne(db, sql: ReconcileStatements.size)
            var found = Reconciliation(
                users: size?["users"] ?? 0,
                transactions: size?["transactions"] ?? 0,
                mismatchCount: 0,
                mismatches: []
            )
            for (check, sql) in ReconcileStatements.all {
                let rows = try Row.fetchAll(
                    db,
                    sql: sql,
                    arguments: ["limit": max(limit, 1)]
                )
                found.mismatchCount += rows.first?["total"] ?? 0
                found.mismatches += try rows.map { try Reconciliation.Mismatch(check: check, row: $0) }
            }
            return found
        }
    }

    static func balance(of userID: String, in db: Database) throws -> Int {
        try Int.fetchOne(db.cachedStatement(sql: LedgerStatements.balance), arguments: ["user": userID]) ?? 0
    }

    static func line(_ id: String, of userID: String, in db: Database) throws -> TokenTransaction? {
        try Row.fetchOne(db.cachedStatement(sql: LedgerStatements.find), arguments: ["id": id, "user": userID])
            .map { try TokenTransaction(row: $0) }
    }

    /// Books a line within the caller's transaction.
    static func book(_ new: NewTransaction, at now: Timestamp, in db: Database) throws -> Booking {
        if let known = try line(new.id, of: new.userID, in: db) { return try new.repeated(known) }
        try new.checkRefund(
            job: new.sourceID.flatMap { try Self.job($0, in: db) },
            charge: new.refundedCharge.flatMap { try line($0, of: new.userID, in: db) }
        )
        try new.checkBalance(balance(of: new.userID, in: db))
        try Self.run(LedgerStatements.ensureBalance, ["user": new.userID, "now": now.milliseconds], in: db)
        let row = try Row.fetchOne(
            db.cachedStatement(sql: LedgerStatements.move),
            arguments: StatementArguments(new.moving) + ["now": now.milliseconds]
        )
        guard let row else { throw UnstickError(.databaseRejected, "The balance could not be moved.") }
        try Self.run(
            LedgerStatements.insert,
            StatementArguments(new.arguments(sequence: row["sequence"], balanceAfter: row["balance"]))
                + ["now": now.milliseconds],
            in: db
        )
        if row["counted"] as Int != row["sequence"] as Int {
            try Self.run(LedgerStatements.recount, ["user": new.userID], in: db)
        }
        guard let booked = try line(new.id, of: new.userID, in: db) else {
            throw UnstickError(.databaseRejected, "The transaction could not be booked.")
        }
        return .booked(booked)
    }
}
