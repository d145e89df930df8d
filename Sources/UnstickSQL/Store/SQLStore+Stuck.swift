public import Unstick

// Finds stuck jobs; read only.

extension SQLStore {
    /// The tables to search, with or without Unstick's own.
    private var searched: ResolvedTables {
        get async throws {
            var map = self.engine.map
            if try await !self.engine.hasOwnTables { map.hasHistory = false }
            return map
        }
    }

    /// The jobs that are old enough to be stuck.
    public func candidates(_ limits: [StuckPhase: Duration]) async throws -> Candidates {
        let hasOwnTables = try await self.engine.hasOwnTables
        do {
            return try await self.candidates(limits, withHolds: hasOwnTables)
        } catch let error as UnstickError where error.code == .schemaMismatch {
            guard hasOwnTables, self.engine.map.isAttached else { throw error }
            // Tables of an older version have no holds; a run refuses them.
            return try await self.candidates(limits, withHolds: false)
        }
    }

    private func candidates(_ limits: [StuckPhase: Duration], withHolds: Bool) async throws -> Candidates {
        let phases = StuckPhase.allCases.filter { limits[$0] != nil }
        var parameters: SQLArguments = ["limit": .integer(Candidates.unreadableListed)]
        for (phase, age) in limits { parameters[phase.rawValue.lowercased()] = .integer(age.inMilliseconds) }
        parameters.merge(try await self.engine.readKeyParameters()) { $1 }
        let queries = LookStatements(map: try await self.searched)
        // Attached tables can be searched before Unstick's own tables exist.
        parameters["source"] = self.engine.source
        let found = phases.isEmpty ? nil : queries.candidates(phases)
        let statements = [
            try await self.engine.hasOwnTables ? PauseStatements.current : nil, found, queries.unreadable(phases),
            withHolds ? HoldStatements.inForce : nil,
        ]
        return try await self.engine.read([.now] + statements.compactMap { $0 }.map { SQLCall($0, parameters) }) {
            results in
            var answers = results.dropFirst()
            // A statement that was not sent has no result.
            let rows = statements.map { statement in statement == nil ? [] : answers.removeFirst().rows }
            let now = try results[0].only().timestamp(required: "now")
            return Candidates(
                now: now,
                groups: try rows[1].map { try Candidates.Group(row: $0) },
                pause: try rows[0].first.map { try Pause(row: $0) },
                holds: try rows[3].map { try Hold(row: $0) },
                unreadable: try rows[2].map { try StuckJob(unreadable: $0, asOf: now) }
            )
        }
    }

    /// How many jobs are stuck, and the refund due for the first of them.
    public func tally(asOf now: Timestamp, _ ruleMatches: RuleMatches, limit: Int) async throws -> StuckTally {
        let sql = StuckSearch(map: try await self.searched, shape: StuckSearch.Shape(ruleMatches)).tally
        return try await self.readByKeys(sql, self.range(now, ruleMatches, nil, limit)) { row in
            StuckTally(jobs: try row.integer(required: "jobs"), tokensOwed: row.integer("tokens") ?? 0)
        }[0]
    }

    /// How many jobs are stuck of each kind.
    public func stuckByKind(asOf now: Timestamp, _ ruleMatches: RuleMatches, limit: Int) async throws -> [StuckKind] {
        let sql = StuckSearch(map: try await self.searched, shape: StuckSearch.Shape(ruleMatches)).byKind
        // It does not read the ledger, so the planner may choose.
        return try await self.query(sql, self.range(now, ruleMatches, nil, limit)) { try StuckKind(row: $0) }
    }

    /// When the next job reaches a limit.
    public func nextDue(_ ruleMatches: RuleMatches, after earlier: Timestamp) async throws -> Timestamp? {
        let search = StuckSearch(map: try await self.searched, shape: StuckSearch.Shape(ruleMatches))
        let parameters = ruleMatches.parameters.merging(self.engine.keyParameters) { $1 }
            .merging(["after": .integer(earlier.milliseconds)]) { $1 }
        return try await self.readByKeys(search.nextDue, parameters) { try $0.timestamp(required: "due") }.first
    }

