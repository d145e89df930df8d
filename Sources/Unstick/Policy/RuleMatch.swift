/// A phase of a job's life in which it can be stuck.
public enum StuckPhase: String, Sendable, CaseIterable {
    /// A worker has it.
    case processing = "PROCESSING"
    /// It waits to be started.
    case pending = "PENDING"
}

/// The rule that holds for the jobs of one kind and tier.
public struct RuleMatch: Hashable, Sendable {
    /// What sort of work it is.
    public var kind: String
    /// The price class.
    public var tier: String?
    /// The rule.
    public var rule: Rule

    /// Makes a ruleMatch.
    public init(kind: String, tier: String?, rule: Rule) {
        self.kind = kind
        self.tier = tier
        self.rule = rule
    }
}

/// What one pass judges jobs by in one phase of their life: found out once, so that a batch costs the same for one rule and
/// for a hundred.
public struct RuleMatches: Hashable, Sendable {
    /// The phase.
    public var phase: StuckPhase
    /// The rule of each kind and tier that may be stuck.
    public var groups: [RuleMatch]

    /// The rule of every job, whatever its kind and tier; `nil` where the policy has more than one.
    ///
    /// A kind that had nothing to judge when the pass began may have something by its next batch, so what the groups have
    /// in common does not hold for all.
    public let only: Rule?

    /// Makes ruleMatches of the kinds and tiers that may be stuck; jobs of others are left alone.
    public init(phase: StuckPhase, groups: [RuleMatch]) {
        self.phase = phase
        self.groups = groups
        self.only = nil
    }

    /// Makes the ruleMatch of every job.
    public init(phase: StuckPhase, everyJob rule: Rule) {
        self.phase = phase
        self.groups = [RuleMatch(kind: "", tier: nil, rule: rule)]
        self.only = rule
    }

    /// The age from which on a job may be stuck; `nil` when none can be.
    ///
    /// Jobs that are younger need not be looked at.
    public var smallestLimit: Duration? {
        self.groups.compactMap { $0.rule.smallestLimit(in: self.phase) }.min()
    }
}

extension Rule {
    /// The limits that the rule sets for this phase.
    package func limits(in phase: StuckPhase) -> [LimitKind: Duration] {
        let all: [LimitKind: Duration?] =
            switch phase {
            case .processing:
                [.timeout: self.timeout, .heartbeat: self.heartbeatTimeout, .deadline: self.deadline]
            case .pending: [.pending: self.pendingTimeout, .deadline: self.deadline]
            }
        return all.compactMapValues { $0 }
    }

    /// The age in this phase from which on a job may be stuck; `nil` when none can be.
    ///
    /// The age counts from the start of an attempt, or, of a job in the queue, from its creation. An attempt that started
    /// just now may have passed its job's deadline.
    package func smallestLimit(in phase: StuckPhase) -> Duration? {
        phase == .processing && self.deadline != nil ? .zero : self.limits(in: phase).values.min()
    }
}

extension Policy {
    /// The age in this phase from which on some job may be stuck; `nil` when none can be.
    package func smallestLimit(in phase: StuckPhase) -> Duration? {
        self.allRules.compactMap { $0.smallestLimit(in: phase) }.min()
    }
}
