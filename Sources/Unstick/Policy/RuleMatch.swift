/// A phase of a job's life in which it can be stuck.
public enum StuckPhase: String, Sendable, CaseIterable {
    /// A worker has claimed it.
    case processing = "PROCESSING"
    /// It waits to be started.
    case pending = "PENDING"
}

/// The rule for the jobs of one kind and tier.
public struct RuleMatch: Hashable, Sendable {
    /// The kind of work.
    public var kind: String
    /// The price class.
    public var tier: String?
    /// The rule.
    public var rule: Rule

    /// Makes a match.
    public init(kind: String, tier: String?, rule: Rule) {
        self.kind = kind
        self.tier = tier
        self.rule = rule
    }
}

/// The rules for the jobs of one phase in one run: computed once, so that a batch costs the same for one rule and for a
/// hundred.
public struct RuleMatches: Hashable, Sendable {
    /// The phase.
    public var phase: StuckPhase
    /// The rule of each kind and tier that may have stuck jobs.
    public var groups: [RuleMatch]

    /// The rule of every job, whatever its kind and tier; `nil` where the policy has more than one.
    ///
    /// A kind that had no candidates when the run began may have some by its next batch, so a value that all groups
    /// share does not apply to every job.
    public let only: Rule?

    /// Whether jobs of open holds are left out: there are holds to look at.
    package var leavesHeld = false

    /// Whether jobs by the time of another program are left out until their second look.
    package var looksTwice = false

    /// Makes matches for the kinds and tiers that may have stuck jobs; jobs of others are ignored.
    public init(phase: StuckPhase, groups: [RuleMatch]) {
        self.phase = phase
        self.groups = groups
        self.only = nil
    }

    /// Makes the match of every job.
    public init(phase: StuckPhase, everyJob rule: Rule) {
        self.phase = phase
        self.groups = [RuleMatch(kind: "", tier: nil, rule: rule)]
        self.only = rule
    }

    /// The smallest age at which a job can be stuck; `nil` when none can be.
    ///
    /// Queries skip younger jobs.
    public var smallestLimit: Duration? {
        self.groups.compactMap { $0.rule.smallestLimit(in: self.phase) }.min()
    }
}

extension Rule {
    /// The limits of the rule in this phase.
    package func limits(in phase: StuckPhase) -> [LimitKind: Duration] {
        let all: [LimitKind: Duration?] =
            switch phase {
            case .processing:
                [.timeout: self.timeout, .heartbeat: self.heartbeatTimeout, .deadline: self.deadline]
            case .pending: [.pending: self.pendingTimeout, .deadline: self.deadline]
            }
        return all.compactMapValues { $0 }
    }

    /// The smallest age in this phase at which a job can be stuck; `nil` when none can be.
    ///
    /// The age counts from the start of an attempt, or, for a job in the queue, from its creation. An attempt that
    /// started just now may be over its job's deadline.
    package func smallestLimit(in phase: StuckPhase) -> Duration? {
        phase == .processing && self.deadline != nil ? .zero : self.limits(in: phase).values.min()
    }
}

extension Policy {
    /// The smallest age in this phase at which any job can be stuck; `nil` when none can be.
    package func smallestLimit(in phase: StuckPhase) -> Duration? {
        self.allRules.compactMap { $0.smallestLimit(in: phase) }.min()
    }
}
