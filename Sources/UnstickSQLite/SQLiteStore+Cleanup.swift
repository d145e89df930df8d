import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Every limit can be judged here.
    public func check(_ policy: Policy) throws {}

    /// The jobs that are old enough to be stuck.
    public func candidates(_ limits: [StuckPhase: Duration]) async throws -> Candidates {
        let now = self.clock()
        return try await self.read { db in
            var groups: [Candidates.Group] = []
            for (phase, age) in limits {
                let statement = try db.cachedStatement(sql: SQLiteCleanupStatements.candidates(phase))
                let arguments: StatementArguments = ["now": now.milliseconds, "age": age.inMilliseconds]
                groups += try Row.fetchAll(statement, arguments: arguments).map { try Candidates.Group(row: $0) }
            }
            return Candidates(now: now, groups: groups, pause: try Self.pause(at: now, in: db))
        }
    }

    /// How many jobs are stuck, and what is owed for the first of them.
    public func tally(asOf now: Timestamp, _ judgements: Judgements, limit: Int) async throws -> StuckTally {
        let sql = SQLiteCleanupStatements.search(StuckSearch.Shape(judgements)).tally
        return try await self.read { db in
            let statement = try db.cachedStatement(sql: sql)
            statement.setUncheckedArguments(Self.range(now, judgements, nil) + ["limit": limit])
            let row = try Row.fetchOne(statement)
            return StuckTally(jobs: row?["jobs"] ?? 0, tokensOwed: row?["tokens"] ?? 0)
        }
    }

    /// How many jobs are stuck of each kind.
    public func stuckByKind(asOf now: Timestamp, _ judgements: Judgements, limit: Int) async throws -> [StuckKind] {
        let sql = SQLiteCleanupStatements.search(StuckSearch.Shape(judgements)).byKind
        return try await self.read { db in
            let statement = try db.cachedStatement(sql: sql)
            statement.setUncheckedArguments(Self.range(now, judgements, nil) + ["limit": limit])
            return try Row.fetchAll(statement).map { try StuckKind(row: $0) }
        }
    }

    /// How many jobs are running.
    public func runningJobs() async throws -> Int {
        try await self.read { try Int.fetchOne($0.cachedStatement(sql: SQLiteCleanupStatements.runningJobs)) ?? 0 }
    }

    /// The jobs that wait to be started.
    public func waitingJobs(limit: Int) async throws -> WaitingJobs? {
        guard let sql = WaitingStatements.waiting(in: .sqlite) else { return nil }
        let facts: StatementArguments = ["limit": limit, "now": self.clock().milliseconds]
        return try await self.read { try Self.first(sql, facts, in: $0) { try WaitingJobs(row: $0, limit: limit) } }
    }

    /// The oldest stuck jobs after the cursor.
    public func stuckJobs(
        asOf now: Timestamp,
        _ judgements: Judgements,
        after cursor: StuckCursor?,
        limit: Int
    ) async throws -> [StuckJob] {
        let sql = SQLiteCleanupStatements.search(StuckSearch.Shape(judgements)).list(from: StuckSearch.Start(cursor))
        return try await self.read { db in
            let statement = try db.cachedStatement(sql: sql)
            statement.setUncheckedArguments(Self.range(now, judgements, cursor) + ["limit": limit])
            let rows = try Row.fetchCursor(statement)
            var jobs: [StuckJob] = []
            while let row = try rows.next() { jobs.append(try StuckJob(row: row)) }
            return jobs
        }
    }

    /// One batch in one transaction.
    ///
    /// When any statement is refused, or touches another number of rows than the batch has, everything is rolled back.
    public func clean(_ batch: CleanupBatch) async throws -> CleanedBatch {
        let shape = StuckSearch.Shape(batch.judgements)
        let take = SQLiteCleanupStatements.takeBatch(
            shape,
            from: batch.only == nil ? StuckSearch.Start(batch.cursor) : .these
        )
        let trace = TraceParent.current?.text
        return try await self.write { db in
            let began = ContinuousClock.now
            let range =
                Self.range(batch.now, batch.judgements, batch.cursor)
                + ["limit": batch.limit, "only": batch.only.map(\.asRows)]
            let found = try Self.run(take, range, in: db)
            guard found > 0 else { return CleanedBatch(items: [], exhausted: true, end: nil) }
            let facts: StatementArguments = [
                "run": batch.run.id, "position": batch.position, "now": batch.now.milliseconds,
                "source": TokenBalanceManager.refundSource, "trace": trace,
            ]
            let items = try Self.items(SQLiteCleanupStatements.batch, facts, in: db)
            let allRefunded = items.allSatisfy { $0.action == .failedAndRefunded }
            let endJobs = SQLiteCleanupStatements.endJobs(shape, allRefunded: allRefunded)
            try Self.expect(found, from: Self.run(endJobs, facts, in: db), "jobs were changed")
            let unchanged = try db.cachedStatement(sql: SQLiteCleanupStatements.unchangedJob)
            if let job = try String.fetchOne(unchanged) { throw UnstickError(vetoed: job) }
            if try Bool.fetchOne(db.cachedStatement(sql: SQLiteCleanupStatements.hasLeases)) == true {
                try Self.run(SQLiteCleanupStatements.dropLeases, [:], in: db)
            }
            let refunds = items.count { $0.tokensRefunded > 0 }
            try Self.expect(
                refunds,
                from: Self.run(SQLiteCleanupStatements.bookRefunds, facts, in: db),
                "refunds were booked"
            )
            try Self.expect(
                items.refundedUsers,
                from: Self.run(SQLiteCleanupStatements.creditBalances, facts, in: db),
                "balances were moved"
            )
            try Self.run(SQLiteCleanupStatements.recordItems, facts, in: db)
            if try Bool.fetchOne(db.cachedStatement(sql: EventStatements.hasSubscriptions)) == true {
                try Self.run(SQLiteCleanupStatements.deliverItems, facts, in: db)
            }
            try Self.run(SQLiteSchema.emptyBatch, [:], in: db)
            try Self.run(RunStatements.record, StatementArguments(batch.run.adding(items).arguments), in: db)
            return CleanedBatch(
                items: items,
                exhausted: found < batch.limit,
                end: items.last.map { StuckCursor(since: $0.since, id: $0.jobID) },
                lockedFor: .now - began
            )
        }
    }

    /// Writes the run as it stands, with these items.
    public func record(_ run: Run, items: [RunItem]) async throws {
        let trace = TraceParent.current?.text
        try await self.write { db in
            for item in items {
                try Self.run(RunStatements.insertItem, StatementArguments(item.arguments(run: run.id)), in: db)
            }
            try Self.run(RunStatements.record, StatementArguments(run.arguments), in: db)
            guard run.status != .running else { return }
            let close = try db.cachedStatement(sql: RunStatements.closeInterrupted)
            close.setUncheckedArguments(StatementArguments(run.closingArguments))
            let interrupted = try Row.fetchAll(close).map { try Run(row: $0) }
            for event in (interrupted + [run]).compactMap(\.event) {
                try Self.emit(NewEvent(event, id: event.id), at: run.updatedAt, trace: trace, in: db)
            }
        }
    }

    static func range(
        _ now: Timestamp,
        _ judgements: Judgements,
        _ cursor: StuckCursor?
    ) -> StatementArguments {
        [
            "now": now.milliseconds,
            "cutoff": (now - (judgements.smallestLimit ?? .zero)).milliseconds * 1000,
            "rules": judgements.rulesJSON,
            "since": cursor.map { $0.since.milliseconds * 1000 },
            "id": cursor?.id,
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
        in db: Database
    ) throws -> [RunItem] {
        let statement = try db.cachedStatement(sql: sql)
        statement.setUncheckedArguments(arguments)
        let rows = try Row.fetchCursor(statement)
        var items: [RunItem] = []
        while let row = try rows.next() { items.append(RunItem(row: row)) }
        return items
    }
}
