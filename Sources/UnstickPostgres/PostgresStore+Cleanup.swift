import Synchronization
public import Unstick
import UnstickSQL

extension PostgresStore {
    /// - Throws: `invalidArgument` where a rule sets a limit that the attached tables tell nothing about.
    public func check(_ policy: Policy) throws {
        for rule in policy.allRules {
            func refuse(_ limit: String, _ lack: String) -> UnstickError {
                UnstickError(
                    .invalidArgument,
                    "The rule '\(rule.name)' sets \(limit), and the mapping does not say \(lack). Map it, or leave the limit out."
                )
            }
            if rule.heartbeatTimeout != nil, !self.map.jobs.knowsHeartbeats {
                throw refuse("heartbeatTimeout", "which column is the last sign of life (/jobs/heartbeat)")
            }
            if rule.deadline != nil, self.map.jobs.created == nil {
                throw refuse("a deadline", "when a job was created (/jobs/created)")
            }
            guard rule.pendingTimeout != nil else { continue }
            if self.map.jobs.isPending == nil || self.map.jobs.created == nil {
                throw refuse("pendingTimeout", "which jobs are pending and when they were created")
            }
            if self.map.pendingWrites == nil {
                throw refuse("pendingTimeout", "how a pending job is failed")
            }
        }
    }

    /// One batch in one transaction and two round trips.
    ///
    /// When any statement is refused, or touches another number of rows than the batch has, everything is rolled back. When
    /// the connection is lost at the commit, the run's items say whether it happened.
    public func clean(_ batch: CleanupBatch) async throws -> CleanedBatch {
        let source = try await self.makeSource()
        let steps = BatchSteps(self.cleanup, self.map, batch)
        let facts = self.facts(of: batch, source).merging(["trace": SQLValue(TraceParent.current?.text)]) { $1 }
        let searchPath = self.map.searchPath
        return try await self.transact(ifUnknown: .readBack { try await self.readBack(batch) }) { transaction in
            let answers = try transaction.run(
                ([Self.keyedPlans, Self.shortWait, Self.clock] + steps.statements + [Self.clock]).map {
                    SQLCall($0, facts)
                },
                searchPath: searchPath
            )
            var taken = try steps.read(Array(answers.dropFirst(3).dropLast()))
            taken.lockedFor = Self.time(from: answers[2], to: answers[answers.count - 1])
            if !taken.locked.isEmpty { transaction.last(PostgresCleanupStatements.forgetLocked, facts) }
            transaction.last(RunStatements.record, batch.run.adding(taken.items).arguments)
            return taken
        }
    }

    /// How long a batch waits for a lock of somebody else's, for example in a trigger: it has other users' balances meanwhile.
    static let shortWait = "SELECT set_config('lock_timeout', '1000', true)"

    /// The server's clock as it goes on within a transaction, in microseconds.
    private static let clock = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) AS microseconds"

    /// How long the server took from one look at its clock to another; `nil` where the clock was set back meanwhile.
    private static func time(from first: PostgresResult, to last: PostgresResult) -> Duration? {
        guard let first = first.first?.integer("microseconds"), let last = last.first?.integer("microseconds"),
            first < last
        else { return nil }
        return .microseconds(last - first)
    }

    /// Every statement over stuck jobs goes by keys.
    static let keyedPlans = SQLDialect.postgres.keyedPlans ?? ""

    /// Whether a batch was committed whose answer never came.
    ///
    /// The run's row is locked first: a transaction that is still on its way to its commit has that lock, or the key that
    /// the insertion waits for.
    private func readBack(_ batch: CleanupBatch) async throws -> CleanedBatch? {
        let items = try await self.transact(ifUnknown: .repeatIt) { transaction in
            let results = try transaction.run([
                SQLCall(RunStatements.ensure, batch.run.arguments),
                SQLCall(RunStatements.lock, ["id": .text(batch.run.id)]),
                SQLCall(
                    RunStatements.items,
                    [
                        "run": .text(batch.run.id), "position": .integer(batch.position),
                        "limit": .integer(batch.limit),
                    ]
                ),
            ])
            return results[2].rows.map { row in
                (RunItem(row: row, .postgres), row.integer(at: RunItem.sinceColumn) ?? 0)
            }
        }
        guard let last = items.last else { return nil }
        // What was left out is not known any more: the next batch finds out whether there is more.
        return CleanedBatch(
            items: items.map(\.0),
            exhausted: false,
            end: StuckCursor(since: last.0.since, fraction: last.1 % 1000, id: last.0.jobID)
        )
    }

    private func facts(of batch: CleanupBatch, _ source: Source?) -> SQLArguments {
        self.range(batch.now, batch.judgements, batch.cursor, batch.limit).merging([
            "run": .text(batch.run.id), "position": .integer(batch.position),
            "source": .text(TokenBalanceManager.refundSource), "only": SQLValue(batch.only?.asRows),
            "message": .text("Job timed out: it passed the limit of its rule. Ended by Unstick."),
        ]) { $1 }.merging(Self.facts(of: source)) { $1 }
    }

    /// The source that keys are looked up and made by; without one nothing was refunded yet but by old keys.
    static func facts(of source: Source?) -> SQLArguments {
        ["origin": SQLValue(source?.id), "oldKeys": .text((source?.oldKeys ?? .unknown).rawValue)]
    }
}