    /// The jobs of the phase by kind and worker, with how many of them are stuck.
    public func jobsByWorker(
        asOf now: Timestamp,
        _ ruleMatches: RuleMatches,
        limit: Int
    ) async throws -> [JobsByWorker] {
        let search = StuckSearch(map: try await self.searched, shape: StuckSearch.Shape(ruleMatches))
        let parameters = self.range(now, ruleMatches, nil, limit)
        let calls = [search.byWorker, search.stuckByWorker].map { SQLCall($0, parameters) }
        return try await self.engine.read(calls) { results in
            let stuck = try results[1].rows.map { (try RunningWork(row: $0), $0) }
            var byWork: [RunningWork: (jobs: Int, passedAt: Timestamp)] = [:]
            for (work, row) in stuck {
                byWork[work] = (try row.integer(required: "jobs"), try row.timestamp(required: "passed_at"))
            }
            return try results[0].rows.map { row in
                let found = byWork[try RunningWork(row: row)]
                return JobsByWorker(
                    kind: try row.text(required: "kind"),
                    worker: row.text("worker"),
                    jobs: try row.integer(required: "jobs"),
                    stuck: found?.jobs ?? 0,
                    startedAt: row.timestamp("started_at") ?? now,
                    signAt: row.timestamp("sign_at") ?? now,
                    passedAt: found?.passedAt
                )
            }
        }
    }

    /// How many jobs are running.
    public func runningJobs() async throws -> Int {
        try await self.query(LookStatements(map: self.engine.map).runningJobs) { try $0.integer(required: "jobs") }[0]
    }

    /// The jobs that wait to be started.
    public func waitingJobs(limit: Int) async throws -> WaitingJobs? {
        guard let sql = WaitingStatements.waiting(in: self.engine.map) else { return nil }
        return try await self.query(sql, ["most": .integer(limit + 1)]) { try WaitingJobs(row: $0, limit: limit) }[0]
    }

    /// The oldest stuck jobs after the cursor.
    public func stuckJobs(
        asOf now: Timestamp,
        _ ruleMatches: RuleMatches,
        after cursor: StuckCursor?,
        limit: Int
    ) async throws -> [StuckJob] {
        let search = StuckSearch(map: try await self.searched, shape: StuckSearch.Shape(ruleMatches))
        let list = search.list(from: StuckSearch.Start(cursor))
        return try await self.readByKeys(list, self.range(now, ruleMatches, cursor, limit)) { try StuckJob(row: $0) }
    }

    /// Reads by keys, whatever the statistics say.
    private func readByKeys<Value: Sendable>(
        _ sql: String,
        _ parameters: SQLArguments,
        _ read: @Sendable @escaping (any StoredRow) throws -> Value
    ) async throws -> [Value] {
        let plans = self.dialect.indexOnlyPlanner.map { [SQLCall($0)] } ?? []
        return try await self.engine.read(plans + [SQLCall(sql, parameters)]) { try $0[plans.count].rows.map(read) }
    }

    /// The values of a search for stuck jobs.
    package func range(
        _ now: Timestamp,
        _ ruleMatches: RuleMatches,
        _ cursor: StuckCursor?,
        _ limit: Int
    ) -> SQLArguments {
        [
            "now": .integer(now.milliseconds), "limit": .integer(limit),
            "cutoff": .integer((now - (ruleMatches.smallestLimit ?? .zero)).milliseconds * 1000),
            "since": SQLValue(cursor.map { $0.since.milliseconds * 1000 + $0.fraction }), "id": SQLValue(cursor?.id),
        ].merging(ruleMatches.parameters) { $1 }.merging(self.engine.keyParameters) { $1 }
    }
}

/// The kind and the worker of running jobs.
private struct RunningWork: Hashable {
    let kind: ExactText
    let worker: ExactText?

    init(row: some StoredRow) throws {
        self.kind = try row.text(required: "kind").exact
        self.worker = row.text("worker")?.exact
    }
}
