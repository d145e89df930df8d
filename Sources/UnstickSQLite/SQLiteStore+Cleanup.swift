public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Every limit can be judged here.
    public func check(_ policy: Policy) throws {}

    /// One batch in one transaction.
    ///
    /// When any statement is refused, or touches another number of rows than the batch has, everything is rolled back.
    public func clean(_ batch: CleanupBatch) async throws -> CleanedBatch {
        let shape = StuckSearch.Shape(batch.judgements)
        let take = SQLiteCleanupStatements.takeBatch(
            shape,
            from: batch.only == nil ? StuckSearch.Start(batch.cursor) : .these
        )
        let range = self.range(batch.now, batch.judgements, batch.cursor, batch.limit)
            .merging(["only": SQLValue(batch.only?.asRows)]) { $1 }
        let facts: SQLArguments = [
            "run": .text(batch.run.id), "position": .integer(batch.position), "now": .integer(batch.now.milliseconds),
            "source": .text(TokenBalanceManager.refundSource), "trace": SQLValue(TraceParent.current?.text),
        ]
        let now = self.clock()
        return try await self.write { db in
            let transaction = SQLiteTransaction(db: db, now: now)
            func run(_ sql: String) throws -> SQLiteResult { try transaction.run(SQLCall(sql, facts)) }
            let began = ContinuousClock.now
            let found = try transaction.run(take, range).affected
            guard found > 0 else { return CleanedBatch(items: [], exhausted: true, end: nil) }
            let items = try transaction.read(SQLCall(SQLiteCleanupStatements.batch, facts)) {
                RunItem(row: $0, .sqlite)
            }
            let allRefunded = items.allSatisfy { $0.action == .failedAndRefunded }
            let endJobs = SQLiteCleanupStatements.endJobs(shape, allRefunded: allRefunded)
            try Self.expect(found, from: run(endJobs).affected, "jobs were changed")
            if let job = try run(SQLiteCleanupStatements.unchangedJob).first?.text("job_id") {
                throw UnstickError(vetoed: job)
            }
            if try run(SQLiteCleanupStatements.hasLeases).only().integer(at: 0) == 1 {
                _ = try run(SQLiteCleanupStatements.dropLeases)
            }
            let refunds = items.count { $0.tokensRefunded > 0 }
            try Self.expect(refunds, from: run(SQLiteCleanupStatements.bookRefunds).affected, "refunds were booked")
            try Self.expect(
                items.refundedUsers,
                from: run(SQLiteCleanupStatements.creditBalances).affected,
                "balances were moved"
            )
            _ = try run(SQLiteCleanupStatements.recordItems)
            if try run(EventStatements.hasSubscriptions).only().integer(at: 0) == 1 {
                _ = try run(SQLiteCleanupStatements.deliverItems)
            }
            _ = try run(SQLiteSchema.emptyBatch)
            try transaction.run(RunStatements.record, batch.run.adding(items).arguments)
            return CleanedBatch(
                items: items,
                exhausted: found < batch.limit,
                end: items.last.map { StuckCursor(since: $0.since, id: $0.jobID) },
                lockedFor: .now - began
            )
        }
    }

    private static func expect(_ expected: Int, from actual: Int, _ what: String) throws {
        guard expected == actual else {
            throw UnstickError(.databaseRejected, "\(actual) instead of \(expected) \(what); the batch was undone.")
        }
    }
}
