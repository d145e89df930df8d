import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// How much is stuck and running now.
    public func survey(timeout: Duration, countingRunningFrom minimum: Int) async throws -> Survey {
        let now = self.clock()
        return try await self.read { db in
            let row = try Row.fetchOne(
                db.cachedStatement(sql: SQLiteCleanupStatements.survey),
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
        try await self.read { db in
            let rows = try Row.fetchCursor(
                db.cachedStatement(sql: SQLiteCleanupStatements.stuckJobs),
                arguments: Self.range(now: now, timeout: timeout, cursor: cursor) + ["limit": limit]
            )
            var jobs: [StuckJob] = []
            while let row = try rows.next() { jobs.append(try StuckJob(row: row, now: now, limit: timeout)) }
            return jobs
        }
    }

    /// One batch in one transaction.
    ///
    /// When any statement is refused, or touches another number of rows than the batch has, everything is rolled back.
    public func clean(_ batch: CleanupBatch) async throws -> CleanedBatch {
        try await self.write { db in
            let found = try Self.run(
                SQLiteCleanupStatements.takeBatch,
                Self.range(now: batch.now, timeout: batch.run.timeout, cursor: batch.cursor)
                    + ["now": batch.now.milliseconds, "limit": batch.limit],
                in: db
            )
            guard found > 0 else { return CleanedBatch(items: [], exhausted: true, end: nil) }
            let facts: StatementArguments = [
                "run": batch.run.id, "position": batch.position, "now": batch.now.milliseconds,
                "cutoff": (batch.now - batch.run.timeout).milliseconds,
                "timeout": batch.run.timeout.inMilliseconds, "source": TokenBalanceManager.refundSource,
            ]
            let items = try Self.items(SQLiteCleanupStatements.batch, facts, limit: batch.run.timeout, in: db)
            try Self.expect(found, from: Self.run(SQLiteCleanupStatements.failJobs, facts, in: db), "jobs were failed")
            let refunds = items.count { $0.action == .failedAndRefunded }
            try Self.expect(
                refunds,
                from: Self.run(SQLiteCleanupStatements.bookRefunds, facts, in: db),
                "refunds were booked"
            )
            try Self.run(SQLiteCleanupStatements.creditBalances, facts, in: db)
            try Self.run(SQLiteCleanupStatements.recordItems, facts, in: db)
            try Self.run(SQLiteCleanupStatements.emitEvents, facts, in: db)
            try Self.run(SQLiteSchema.emptyBatch, [:], in: db)
            try Self.record(batch.run.adding(items), in: db)
            return CleanedBatch(
                items: items,
                exhausted: found < batch.limit,
                end: items.last.map { StuckCursor(since: $0.since, id: $0.jobID) }
            )
        }
    }

    /// Writes the run as it stands, with these items.
    public func record(_ run: Run, items: [RunItem]) async throws {
        try await self.write { db in
            for item in items {
                try Self.run(RunStatements.insertItem, StatementArguments(item.arguments(run: run.id)), in: db)
            }
            try Self.record(run, in: db)
        }
    }

    private static func record(_ run: Run, in db: Database) throws {
        try Self.run(RunStatements.record, StatementArguments(run.arguments), in: db)
        guard run.status != .running else { return }
        try Self.run(RunStatements.closeInterrupted, StatementArguments(run.closingArguments), in: db)
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
