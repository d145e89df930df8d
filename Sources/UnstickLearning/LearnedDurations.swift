public import Unstick

/// How long completed jobs took, by kind and tier.
public struct LearnedDurations: Sendable {
    /// How many kinds and tiers are distinguished; the jobs of more than these count among all jobs only.
    public static let mostGroups = 1000

    /// Jobs of one kind and tier.
    public struct Group: Sendable {
        /// How long they took.
        public var durations = Durations()
        /// How many of them took longer than the limit in force.
        public var killed = 0
    }

    /// Only jobs that ended before count; `nil` for all.
    public let until: Timestamp?
    private let policy: Policy
    /// By kind and tier.
    public private(set) var groups: [JobGroup: Group] = [:]
    /// All of them.
    public private(set) var all = Durations()
    /// The last moment in anything that happened.
    public private(set) var end: Timestamp?
    /// Jobs that were completed, and whose times are missing or make no sense.
    public private(set) var withoutDuration = 0

    /// Starts to learn.
    ///
    /// - Parameters:
    ///   - policy: the policy in force, for how many good jobs its limits would have killed.
    ///   - until: only jobs that ended before count.
    public init(policy: Policy, until: Timestamp? = nil) {
        self.policy = policy
        self.until = until
    }

    /// Learns from one job.
    public mutating func see(_ job: PastJob) {
        for moment in [job.createdAt, job.startedAt, job.endedAt] {
            if let moment { self.end = max(self.end ?? moment, moment) }
        }
        guard job.outcome == .completed else { return }
        if let until, let endedAt = job.endedAt, endedAt >= until { return }
        guard let duration = job.duration else {
            self.withoutDuration += 1
            return
        }
        self.all.record(duration)
        let group = JobGroup(kind: job.kind, tier: job.tier)
        guard self.groups[group] != nil || self.groups.count < Self.mostGroups else { return }
        let isKilled = self.policy.rule(kind: job.kind, tier: job.tier).timeout.map { duration > $0 } ?? false
        self.groups[group, default: Group()].durations.record(duration)
        if isKilled { self.groups[group]?.killed += 1 }
    }
}
