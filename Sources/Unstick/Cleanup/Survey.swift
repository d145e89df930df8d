/// What there is to do, as of one moment.
public struct Survey: Hashable, Sendable {
    /// The moment, by the database's clock.
    public var now: Timestamp
    /// What the jobs are judged by, for each phase that has any to judge.
    public var judgements: [Judgements] = []
    /// The jobs that are old enough to be judged.
    public var candidates: [Candidates.Group] = []
    /// Jobs past a limit of their rule.
    public var stuck = 0
    /// Running jobs past a limit of their rule, of all kinds.
    public var stuckRunning = 0
    /// Jobs in `PROCESSING`, the stuck ones included; 0 where so few are stuck that it does not matter.
    public var running = 0
    /// What the pass would give back; 0 where nobody wants to know.
    public var tokensOwed = 0
    /// Whether cleaning is paused.
    public var pause: Pause?
    /// Jobs whose age cannot be told; they are not counted as stuck.
    public var unreadable: [StuckJob] = []

    /// Makes a survey.
    public init(now: Timestamp) {
        self.now = now
    }
}

extension CleanupStore {
    /// Finds out what is stuck by a policy, in a constant number of statements whatever the number of rules.
    ///
    /// - Parameters:
    ///   - policy: what is stuck by.
    ///   - kinds: the kinds of jobs to look at; none for all.
    ///   - refundLimit: how many jobs the pass takes at most, for what it would give back.
    ///   - countsRefunds: whether that is wanted, also where the policy sets no limit for it.
    package func survey(
        _ policy: Policy,
        kinds: [String] = [],
        refundLimit: Int = 0,
        countsRefunds: Bool = false
    ) async throws -> Survey {
        let candidates = try await self.candidates(policy.smallestLimits)
        var survey = Survey(now: candidates.now)
        survey.pause = candidates.pause
        survey.candidates = candidates.groups
        survey.unreadable = candidates.unreadable.filter { job in
            kinds.isEmpty || kinds.contains(where: job.kind.isExactly)
        }
        for (judgements, groups) in policy.judgements(of: candidates, kinds: kinds) {
            let owedMatters = countsRefunds || policy.massFailureGuard.maxRefund != nil
            let tally = try await self.count(
                judgements,
                groups,
                policy,
                survey.now,
                owedOf: owedMatters ? refundLimit : nil
            )
            guard tally.jobs > 0 else { continue }
            survey.judgements.append(judgements)
            survey.stuck += tally.jobs
            survey.tokensOwed += tally.tokensOwed
            if judgements.phase == .processing { survey.stuckRunning = tally.jobs }
        }
        // The guard counts all kinds: a wrong clock or a paused fleet affects every kind.
        if !kinds.isEmpty, survey.stuckRunning > 0 {
            for (judgements, groups) in policy.judgements(of: candidates) where judgements.phase == .processing {
                survey.stuckRunning = try await self.count(judgements, groups, policy, survey.now, owedOf: nil).jobs
            }
        }
        if survey.stuckRunning >= policy.massFailureGuard.minimum { survey.running = try await self.runningJobs() }
        return survey
    }

    /// How many of the candidates are stuck, and what is owed for the first `limit` of them.
    private func count(
        _ judgements: Judgements,
        _ groups: [Candidates.Group],
        _ policy: Policy,
        _ now: Timestamp,
        owedOf limit: Int?
    ) async throws -> StuckTally {
        guard limit == nil, judgements.isByTimeoutOnly(of: policy.smallestLimit(in: judgements.phase)) else {
            return try await self.tally(asOf: now, judgements, limit: limit ?? 0)
        }
        return StuckTally(jobs: groups.reduce(0) { $0 + $1.count }, tokensOwed: 0)
    }
}

extension Policy {
    /// The age from which on a job may be stuck, for each phase in which one can be.
    var smallestLimits: [StuckPhase: Duration] {
        var limits: [StuckPhase: Duration] = [:]
        for phase in StuckPhase.allCases { limits[phase] = self.smallestLimit(in: phase) }
        return limits
    }

    /// What jobs that are old enough are judged by, for each phase that has any to judge.
    ///
    /// - Parameter kinds: the kinds to judge; none for all.
    func judgements(
        of candidates: Candidates,
        kinds: [String] = []
    ) -> [(judgements: Judgements, groups: [Candidates.Group])] {
        StuckPhase.allCases.compactMap { phase in
            let groups = candidates.groups.filter {
                $0.phase == phase && (kinds.isEmpty || kinds.contains(where: $0.kind.isExactly))
            }
            guard !groups.isEmpty else { return nil }
            let judgements = self.judgements(of: groups, in: phase, isEveryJob: kinds.isEmpty)
            return judgements.smallestLimit == nil ? nil : (judgements, groups)
        }
    }

    private func judgements(of groups: [Candidates.Group], in phase: StuckPhase, isEveryJob: Bool) -> Judgements {
        guard !self.rules.isEmpty || !isEveryJob else { return Judgements(phase: phase, everyJob: self.standard) }
        return Judgements(phase: phase, groups: groups.map(self.judgement))
    }

    private func judgement(of group: Candidates.Group) -> Judgement {
        Judgement(kind: group.kind, tier: group.tier, rule: self.rule(kind: group.kind, tier: group.tier))
    }
}

extension Judgements {
    /// Whether every candidate is stuck: whoever is old enough for one is too old for the only limit there is.
    fileprivate func isByTimeoutOnly(of limit: Duration?) -> Bool {
        self.phase == .processing
            && self.groups.map(\.rule).allSatisfy {
                $0.timeout == limit && $0.heartbeatTimeout == nil && $0.deadline == nil
            }
    }
}
