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
        // Attached tables may be looked at without any table of Unstick's own beside them.
        let hasOwnTables = try await self.hasOwnTables
        let calls =
            [PostgresCall("SELECT :now AS now")]
            + (hasOwnTables ? [PostgresCall(PauseStatements.current)] : [])
            + (phases.isEmpty ? [] : [PostgresCall(try await self.search.candidates(phases), ages)])
        return try await self.once(calls) { results in
            Candidates(
                now: try results[0].only().timestamp(required: "now"),
                groups: phases.isEmpty ? [] : try results[results.count - 1].rows.map { try Candidates.Group(row: $0) },
                pause: hasOwnTables ? try results[1].first.map { try Pause(row: $0) } : nil
            )
        }
    }

    /// How many jobs are stuck, and what is owed for the first of them.
    public func tally(asOf now: Timestamp, _ judgements: Judgements, limit: Int) async throws -> StuckTally {
        let tally = try await self.search.search(StuckSearch.Shape(judgements)).tally
        let facts = Self.range(now, judgements, nil).merging(["limit": .integer(limit)]) { $1 }
        return try await self.once([PostgresCall(Self.keyedPlans), PostgresCall(tally, facts)]) { results in
            let row = try results[1].only()
            return StuckTally(jobs: try row.integer(required: "jobs"), tokensOwed: try row.integer(required: "tokens"))
        }
    }

    /// How many jobs are stuck of each kind.
    public func stuckByKind(asOf now: Timestamp, _ judgements: Judgements, limit: Int) async throws -> [StuckKind] {
        let sql = try await self.search.search(StuckSearch.Shape(judgements)).byKind
        let facts = Self.range(now, judgements, nil).merging(["limit": .integer(limit)]) { $1 }
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

    /// The oldest stuck jobs after the cursor.
    public func stuckJobs(
        asOf now: Timestamp,
        _ judgements: Judgements,
        after cursor: StuckCursor?,
        limit: Int
    ) async throws -> [StuckJob] {
        let list = try await self.search.search(StuckSearch.Shape(judgements)).list(hasCursor: cursor != nil)
        let facts = Self.range(now, judgements, cursor).merging(["limit": .integer(limit)]) { $1 }
        return try await self.once([PostgresCall(Self.keyedPlans), PostgresCall(list, facts)]) { results in
            try results[1].rows.map { try StuckJob(row: $0) }
        }
    }

    /// One batch in one transaction and two round trips.
    ///
    /// When any statement is refused, or touches another number of rows than the batch has, everything is rolled back. When
    /// the connection is lost at the commit, the run's items say whether it happened.
    public func clean(_ batch: CleanupBatch) async throws -> CleanedBatch {
        let (statements, map) = (self.cleanup, self.map)
        let trace = TraceParent.current?.text
        return try await self.write(ifUnknown: .readBack { try await self.readBack(batch) }) { transaction in
            let facts = Self.facts(of: batch).merging(["trace": SQLValue(trace)]) { $1 }
            let shape = StuckSearch.Shape(batch.judgements)
            let changes = map.writes(in: shape.phase)
            // The balances come last: whoever waits for one waits until the commit.
            let calls =
                [statements.takeBatch(shape, hasCursor: batch.cursor != nil)] + changes
                + [statements.deliverItems] + statements.credits + [statements.bookRefunds].compactMap { $0 }
            let results = try transaction.run(
                ([Self.keyedPlans] + calls).map { PostgresCall($0, facts) },
                searchPath: map.searchPath
            ).dropFirst().map { $0 }
            let end = results[0].rows.last?.integer(at: RunItem.sinceColumn) ?? 0
            let items = results[0].rows.map { RunItem(row: $0) }
            let paid = items.filter { $0.tokensRefunded > 0 }
            let (writes, credits) = (changes.count, statements.credits.count)
            if writes > 0 { try Self.expect(items.count, from: results[writes].affected, "jobs were changed") }
            if case .balances = map.compensation, credits > 0 {
                let users = Set(paid.map(\.userID)).count
                try Self.expect(users, from: results[writes + 1 + credits].affected, "balances of users were there")
            }
            if statements.bookRefunds != nil {
                try Self.expect(paid.count, from: results[writes + 2 + credits].affected, "refunds were booked")
            }
            transaction.last(RunStatements.record, batch.run.adding(items).arguments)
            return CleanedBatch(
                items: items,
                exhausted: items.count < batch.limit,
                end: items.last.map { StuckCursor(since: $0.since, fraction: end % 1000, id: $0.jobID) }
            )
        }
    }

    /// Every statement over stuck jobs goes by keys.
    ///
    /// Without this, a plan that is made once for batches of any size may read the whole ledger for each of them.
    static let keyedPlans = """
        SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_hashjoin', 'off', true),
            set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true)
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
        return CleanedBatch(
            items: items.map(\.0),
            exhausted: items.count < batch.limit,
            end: StuckCursor(since: last.0.since, fraction: last.1 % 1000, id: last.0.jobID)
        )
    }

    /// Writes the run as it stands, with these items.
    public func record(_ run: Run, items: [RunItem]) async throws {
        var calls = items.map { item in
            PostgresCall(
                RunStatements.insertItem,
                item.arguments(run: run.id).merging(["since": .integer(item.since.milliseconds * 1000)]) { $1 }
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

    private static func facts(of batch: CleanupBatch) -> SQLArguments {
        self.range(batch.now, batch.judgements, batch.cursor).merging([
            "run": .text(batch.run.id), "position": .integer(batch.position), "limit": .integer(batch.limit),
            "source": .text(TokenBalanceManager.refundSource),
            "message": .text("Job timed out: it passed the limit of its rule. Ended by Unstick."),
        ]) { $1 }
    }

    private static func range(_ now: Timestamp, _ judgements: Judgements, _ cursor: StuckCursor?) -> SQLArguments {
        [
            "now": .integer(now.milliseconds),
            "cutoff": .integer((now - (judgements.smallestLimit ?? .zero)).milliseconds * 1000),
            "rules": .text(judgements.rulesJSON),
            "since": SQLValue(cursor.map { $0.since.milliseconds * 1000 + $0.fraction }),
            "id": SQLValue(cursor?.id),
        ]
    }

    private static func expect(_ expected: Int, from actual: Int, _ what: String) throws {
        guard expected == actual else {
            throw UnstickError(.databaseRejected, "\(actual) instead of \(expected) \(what); the batch was undone.")
        }
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
            error: row.text(at: 10)
        )
    }
}
