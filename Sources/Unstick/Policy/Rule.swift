/// A rule for some jobs: when they are stuck, and what happens then.
public struct Rule: Hashable, Sendable {
    /// What happens to a completion that arrives after the job was timed out and refunded.
    public enum LateCompletion: String, Sendable, Codable, CaseIterable {
        /// It is refused.
        case refuse
        /// It is accepted, and the job is charged again.
        case accept
    }

    /// The rule's name, shown with each job that it matched.
    public var name: String
    /// The kinds that it applies to; empty for all.
    public var kinds: [Pattern]
    /// The tiers that it applies to; empty for all, also for jobs without a tier.
    public var tiers: [Pattern]
    /// The longest duration of one attempt; `nil` for no limit.
    public var timeout: Duration?
    /// The longest time without a heartbeat; needs workers that send heartbeats.
    public var heartbeatTimeout: Duration?
    /// The longest wait for a start.
    public var pendingTimeout: Duration?
    /// The longest time from creation to end, all attempts together.
    ///
    /// A job over this limit is not retried.
    public var deadline: Duration?
    /// How often a job is tried.
    public var retry: Retry
    /// What is refunded when the job is not retried.
    public var refund: Refund
    /// After how many timeouts a job is quarantined, and not retried until an operator requeues it; `nil` for never.
    public var quarantine: Int?
    /// What happens to a completion that arrives too late.
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

    /// Whether the rule applies to such jobs.
    package func matches(kind: String, tier: String?) -> Bool {
        (self.kinds.isEmpty || self.kinds.contains { $0.matches(kind) })
            && (self.tiers.isEmpty || tier.map { tier in self.tiers.contains { $0.matches(tier) } } ?? false)
    }
}

/// How often a job is tried, and how long it waits in between.
public struct Retry: Hashable, Sendable {
    /// How many attempts a job has, the first one included: 1 to 1,000.
    public var attempts: Int
    /// The wait after the first attempt; it doubles with each further attempt.
    public var backoff: Duration
    /// The longest wait.
    public var cap: Duration

    /// One attempt only.
    public static let never = Retry(attempts: 1)

    /// Makes a retry.
    public init(attempts: Int, backoff: Duration = .seconds(10), cap: Duration = .seconds(600)) {
        self.attempts = attempts
        self.backoff = backoff
        self.cap = cap
    }

    /// After this many doublings the wait is always the cap.
    package static let mostDoublings = 20

    /// How long a job waits after this attempt, given a random number from 0 to 1.
    ///
    /// Exponential backoff with equal jitter: half of the wait is fixed and half is random, so that jobs that failed
    /// together do not return together (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
    public func wait(after attempt: Int, random: Double) -> Duration {
        let doublings = min(max(attempt - 1, 0), Self.mostDoublings)
        let whole = min(self.cap, self.backoff * (1 << doublings))
        return whole - whole / 2 * min(max(random, 0), 1)
    }
}

/// What is refunded for a job that was not delivered.
public enum Refund: String, Sendable, Codable, CaseIterable {
    /// The whole charge.
    case full
    /// Nothing.
    case none
    /// The share of the charge without work, by the last progress that the worker sent.
    case byProgress

    /// Progress is counted in millionths, so that shares of it are exact.
    package static let whole = 1_000_000

    /// The amount of the refund.
    ///
    /// Rounded in the user's favour.
    ///
    /// - Parameters:
    ///   - cost: the charge.
    ///   - progress: in millionths, 0 to 1,000,000.
    package func amount(of cost: Int, progress: Int) -> Int {
        switch self {
        case .full: cost
        case .none: 0
        case .byProgress:
            // In two parts, because the product of the largest amount and a million would overflow.
            cost - cost / Self.whole * progress - cost % Self.whole * progress / Self.whole
        }
    }
}
