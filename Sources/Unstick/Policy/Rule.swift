/// What holds for some jobs: when they are stuck, and what happens then.
public struct Rule: Hashable, Sendable {
    /// What becomes of a completion that comes after the job was timed out and refunded.
    public enum LateCompletion: String, Sendable, Codable, CaseIterable {
        /// It is refused.
        case refuse
        /// It is taken, and charged again.
        case accept
    }

    /// The rule's name, shown with each job that it judged.
    public var name: String
    /// The kinds that it is for; empty for all.
    public var kinds: [Pattern]
    /// The tiers that it is for; empty for all, also for jobs that have none.
    public var tiers: [Pattern]
    /// The longest that one attempt may take; `nil` for no limit.
    public var timeout: Duration?
    /// The longest that a worker may be silent; needs workers that send heartbeats.
    public var heartbeatTimeout: Duration?
    /// The longest that a job may wait to be started.
    public var pendingTimeout: Duration?
    /// The longest that a job may take from its creation, all attempts together.
    ///
    /// A job that passed it is not tried again.
    public var deadline: Duration?
    /// How often a job is tried.
    public var retry: Retry
    /// What the user gets back when it is not tried again.
    public var refund: Refund
    /// After how many timeouts a job is parked, and not tried again until somebody looked at it; `nil` for never.
    public var quarantine: Int?
    /// What becomes of a completion that comes too late.
    public var onLateCompletion: LateCompletion

    /// Makes a rule; without arguments, the standard one: five minutes, no second attempt, full refund.
    public init(
        name: String = "default",
        kinds: [Pattern] = [],
        tiers: [Pattern] = [],
        timeout: Duration? = .seconds(300),
        heartbeatTimeout: Duration? = nil,
        pendingTimeout: Duration? = nil,
        deadline: Duration? = nil,
        retry: Retry = .never,
        refund: Refund = .full,
        quarantine: Int? = nil,
        onLateCompletion: LateCompletion = .refuse
    ) {
        self.name = name
        self.kinds = kinds
        self.tiers = tiers
        self.timeout = timeout
        self.heartbeatTimeout = heartbeatTimeout
        self.pendingTimeout = pendingTimeout
        self.deadline = deadline
        self.retry = retry
        self.refund = refund
        self.quarantine = quarantine
        self.onLateCompletion = onLateCompletion
    }

    /// Whether the rule is for such jobs.
    public func matches(kind: String, tier: String?) -> Bool {
        (self.kinds.isEmpty || self.kinds.contains { $0.matches(kind) })
            && (self.tiers.isEmpty || tier.map { tier in self.tiers.contains { $0.matches(tier) } } ?? false)
    }
}
