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
        return try await self.write { try Self.book(transaction, at: now, in: $0) }
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

    /// What the user spent and got back.
    public func consumption(of userID: String, since: Timestamp) async throws -> ConsumptionStats {
        try await self.read { db in
            let row = try Row.fetchOne(
                db.cachedStatement(sql: LedgerStatements.consumption),
                arguments: ["user": userID, "since": since.milliseconds]
            )
            return ConsumptionStats(
                spent: row?["spent"] ?? 0,
                refunded: row?["refunded"] ?? 0,
                charges: row?["charges"] ?? 0,
                refunds: row?["refunds"] ?? 0
            )
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
            for check in Reconciliation.Check.allCases {
                let rows = try Row.fetchAll(
                    db,
                    sql: ReconcileStatements.mismatches(check),
                    arguments: ["limit": max(limit, 1)]
                )
                found.mismatchCount += rows.first?["total"] ?? 0
                found.mismatches += rows.map { Reconciliation.Mismatch(check: check, row: $0) }
            }
            return found
        }
    }

    static func balance(of userID: String, in db: Database) throws -> Int {
        try Int.fetchOne(db.cachedStatement(sql: LedgerStatements.balance), arguments: ["user": userID]) ?? 0
    }

    private static func line(_ id: String, of userID: String, in db: Database) throws -> TokenTransaction? {
        try Row.fetchOne(db.cachedStatement(sql: LedgerStatements.find), arguments: ["id": id, "user": userID])
            .map { try TokenTransaction(row: $0) }
    }

    /// Books a line within the caller's transaction.
    static func book(_ new: NewTransaction, at now: Timestamp, in db: Database) throws -> Booking {
        if let known = try line(new.id, of: new.userID, in: db) {
            guard known.isSame(as: new) else {
                throw UnstickError(
                    .conflict,
                    "The key '\(new.id)' was booked before with another amount or purpose. Nothing was changed."
                )
            }
            return .alreadyBooked(known)
        }
        if new.kind == .refund { try checkRefund(new, in: db) }
        try checkBalance(after: new, in: db)
        try Self.run(LedgerStatements.ensureBalance, ["user": new.userID, "now": now.milliseconds], in: db)
        let row = try Row.fetchOne(
            db.cachedStatement(sql: LedgerStatements.move),
            arguments: ["user": new.userID, "amount": new.amount, "now": now.milliseconds]
        )
        guard let row else { throw UnstickError(.databaseRejected, "The balance could not be moved.") }
        try Self.run(
            LedgerStatements.insert,
            [
                "id": new.id, "user": new.userID, "sequence": row["sequence"] as Int, "amount": new.amount,
                "type": new.kind.rawValue, "source": new.source, "sourceId": new.sourceID,
                "balanceAfter": row["balance"] as Int, "reason": new.reason, "now": now.milliseconds,
            ],
            in: db
        )
        guard let booked = try line(new.id, of: new.userID, in: db) else {
            throw UnstickError(.databaseRejected, "The transaction could not be booked.")
        }
        return .booked(booked)
    }

    /// Refuses what would leave the limits, in words.
    ///
    /// The schema's `CHECK` refuses it again, under the row's lock.
    private static func checkBalance(after new: NewTransaction, in db: Database) throws {
        let balance = try balance(of: new.userID, in: db)
        let (after, overflow) = balance.addingReportingOverflow(new.amount)
        guard !overflow, after <= Limits.tokens else {
            throw UnstickError(
                .amountOutOfRange,
                "The balance of '\(new.userID)' would pass \(Limits.tokens) tokens. Nothing was booked."
            )
        }
        guard after >= 0 else {
            throw UnstickError(
                .insufficientTokens,
                "'\(new.userID)' has \(balance) tokens and needs \(-new.amount): \(-after) are missing. Nothing was taken."
            )
        }
    }

    /// Refuses a refund of delivered work, and one that is larger than its charge.
    private static func checkRefund(_ new: NewTransaction, in db: Database) throws {
        if let jobID = new.sourceID, let job = try Self.job(jobID, in: db), job.userID == new.userID,
            job.status == .completed, new.id == LedgerKey.refund(job: job.id, charge: job.charge)
        {
            throw UnstickError(
                .refundRefused,
                "Job '\(jobID)' was completed, so its charge is not refunded. To be generous, grant tokens instead."
            )
        }
        let spendID = "spend:" + new.id.dropFirst(LedgerKey.refundPrefix.count)
        if let charge = try line(spendID, of: new.userID, in: db), new.amount > -charge.amount {
            throw UnstickError(
                .refundRefused,
                "The refund of \(new.amount) tokens is more than the charge of \(-charge.amount). Nothing was booked."
            )
        }
    }
}

extension TokenTransaction {
    /// Whether a repeated booking asks for this very line.
    fileprivate func isSame(as new: NewTransaction) -> Bool {
        self.amount == new.amount && self.kind == new.kind && self.sourceID == new.sourceID
    }
}

extension Reconciliation.Mismatch {
    fileprivate init(check: Reconciliation.Check, row: Row) {
        self.init(
            check: check,
            userID: row["user_id"],
            subject: row["subject"],
            expected: row["expected"],
            actual: row["actual"]
        )
    }
}
