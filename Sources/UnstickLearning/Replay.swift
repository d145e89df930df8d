public import Unstick

/// What a policy would have done to the jobs of the past.
///
/// Runs come at whole multiples of their interval. Heartbeats are not in the past's records, so a limit on them judges
/// nothing here.
public struct Replay: Sendable {
    /// How many killed jobs are listed at most.
    public static let mostListed = 1000

    /// A good job that the policy would have killed.
    public struct FalsePositive: Hashable, Sendable {
        /// The job.
        public var id: String
        /// Its sort of work.
        public var kind: String
        /// Its price class.
        public var tier: String?
        /// How long it took in truth.
        public var duration: Duration
        /// The limit that it broke.
        public var limit: Duration
        /// What would have been refunded for work that was done.
        public var refunded: Int
    }

    /// What the policy is called.
    public let name: String
    /// The policy.
    public let policy: Policy
    /// How often it is applied.
    public let runEvery: Duration
    /// Only jobs created from then on are judged.
    public let from: Timestamp?
    /// When the past ends.
    public let end: Timestamp

    /// Completed jobs.
    public private(set) var good = 0
    /// Those of them that ran longer than their limit.
    public private(set) var pastLimit = 0
    /// Those of them that a run found before they ended.
    public private(set) var killed = 0
    /// The first of them.
    public private(set) var killedJobs: [FalsePositive] = []
    /// What would have been refunded for them.
    public private(set) var tokensRefundedWrongly = 0
    /// After how long each completed job would have been found, had it hung instead.
    public private(set) var ifHung = Durations()
    private var sumIfHung = 0.0
    /// How long the completed jobs took.
    public private(set) var durations = Durations()
    /// Jobs that never ended.
    public private(set) var hung = 0
    /// After how long those of them were found that a run found before the past ended.
    public private(set) var found = Durations()
    /// What would have been refunded for those.
    public private(set) var tokensRefundedRightly = 0

    /// Starts a replay.
    ///
    /// - Parameters:
    ///   - name: what the policy is called in tables.
    ///   - policy: the policy.
    ///   - runEvery: how often it is applied.
    ///   - from: only jobs created from then on are judged.
    ///   - end: when the past ends.
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

    /// The killed ones as a share of the completed ones.
    public var killedShare: Double { self.good > 0 ? Double(self.killed) / Double(self.good) : 0 }

    /// Judges one job.
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

    /// The first limit that a job breaks if it goes on forever, and when.
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

    private func nextRun(after moment: Timestamp) -> Timestamp {
        let step = max(1, self.runEvery.inMilliseconds)
        let (quotient, remainder) = moment.milliseconds.quotientAndRemainder(dividingBy: step)
        return Timestamp(milliseconds: (remainder > 0 ? quotient + 1 : quotient) * step)
    }
}