/// What a batch does, in order, and where its answers are.
private struct BatchSteps {
    private let batch: CleanupBatch
    private(set) var statements: [String] = []
    private var changed: Int?
    private var unchanged: Int?
    private var before: Int?
    private var credited: Int?
    private var booked: Int?
    private var after: Int?

    /// Balances are locked when the batch is taken, and moved last.
    init(_ cleanup: PostgresCleanupStatements, _ map: TableMap, _ batch: CleanupBatch) {
        self.batch = batch
        let shape = StuckSearch.Shape(batch.judgements)
        let start: StuckSearch.Start = batch.only == nil ? .init(batch.cursor) : .these
        self.statements = [cleanup.takeBatch(shape, from: start)]
        func add(_ statement: String?) -> Int? {
            guard let statement else { return nil }
            self.statements.append(statement)
            return self.statements.count - 1
        }
        for write in map.writes(in: shape.phase) { self.changed = add(write) }
        _ = add(cleanup.deliverItems)
        self.before = add(cleanup.refundedBalances)
        for credit in cleanup.credits { self.credited = add(credit) }
        if case .webhook = map.compensation { self.credited = nil }
        self.booked = add(cleanup.bookRefunds)
        _ = add(cleanup.fireTriggers)
        self.unchanged = add(cleanup.unchangedJob(shape.phase))
        self.after = add(cleanup.refundedBalances)
    }

    /// - Throws: `databaseRejected` where something is not as it has to be; the batch is undone.
    func read(_ results: [PostgresResult]) throws -> CleanedBatch {
        let rows = results[0].rows.map {
            (item: RunItem(row: $0, .postgres), since: $0.integer(at: RunItem.sinceColumn) ?? 0)
        }
        let locked = rows.map(\.item).filter { $0.error == StuckJob.lockedBalance }
        let items = rows.map(\.item).filter { $0.error != StuckJob.lockedBalance }
        let cleaned = items.filter { $0.action != .error }
        let refunds = cleaned.count { $0.tokensRefunded > 0 }
        try Self.expect(cleaned.count, from: self.changed.map { results[$0].affected }, "jobs were changed")
        if let job = self.unchanged.flatMap({ results[$0].first?.text("job_id") }) { throw UnstickError(vetoed: job) }
        try Self.expect(cleaned.refundedUsers, from: self.credited.map { results[$0].affected }, "balances were moved")
        try Self.expect(refunds, from: self.booked.map { results[$0].affected }, "refunds were booked")
        if let before, let after {
            try RefundedBalances(before: results[before], after: results[after]).check(users: cleaned.refundedUsers)
        }
        return CleanedBatch(
            items: items.sorted { $0.position < $1.position },
            locked: locked,
            exhausted: rows.count < self.batch.limit,
            end: rows.last.map { StuckCursor(since: $0.item.since, fraction: $0.since % 1000, id: $0.item.jobID) }
        )
    }

    private static func expect(_ expected: Int, from actual: Int?, _ what: String) throws {
        guard let actual, expected != actual else { return }
        throw UnstickError(.databaseRejected, "\(actual) instead of \(expected) \(what); the batch was undone.")
    }
}
