/// What the alerts go by: what was measured at one moment.
///
/// What is `nil` is not known, and the alerts that need it stay as they are.
public struct AlertFacts: Hashable, Sendable {
    /// Who runs passes, and when one last went through.
    public struct Passes: Hashable, Sendable {
        /// When the last pass that went through began; `nil` when none ever did.
        public var lastSuccessAt: Timestamp?
        /// Since when somebody has been there to run one: the start of the server, or the end of a later pause.
        public var watchedSince: Timestamp
        /// The longest time between two passes.
        public var interval: Duration

        /// Makes the facts.
        public init(lastSuccessAt: Timestamp?, watchedSince: Timestamp, interval: Duration) {
            self.lastSuccessAt = lastSuccessAt
            self.watchedSince = watchedSince
            self.interval = interval
        }
    }

    /// A webhook that only fails.
    public struct FailingEndpoint: Hashable, Sendable {
        /// Its host or id; never the whole URL, whose path is often a secret.
        public var name: String
        /// When it first failed since it last succeeded.
        public var since: Timestamp

        /// Makes the facts.
        public init(name: String, since: Timestamp) {
            self.name = name
            self.since = since
        }
    }

    /// The moment, by the database's clock.
    public var now: Timestamp
    /// How many jobs are stuck.
    public var stuckJobs: Int?
    /// Since when the oldest stuck job has been running, or waiting.
    public var oldestStuckSince: Timestamp?
    /// How many jobs passes failed or tried again within ``AlertThresholds/failureWindow``.
    public var jobsFailed: Int?
    /// How many tokens passes and calls gave back within ``AlertThresholds/refundWindow``.
    public var tokensRefunded: Int?
    /// Who runs passes.
    public var passes: Passes?
    /// Whether the guard held the last pass that has ended and was no dry run.
    public var isHeld: Bool?
    /// Why it did; see ``MassFailureGuard/holdReason(to:)``.
    public var heldReason: String?
    /// Whether that pass failed.
    public var isFailed: Bool?
    /// Why it did.
    public var failedReason: String?
    /// How many jobs it could not clean.
    public var jobsNotCleaned: Int?
    /// The webhooks that only fail.
    public var failingEndpoints: [FailingEndpoint]?
    /// How many things the last check of the ledger found that do not hold.
    public var ledgerMismatches: Int?
    /// Whether cleaning is paused.
    public var isPaused: Bool

    /// Makes facts of which nothing is known yet but the moment.
    public init(now: Timestamp, isPaused: Bool = false) {
        self.now = now
        self.isPaused = isPaused
    }

    /// Makes facts of what is stuck.
    public init(_ overview: StuckOverview) {
        self.init(now: overview.now, isPaused: overview.pause != nil)
        self.stuckJobs = overview.kinds.reduce(0) { $0 + $1.jobs }
        self.oldestStuckSince = overview.kinds.map(\.since).min()
    }
}

/// What one look at the facts says about one alert.
public struct AlertCondition: Hashable, Sendable {
    /// Whether something is wrong now.
    public var isTrue: Bool
    /// What was measured: jobs, tokens or mismatches, and seconds for an age.
    public var value: Double
    /// What it may be at most, in the same unit.
    public var threshold: Double
    /// What is wrong, how much, what the limit is, and what to do next, in words for people.
    ///
    /// Names no user and no job, and nothing secret.
    public var summary: String

    /// Makes a condition.
    public init(isTrue: Bool, value: Double, threshold: Double, summary: String) {
        self.isTrue = isTrue
        self.value = value
        self.threshold = threshold
        self.summary = summary
    }

    /// What an alert that is not wanted comes to, so that one that fires when it is switched off ends.
    static let off = AlertCondition(isTrue: false, value: 0, threshold: 0, summary: "This alert is disabled.")
}
