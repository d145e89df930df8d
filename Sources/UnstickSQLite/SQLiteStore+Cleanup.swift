import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// How much is stuck and running now.
    public func survey(timeout: Duration, countingRunningFrom minimum: Int) async throws -> Survey {
        let now = self.clock()
        let sql = self.cleanup.survey
        return try await self.read { db in
            let row = try Row.fetchOne(
                db.cachedStatement(sql: sql),
                arguments: ["cutoff": (now - timeout).milliseconds, "minimum": minimum]
            )
            return Survey(now: now, stuck: row?["stuck"] ?? 0, running: row?["running"] ?? 0)
        }
    }

    /// The oldest stuck jobs after the cursor.
    public func stuckJobs(
        asOf now: Timestamp,
        timeout: Duration,
        after cursor: StuckCursor?,
        limit: Int
    ) async throws -> [StuckJob] {
        let sql = self.cleanup.stuckJobs
        return try await self.read { db in
            let rows = try Row.fetchCursor(
                db.cachedStatement(sql: sql),
                arguments: Self.range(now: now, timeout: timeout, cursor: cursor) + ["limit": limit]
            )
            var jobs: [StuckJob] = []
            while let row = try rows.next() { jobs.append(StuckJob(row: row, now: now, limit: timeout)) }
            return jobs
        }
    }

    /// One batch in one transaction.
    ///
    /// When any statement is refused, or touches another number of rows than the batch has, everything is rolled back.
    public func clean(_ batch: CleanupBatch) async throws -> CleanedBatch {
        let statements = self.cleanup
        return try await self.write { db in
            let found = try Self.run(
                statements.takeBatch,
                Self.range(now: batch.now, timeout: batch.run.timeout, cursor: batch.cursor)
                    + ["now": batch.now.milliseconds, "limit": batch.limit],
                in: db
            )
            guard found > 0 else { return CleanedBatch(items: [], exhausted: true) }
            let facts: StatementArguments = [
                "run": batch.run.id, "position": batch.position, "now": batch.now.milliseconds,
                "cutoff": (batch.now - batch.run.timeout).milliseconds,
                "timeout": batch.run.timeout.inMilliseconds, "source": TokenBalanceManager.refundSource,
            ]
            let items = try Self.items(statements.batch, facts, limit: batch.run.timeout, in: db)
            try Self.expect(found, from: Self.run(statements.failJobs, facts, in: db), "jobs were failed")
            let refunds = items.count { $0.action == .failedAndRefunded }
            try Self.expect(refunds, from: Self.run(statements.bookRefunds, facts, in: db), "refunds were booked")
            try Self.run(statements.creditBalances, facts, in: db)
            try Self.run(statements.recordItems, facts, in: db)
            try Self.run(statements.emitEvents, facts, in: db)
            try Self.run(SQLiteSchema.emptyBatch, [:], in: db)
            try Self.record(batch.run.adding(items), in: db)
            return CleanedBatch(items: items, exhausted: found < batch.limit)
        }
    }

    /// Writes the run as it stands, with these items.
    public func record(_ run: Run, items: [RunItem]) async throws {
        try await self.write { db in
            for item in items {
                try Self.run(RunStatements.insertItem, item.arguments(run: run.id), in: db)
            }
            try Self.record(run, in: db)
        }
    }

    private static func record(_ run: Run, in db: Database) throws {
        try Self.run(RunStatements.record, run.arguments, in: db)
    }

    private static func range(now: Timestamp, timeout: Duration, cursor: StuckCursor?) -> StatementArguments {
        [
            "cutoff": (now - timeout).milliseconds,
            "since": cursor?.since.milliseconds ?? Int.min,
            "id": cursor?.id ?? "",
        ]
    }

    private static func expect(_ expected: Int, from actual: Int, _ what: String) throws {
        guard expected == actual else {
            throw UnstickError(.databaseRejected, "\(actual) instead of \(expected) \(what); the batch was undone.")
        }
    }

    /// Runs one statement and says how many rows it changed.
    @discardableResult
    static func run(_ sql: String, _ arguments: StatementArguments, in db: Database) throws -> Int {
        let statement = try db.cachedStatement(sql: sql)
        // A statement takes those of the named arguments that it has.
        statement.setUncheckedArguments(arguments)
        try statement.execute()
        return db.changesCount
    }

    /// Reads run items; see ``UnstickSQL/RunStatements/items``.
    static func items(
        _ sql: String,
        _ arguments: StatementArguments,
        limit: Duration,
        in db: Database
    ) throws -> [RunItem] {
        let statement = try db.cachedStatement(sql: sql)
        statement.setUncheckedArguments(arguments)
        let rows = try Row.fetchCursor(statement)
        var items: [RunItem] = []
        while let row = try rows.next() { items.append(RunItem(row: row, limit: limit)) }
        return items
    }
}

extension Run {
    /// The run with these cleaned jobs counted in.
    fileprivate func adding(_ items: [RunItem]) -> Run {
        var run = self
        run.totalFound += items.count
        run.cleanedUp += items.count
        run.tokensRefunded += items.reduce(0) { $0 + $1.tokensRefunded }
        return run
    }
}
