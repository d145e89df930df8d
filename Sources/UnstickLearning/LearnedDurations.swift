public import Unstick

/// The durations of completed jobs, by kind and tier.
public struct LearnedDurations: Sendable {
    /// The most kinds and tiers that are counted separately; the jobs of further ones count among all jobs only.
    public static let mostGroups = 1000

    /// Jobs of one kind and tier.
    public struct Group: Sendable {
        /// Their durations.
        public var durations = Durations()
        /// How many of them took longer than the limit in force.
        public var killed = 0
    }

    /// Only jobs that ended before this time count; `nil` for all.
    public let until: Timestamp?
    private let policy: Policy
    /// The groups by kind and tier.
    public private(set) var groups: [JobGroup: Group] = [:]
    /// The durations of all jobs.
    public private(set) var all = Durations()
    /// The latest time of any job.
    public private(set) var end: Timestamp?
    /// Completed jobs with missing or invalid times.
    public private(set) var withoutDuration = 0

    /// Makes empty durations.
    ///
    /// - Parameters:
    ///   - policy: the policy in force, to count the good jobs that its limits would have failed.
    ///   - until: only jobs that ended before this time count.
    public init(policy: Policy, until: Timestamp? = nil) {
        self.policy = policy
        self.until = until
    }

    /// Adds one job.
    public mutating func see(_ job: PastJob) {
        for time in [job.createdAt, job.startedAt, job.endedAt] {
            if let time { self.end = max(self.end ?? time, time) }
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
