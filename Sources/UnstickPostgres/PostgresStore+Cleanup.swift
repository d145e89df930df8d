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

    /// The jobs that are old enough to be stuck.
    public func candidates(_ limits: [StuckPhase: Duration]) async throws -> Candidates {
        let phases = StuckPhase.allCases.filter { limits[$0] != nil }
        var ages: SQLArguments = [:]
        for (phase, age) in limits { ages[phase.rawValue.lowercased()] = .integer(age.inMilliseconds) }
        ages["limit"] = .integer(Candidates.unreadableListed)
        ages.merge(Self.facts(of: try await self.currentSource())) { $1 }
        let unreadable = try await self.search.unreadable(phases)
        // Attached tables may be looked at without any table of Unstick's own beside them.
        let hasOwnTables = try await self.hasOwnTables
        let calls =
            [PostgresCall("SELECT :now AS now")]
            + (hasOwnTables ? [PostgresCall(PauseStatements.current)] : [])
            + (phases.isEmpty ? [] : [PostgresCall(try await self.search.candidates(phases), ages)])
            + (unreadable.map { [PostgresCall($0, ages)] } ?? [])
        let place = hasOwnTables ? 2 : 1
        return try await self.once(calls) { results in
            let now = try results[0].only().timestamp(required: "now")
            return Candidates(
                now: now,
                groups: phases.isEmpty ? [] : try results[place].rows.map { try Candidates.Group(row: $0) },
                pause: hasOwnTables ? try results[1].first.map { try Pause(row: $0) } : nil,
                unreadable: unreadable == nil
                    ? [] : try results[place + 1].rows.map { try StuckJob(unreadable: $0, asOf: now) }
            )
        }
    }

    /// How many jobs are stuck, and what is owed for the first of them.
    public func tally(asOf now: Timestamp, _ judgements: Judgements, limit: Int) async throws -> StuckTally {
        let tally = try await self.search.search(StuckSearch.Shape(judgements)).tally
        let facts = self.range(now, judgements, nil).merging(["limit": .integer(limit)]) { $1 }
        return try await self.once([PostgresCall(Self.keyedPlans), PostgresCall(tally, facts)]) { results in
            let row = try results[1].only()
            return StuckTally(jobs: try row.integer(required: "jobs"), tokensOwed: try row.integer(required: "tokens"))
        }
    }

    /// How many jobs are stuck of each kind.
    public func stuckByKind(asOf now: Timestamp, _ judgements: Judgements, limit: Int) async throws -> [StuckKind] {
        let sql = try await self.search.search(StuckSearch.Shape(judgements)).byKind
        let facts = self.range(now, judgements, nil).merging(["limit": .integer(limit)]) { $1 }
        // No ledger is in it, so that it may be planned as it likes.
        return try await self.query(sql, facts) { try StuckKind(row: $0) }
    }

    /// What a look goes by: also where Unstick's own tables are not there yet.
    private var search: PostgresCleanupStatements {
        get async throws { try await self.hasOwnTables ? self.cleanup : self.firstLook }
    }

    /// How many jobs are running.
    public func runningJobs() async throws -> Int {
        try await self.query(self.cleanup.runningJobs, [:]) { try $0.integer(required: "jobs") }[0]
    }

    /// The jobs that wait to be started.
    public func waitingJobs(limit: Int) async throws -> WaitingJobs? {
        guard let sql = WaitingStatements.waiting(in: self.map) else { return nil }
        return try await self.query(sql, ["limit": .integer(limit)]) { try WaitingJobs(row: $0, limit: limit) }[0]
    }

    /// The oldest stuck jobs after the cursor.
    public func stuckJobs(
        asOf now: Timestamp,
        _ judgements: Judgements,
        after cursor: StuckCursor?,
        limit: Int
    ) async throws -> [StuckJob] {
        let list = try await self.search.search(StuckSearch.Shape(judgements)).list(from: StuckSearch.Start(cursor))
        let facts = self.range(now, judgements, cursor).merging(["limit": .integer(limit)]) { $1 }
        return try await self.once([PostgresCall(Self.keyedPlans), PostgresCall(list, facts)]) { results in
            try results[1].rows.map { try StuckJob(row: $0) }
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
        return try await self.write(ifUnknown: .readBack { try await self.readBack(batch) }) { transaction in
            let answers = try transaction.run(
                ([Self.keyedPlans, Self.shortWait, Self.clock] + steps.statements + [Self.clock]).map {
                    PostgresCall($0, facts)
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
    ///
    /// Without this, a plan that is made once for batches of any size may read the whole ledger for each of them. Where no
    /// index serves, such a plan costs so much on paper that it would be compiled, which takes longer than it runs.
    static let keyedPlans = """
        SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_hashjoin', 'off', true),
            set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true),
            set_config('jit', 'off', true)
        """

    /// Whether a batch was committed whose answer never came.
    ///
    /// The run's row is locked first: a transaction that is still on its way to its commit has that lock, or the key that
    /// the insertion waits for.
    private func readBack(_ batch: CleanupBatch) async throws -> CleanedBatch? {
        let items = try await self.write(ifUnknown: .repeatIt) { transaction in
            let results = try transaction.run([
                PostgresCall(RunStatements.ensure, batch.run.arguments),
                PostgresCall(RunStatements.lock, ["id": .text(batch.run.id)]),
                PostgresCall(
                    RunStatements.items,
                    [
                        "run": .text(batch.run.id), "position": .integer(batch.position),
                        "limit": .integer(batch.limit),
                    ]
                ),
            ])
            return results[2].rows.map { row in
                (RunItem(row: row), row.integer(at: RunItem.sinceColumn) ?? 0)
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

    /// Writes the run as it stands, with these items.
    public func record(_ run: Run, items: [RunItem]) async throws {
        let source = self.knownSource.withLock { $0 }.flatMap { $0.id.isEmpty ? nil : $0.id }
        var calls = items.map { item in
            PostgresCall(
                RunStatements.insertItem,
                item.arguments(run: run.id).merging([
                    "since": .integer(item.since.milliseconds * 1000), "origin": SQLValue(item.source ?? source),
                ]) { $1 }
            )
        }
        calls.append(PostgresCall(RunStatements.record, run.arguments))
        guard run.status != .running else { return try await self.once(calls) { _ in } }
        calls.append(PostgresCall(RunStatements.closeInterrupted, run.closingArguments))
        let (closing, trace) = (calls, TraceParent.current?.text)
        try await self.write(ifUnknown: .repeatIt) { transaction in
            let interrupted = try transaction.run(closing).last?.rows.map { try Run(row: $0) } ?? []
            try transaction.run(
                (interrupted + [run]).compactMap(\.event).flatMap { event in
                    Self.emission(of: NewEvent(event, id: event.id), trace: trace)
                }
            )
        }
    }

    private func facts(of batch: CleanupBatch, _ source: Source?) -> SQLArguments {
        self.range(batch.now, batch.judgements, batch.cursor).merging([
            "run": .text(batch.run.id), "position": .integer(batch.position), "limit": .integer(batch.limit),
            "source": .text(TokenBalanceManager.refundSource), "only": SQLValue(batch.only?.asRows),
            "message": .text("Job timed out: it passed the limit of its rule. Ended by Unstick."),
        ]) { $1 }.merging(Self.facts(of: source)) { $1 }
    }

    private func range(_ now: Timestamp, _ judgements: Judgements, _ cursor: StuckCursor?) -> SQLArguments {
        [
            "now": .integer(now.milliseconds),
            "cutoff": .integer((now - (judgements.smallestLimit ?? .zero)).milliseconds * 1000),
            "rules": .text(judgements.rulesJSON),
            "since": SQLValue(cursor.map { $0.since.milliseconds * 1000 + $0.fraction }),
            "id": SQLValue(cursor?.id),
        ].merging(Self.facts(of: self.knownSource.withLock { $0 })) { $1 }
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
        let rows = results[0].rows.map { (item: RunItem(row: $0), since: $0.integer(at: RunItem.sinceColumn) ?? 0) }
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

extension RunItem {
    /// Where ``UnstickSQL/RunStatements/items`` has the moment, in microseconds.
    fileprivate static let sinceColumn: Int32 = 6

    /// Reads by the order of the columns: a pass does this for every job it takes.
    init(row: PostgresRow) {
        self.init(
            position: row.integer(at: 0) ?? 0,
            jobID: row.text(at: 1) ?? "",
            userID: row.text(at: 2) ?? "",
            kind: row.text(at: 3) ?? "",
            tier: row.text(at: 4),
            attempt: row.integer(at: 5) ?? 0,
            since: Timestamp(milliseconds: (row.integer(at: Self.sinceColumn) ?? 0) / 1000),
            action: row.text(at: 7).flatMap { Action(rawValue: $0) } ?? .error,
            amount: row.integer(at: 8) ?? 0,
            processingDuration: .milliseconds(row.integer(at: 9) ?? 0),
            verdict: Verdict(
                rule: row.text(at: 11) ?? "",
                limit: row.text(at: 12).flatMap { LimitKind(rawValue: $0) } ?? .timeout,
                allowed: .milliseconds(row.integer(at: 13) ?? 0),
                measured: .milliseconds(row.integer(at: 14) ?? 0),
                worker: row.text(at: 15)
            ),
            retryAt: row.integer(at: 16).map { Timestamp(milliseconds: $0) },
            error: row.text(at: 10),
            source: row.text(at: 17)
        )
    }
}
