public import Unstick

/// The result of a policy on past jobs.
///
/// Runs are at whole multiples of their interval. Records of the past have no heartbeats, so a limit on them has no
/// effect here.
public struct Replay: Sendable {
    /// The most false positives that are listed.
    public static let mostListed = 1000

    /// A good job that the policy would have failed.
    public struct FalsePositive: Hashable, Sendable {
        /// The job.
        public var id: String
        /// The kind of work.
        public var kind: String
        /// Its price class.
        public var tier: String?
        /// Its real duration.
        public var duration: Duration
        /// The limit that it exceeded.
        public var limit: Duration
        /// The refund for work that was delivered.
        public var refunded: Int
    }

    /// The name of the policy.
    public let name: String
    /// The policy.
    public let policy: Policy
    /// The interval of runs.
    public let runEvery: Duration
    /// Only jobs created at this time or later are replayed.
    public let from: Timestamp?
    /// The end of the past.
    public let end: Timestamp

    /// Completed jobs.
    public private(set) var good = 0
    /// Those of them that ran longer than their limit.
    public private(set) var pastLimit = 0
    /// Those of them that a run found before they ended.
    public private(set) var killed = 0
    /// The first of them.
    public private(set) var killedJobs: [FalsePositive] = []
    /// The refunds for them.
    public private(set) var tokensRefundedWrongly = 0
    /// After how long each completed job would have been found if it had hung.
    public private(set) var ifHung = Durations()
    private var sumIfHung = 0.0
    /// The durations of the completed jobs.
    public private(set) var durations = Durations()
    /// Jobs that never ended.
    public private(set) var hung = 0
    /// After how long a run found the jobs that never ended, before the end of the past.
    public private(set) var found = Durations()
    /// The refunds for those.
    public private(set) var tokensRefundedRightly = 0

    /// Starts a replay.
    ///
    /// - Parameters:
    ///   - name: the name of the policy in tables.
    ///   - policy: the policy.
    ///   - runEvery: the interval of runs.
    ///   - from: only jobs created at this time or later are replayed.
    ///   - end: the end of the past.
    public init(name: String, policy: Policy, runEvery: Duration, from: Timestamp?, end: Timestamp) {
        self.name = name
        self.policy = policy
        self.runEvery = runEvery
        self.from = from
        self.end = end
    }

    /// The mean of ``ifHung``; `nil` where no limit would have found any.
    public var meanIfHung: Duration? {
        self.ifHung.count > 0 ? .milliseconds(Int(self.sumIfHung / Double(self.ifHung.count))) : nil
    }

    /// The false positives as a share of the completed jobs.
    public var killedShare: Double { self.good > 0 ? Double(self.killed) / Double(self.good) : 0 }

    /// Replays one job.
    public mutating func see(_ job: PastJob) {
        if let from, job.createdAt < from { return }
        let rule = self.policy.rule(kind: job.kind, tier: job.tier)
        let broken = Self.limit(of: job, by: rule)
        guard job.outcome == .completed else { return self.see(hung: job, rule, brokenAt: broken?.at) }
        guard let duration = job.duration, let startedAt = job.startedAt, let endedAt = job.endedAt else { return }
        self.good += 1
        self.durations.record(duration)
        guard let broken else { return }
        let run = self.nextRun(after: broken.at)
        self.ifHung.record(run - startedAt)
        self.sumIfHung += Double((run - startedAt).inMilliseconds)
        guard broken.at < endedAt else { return }
        self.pastLimit += 1
        guard run < endedAt else { return }
        self.killed += 1
        let refunded = Self.refund(of: job, by: rule)
        self.tokensRefundedWrongly += refunded
        if self.killedJobs.count < Self.mostListed {
            self.killedJobs.append(
                FalsePositive(
                    id: job.id,
                    kind: job.kind,
                    tier: job.tier,
                    duration: duration,
                    limit: broken.limit,
                    refunded: refunded
                )
            )
        }
    }

    private mutating func see(hung job: PastJob, _ rule: Rule, brokenAt: Timestamp?) {
        self.hung += 1
        guard let brokenAt else { return }
        let run = self.nextRun(after: brokenAt)
        guard run <= self.end else { return }
        self.found.record(run - (job.startedAt ?? job.createdAt))
        self.tokensRefundedRightly += Self.refund(of: job, by: rule)
    }

    /// The first limit that a job exceeds if it never ends, and when.
    private static func limit(of job: PastJob, by rule: Rule) -> (at: Timestamp, limit: Duration)? {
        var limits: [(Timestamp, Duration?)] = [(job.createdAt, rule.deadline)]
        if job.outcome == .waiting {
            limits.append((job.createdAt, rule.pendingTimeout))
        } else if let startedAt = job.startedAt {
            limits.append((startedAt, rule.timeout))
        }
        return limits.compactMap { start, limit in limit.map { (start + $0, $0) } }.min { $0.0 < $1.0 }
    }

    private static func refund(of job: PastJob, by rule: Rule) -> Int {
        rule.refund == .none ? 0 : job.tokensCost
    }

    private func nextRun(after time: Timestamp) -> Timestamp {
        let step = max(1, self.runEvery.inMilliseconds)
        let (quotient, remainder) = time.milliseconds.quotientAndRemainder(dividingBy: step)
        return Timestamp(milliseconds: (remainder > 0 ? quotient + 1 : quotient) * step)
    }
}
