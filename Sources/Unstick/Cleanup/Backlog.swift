/// The work for a run, as of one moment.
package struct Backlog: Hashable, Sendable {
    /// The moment, by the database's clock.
    package var now: Timestamp
    /// The rules for the jobs, for each phase that has candidates.
    package var ruleMatches: [RuleMatches] = []
    /// The jobs that are old enough to be checked against their rules.
    package var candidates: [Candidates.Group] = []
    /// Jobs over a limit of their rule, without those that a hold stops.
    package var stuck = 0
    /// Jobs over a limit of their rule that a hold stops.
    package var held = 0
    /// Jobs over a limit by the time of another program, which wait for their second look.
    package var waiting = 0
    /// The jobs that the guard counts; none where too few are stuck.
    package var guarded: [GuardedJobs] = []
    /// The open holds, newest first.
    package var holds: [Hold] = []
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

/// How often a job of a team's own tables must be found before a run ends it.
package enum Looks: Sendable {
    /// One look is enough: a forced run, and the lists.
    case once
    /// Twice; the first look is recorded.
    case twice
    /// Twice; nothing is recorded.
    case preview
}

/// The jobs of one phase that the guard counts, and the rules by which some of them are stuck.
package struct GuardedJobs: Hashable, Sendable {
    package var ruleMatches: RuleMatches
    package var groups: [JobsByWorker]
}

extension CleanupStore {
    /// Finds the stuck jobs of a policy, in a constant number of statements whatever the number of rules.
    ///
    /// - Parameters:
    ///   - policy: decides which jobs are stuck.
    ///   - kinds: the kinds of jobs to check; none for all.
    ///   - refundLimit: how many jobs the run takes at most, for what it would refund.
    ///   - countsRefunds: whether to sum the refunds even where the policy has no limit for them.
    ///   - looks: whether jobs by the time of another program wait for a second look.
    package func backlog(
        _ policy: Policy,
        kinds: [String] = [],
        refundLimit: Int = 0,
        countsRefunds: Bool = false,
        looks: Looks = .once
    ) async throws -> Backlog {
        let candidates = try await self.candidates(policy.smallestLimits)
        var backlog = Backlog(now: candidates.now)
        backlog.pause = candidates.pause
        backlog.candidates = candidates.groups
        backlog.holds = candidates.holds.filter { $0.state == .open }
        backlog.unreadable = candidates.unreadable.filter { job in
            kinds.isEmpty || kinds.contains(where: job.kind.isExactly)
        }
        let owedMatters = countsRefunds || policy.massFailureGuard.maxRefund != nil
        var stuck: [StuckPhase: Int] = [:]
        for (found, groups) in policy.ruleMatches(of: candidates, kinds: kinds) {
            var ruleMatches = found
            ruleMatches.looksTwice = looks != .once && self.looksTwice(at: found)
            if ruleMatches.looksTwice, looks == .twice {
                try await self.noteFirstLooks(asOf: backlog.now, found)
            }
            let limit = owedMatters ? refundLimit : nil
            let tally = try await self.count(ruleMatches, groups, policy, backlog.now, owedOf: limit)
            var left = tally.jobs
            if ruleMatches.looksTwice {
                left = try await self.count(found, groups, policy, backlog.now, owedOf: nil).jobs
                backlog.waiting += left - tally.jobs
            }
            if !backlog.holds.isEmpty {
                var all = found
                all.leavesHeld = false
                backlog.held += try await self.count(all, groups, policy, backlog.now, owedOf: nil).jobs - left
            }
            guard tally.jobs > 0 else { continue }
            backlog.ruleMatches.append(ruleMatches)
            backlog.stuck += tally.jobs
            backlog.tokensOwed += tally.tokensOwed
            stuck[ruleMatches.phase] = tally.jobs
        }
        // The guard counts all kinds: a wrong clock or a paused fleet affects every kind.
        let least = policy.massFailureGuard.minimum
        for (found, groups) in policy.ruleMatches(of: candidates) {
            guard !kinds.isEmpty || stuck[found.phase, default: 0] >= least,
                groups.reduce(0, { $0 + $1.count }) >= least
            else { continue }
            var ruleMatches = found
            ruleMatches.looksTwice = looks != .once && self.looksTwice(at: found)
            let jobs = try await self.jobsByWorker(asOf: backlog.now, ruleMatches, limit: JobsByWorker.most)
            backlog.guarded.append(GuardedJobs(ruleMatches: ruleMatches, groups: jobs))
        }
        return backlog
    }

    /// When the next job reaches a limit of the policy, after `earlier`; `nil` where none will.
    package func nextDue(_ policy: Policy, after earlier: Timestamp) async throws -> Timestamp? {
        let phases = policy.smallestLimits
        // The rules of the kinds that have jobs; one rule for every job needs no such list.
        let candidates =
            policy.rules.isEmpty
            ? try await self.candidates([:]) : try await self.candidates(phases.mapValues { _ in .zero })
        var next: Timestamp?
        for phase in StuckPhase.allCases where phases[phase] != nil {
            let groups = candidates.groups.filter { $0.phase == phase }
            var ruleMatches = policy.ruleMatches(of: groups, in: phase, isEveryJob: true)
            ruleMatches.leavesHeld = !candidates.holds.isEmpty
            guard ruleMatches.smallestLimit != nil,
                let due = try await self.nextDue(ruleMatches, after: earlier)
            else { continue }
            next = min(next ?? due, due)
        }
        let second = try await self.nextSecondLook(after: earlier)
        // The jobs of an approved hold may be cleaned since then.
        let approved = candidates.holds.compactMap { $0.state == .approved ? $0.decidedAt : nil }
            .filter { $0 > earlier }.min()
        return [next, second, approved].compactMap { $0 }.min()
    }

    /// Counts the stuck candidates, and sums the refunds due for the first `limit` of them.
    private func count(
        _ ruleMatches: RuleMatches,
        _ groups: [Candidates.Group],
        _ policy: Policy,
        _ now: Timestamp,
        owedOf limit: Int?
    ) async throws -> StuckTally {
        let isByTimeoutOnly = ruleMatches.isByTimeoutOnly(of: policy.smallestLimit(in: ruleMatches.phase))
        guard limit == nil, isByTimeoutOnly, !ruleMatches.leavesHeld, !ruleMatches.looksTwice else {
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
            var ruleMatches = self.ruleMatches(of: groups, in: phase, isEveryJob: kinds.isEmpty)
            ruleMatches.leavesHeld = !candidates.holds.isEmpty
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
