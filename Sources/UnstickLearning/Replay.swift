public import Unstick

/// The result of a policy on past jobs.
///
/// Records of the past have no heartbeats, so a limit on them has no effect here. Nor is it recorded whether a worker
/// would have completed a job that was timed out: a refund for such a job is neither right nor wrong.
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
    /// When runs happen.
    public var runs: RunTimes { self.calendar.times }
    private var calendar: RunCalendar
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
    /// Jobs that were timed out, so that their real end is unknown.
    public private(set) var unknown = 0
    /// Those of them that the policy would have timed out too.
    public private(set) var unknownFound = 0
    /// The refunds for those.
    public private(set) var tokensRefundedUnknown = 0

    /// Starts a replay.
    ///
    /// - Parameters:
    ///   - name: the name of the policy in tables.
    ///   - policy: the policy.
    ///   - runs: when runs happen.
    ///   - from: only jobs created at this time or later are replayed.
    ///   - end: the end of the past.
    public init(name: String, policy: Policy, runs: RunTimes, from: Timestamp?, end: Timestamp) {
        self.name = name
        self.policy = policy
        self.calendar = RunCalendar(runs)
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
        switch job.outcome {
        case .completed: self.see(good: job, rule, broken)
        case .running, .waiting: self.see(hung: job, rule, brokenAt: broken?.at)
        case .timedOut: self.see(unknown: job, rule, brokenAt: broken?.at)
        }
    }

    /// A job that ended by itself, after its real duration.
    private mutating func see(good job: PastJob, _ rule: Rule, _ broken: BrokenLimit?) {
        guard let duration = job.duration, let startedAt = job.startedAt, let endedAt = job.endedAt else { return }
        self.good += 1
        self.durations.record(duration)
        guard let broken, let run = self.calendar.run(atOrAfter: broken.at) else { return }
        self.ifHung.record(run - startedAt)
        self.sumIfHung += Double((run - startedAt).inMilliseconds)
        guard broken.at < endedAt else { return }
        self.pastLimit += 1
        guard run < endedAt else { return }
        self.killed += 1
        let refunded = Self.refund(of: job, by: rule)
        self.tokensRefundedWrongly += refunded
        guard self.killedJobs.count < Self.mostListed else { return }
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

    private mutating func see(hung job: PastJob, _ rule: Rule, brokenAt: Timestamp?) {
        self.hung += 1
        guard let run = self.findingRun(brokenAt) else { return }
        self.found.record(run - (job.startedAt ?? job.createdAt))
        self.tokensRefundedRightly += Self.refund(of: job, by: rule)
    }

    /// A job that was timed out: its worker may have completed it later.
    ///
    /// Where that is recorded, a store reads the job as completed, with its real end.
    private mutating func see(unknown job: PastJob, _ rule: Rule, brokenAt: Timestamp?) {
        self.unknown += 1
        guard self.findingRun(brokenAt) != nil else { return }
        self.unknownFound += 1
        self.tokensRefundedUnknown += Self.refund(of: job, by: rule)
    }

    /// The run that finds a job without an end, before the end of the past.
    private mutating func findingRun(_ brokenAt: Timestamp?) -> Timestamp? {
        guard let brokenAt, let run = self.calendar.run(atOrAfter: brokenAt), run <= self.end else { return nil }
        return run
    }

    /// A limit that a job exceeds, and when.
    private typealias BrokenLimit = (at: Timestamp, limit: Duration)

    /// The first limit that a job exceeds if it never ends, and when.
    private static func limit(of job: PastJob, by rule: Rule) -> BrokenLimit? {
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
}
