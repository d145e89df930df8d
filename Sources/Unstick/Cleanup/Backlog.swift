/// The work for a run, as of one moment.
package struct Backlog: Hashable, Sendable {
    /// The moment, by the database's clock.
    package var now: Timestamp
    /// The rules for the jobs, for each phase that has candidates.
    package var ruleMatches: [RuleMatches] = []
    /// The jobs that are old enough to be checked against their rules.
    package var candidates: [Candidates.Group] = []
    /// Jobs over a limit of their rule.
    package var stuck = 0
    /// Running jobs over a limit of their rule, of all kinds.
    package var stuckRunning = 0
    /// Jobs in `PROCESSING`, the stuck ones included; 0 where too few jobs are stuck for the guard.
    package var running = 0
    /// What the run would refund; 0 where it is not needed.
    package var tokensOwed = 0
    /// Whether cleaning is paused.
    package var pause: Pause?
    /// Jobs whose age is unknown; they are not counted as stuck.
    package var unreadable: [StuckJob] = []

    /// Makes a backlog.
    package init(now: Timestamp) {
        self.now = now
    }
}

extension CleanupStore {
    /// Finds the stuck jobs of a policy, in a constant number of statements whatever the number of rules.
    ///
    /// - Parameters:
    ///   - policy: decides which jobs are stuck.
    ///   - kinds: the kinds of jobs to check; none for all.
    ///   - refundLimit: how many jobs the run takes at most, for what it would refund.
    ///   - countsRefunds: whether to sum the refunds even where the policy has no limit for them.
    package func backlog(
        _ policy: Policy,
        kinds: [String] = [],
        refundLimit: Int = 0,
        countsRefunds: Bool = false
    ) async throws -> Backlog {
        let candidates = try await self.candidates(policy.smallestLimits)
        var backlog = Backlog(now: candidates.now)
        backlog.pause = candidates.pause
        backlog.candidates = candidates.groups
        backlog.unreadable = candidates.unreadable.filter { job in
            kinds.isEmpty || kinds.contains(where: job.kind.isExactly)
        }
        for (ruleMatches, groups) in policy.ruleMatches(of: candidates, kinds: kinds) {
            let owedMatters = countsRefunds || policy.massFailureGuard.maxRefund != nil
            let tally = try await self.count(
                ruleMatches,
                groups,
                policy,
                backlog.now,
                owedOf: owedMatters ? refundLimit : nil
            )
            guard tally.jobs > 0 else { continue }
            backlog.ruleMatches.append(ruleMatches)
            backlog.stuck += tally.jobs
            backlog.tokensOwed += tally.tokensOwed
            if ruleMatches.phase == .processing { backlog.stuckRunning = tally.jobs }
        }
        // The guard counts all kinds: a wrong clock or a paused fleet affects every kind.
        if !kinds.isEmpty, backlog.stuckRunning > 0 {
            for (ruleMatches, groups) in policy.ruleMatches(of: candidates) where ruleMatches.phase == .processing {
                backlog.stuckRunning = try await self.count(ruleMatches, groups, policy, backlog.now, owedOf: nil).jobs
            }
        }
        if backlog.stuckRunning >= policy.massFailureGuard.minimum { backlog.running = try await self.runningJobs() }
        return backlog
    }

    /// When the next job reaches a limit of the policy, after `earlier`; `nil` where none will.
    package func nextDue(_ policy: Policy, after earlier: Timestamp) async throws -> Timestamp? {
        let phases = policy.smallestLimits
        // The rules of the kinds that have jobs; one rule for every job needs no such list.
        let candidates =
            policy.rules.isEmpty
            ? Candidates(now: earlier, groups: [], pause: nil)
            : try await self.candidates(phases.mapValues { _ in .zero })
        var next: Timestamp?
        for phase in StuckPhase.allCases where phases[phase] != nil {
            let groups = candidates.groups.filter { $0.phase == phase }
            let ruleMatches = policy.ruleMatches(of: groups, in: phase, isEveryJob: true)
            guard ruleMatches.smallestLimit != nil,
                let due = try await self.nextDue(ruleMatches, after: earlier)
            else { continue }
            next = min(next ?? due, due)
        }
        return next
    }

    /// Counts the stuck candidates, and sums the refunds due for the first `limit` of them.
    private func count(
        _ ruleMatches: RuleMatches,
        _ groups: [Candidates.Group],
        _ policy: Policy,
        _ now: Timestamp,
        owedOf limit: Int?
    ) async throws -> StuckTally {
        guard limit == nil, ruleMatches.isByTimeoutOnly(of: policy.smallestLimit(in: ruleMatches.phase)) else {
            return try await self.tally(asOf: now, ruleMatches, limit: limit ?? 0)
        }
        return StuckTally(jobs: groups.reduce(0) { $0 + $1.count }, tokensOwed: 0)
    }
}

extension Policy {
    /// The smallest age at which a job can be stuck, for each phase in which one can be.
    var smallestLimits: [StuckPhase: Duration] {
        var limits: [StuckPhase: Duration] = [:]
        for phase in StuckPhase.allCases { limits[phase] = self.smallestLimit(in: phase) }
        return limits
    }

    /// The rules for jobs that are old enough, for each phase that has candidates.
    ///
    /// - Parameter kinds: the kinds to check; none for all.
    func ruleMatches(
        of candidates: Candidates,
        kinds: [String] = []
    ) -> [(ruleMatches: RuleMatches, groups: [Candidates.Group])] {
        StuckPhase.allCases.compactMap { phase in
            let groups = candidates.groups.filter {
                $0.phase == phase && (kinds.isEmpty || kinds.contains(where: $0.kind.isExactly))
            }
            guard !groups.isEmpty else { return nil }
            let ruleMatches = self.ruleMatches(of: groups, in: phase, isEveryJob: kinds.isEmpty)
            return ruleMatches.smallestLimit == nil ? nil : (ruleMatches, groups)
        }
    }

    fileprivate func ruleMatches(of groups: [Candidates.Group], in phase: StuckPhase, isEveryJob: Bool) -> RuleMatches {
        guard !self.rules.isEmpty || !isEveryJob else { return RuleMatches(phase: phase, everyJob: self.standard) }
        return RuleMatches(phase: phase, groups: groups.map(self.ruleMatch))
    }

    private func ruleMatch(of group: Candidates.Group) -> RuleMatch {
        RuleMatch(kind: group.kind, tier: group.tier, rule: self.rule(kind: group.kind, tier: group.tier))
    }
}

extension RuleMatches {
    /// Whether every candidate is stuck, because the timeout is the only limit.
    fileprivate func isByTimeoutOnly(of limit: Duration?) -> Bool {
        self.phase == .processing
            && self.groups.map(\.rule).allSatisfy {
                $0.timeout == limit && $0.heartbeatTimeout == nil && $0.deadline == nil
            }
    }
}
