/// The measurements that alerts use, at one moment.
///
/// A measurement that is `nil` is unknown, and the alerts that need it keep their state.
public struct AlertFacts: Hashable, Sendable {
    /// What starts runs, and when one last succeeded.
    public struct Passes: Hashable, Sendable {
        /// When the last run that succeeded began; `nil` when none ever did.
        public var lastSuccessAt: Timestamp?
        /// From when on the cleanup could run: the start of the server, or the end of a later pause.
        public var watchedSince: Timestamp
        /// The longest time between two runs.
        public var interval: Duration

        /// Makes the measurements.
        public init(lastSuccessAt: Timestamp?, watchedSince: Timestamp, interval: Duration) {
            self.lastSuccessAt = lastSuccessAt
            self.watchedSince = watchedSince
            self.interval = interval
        }
    }

    /// A webhook of which every call fails.
    public struct FailingEndpoint: Hashable, Sendable {
        /// Its host or id; never the whole URL, whose path is often a secret.
        public var name: String
        /// When it first failed since it last succeeded.
        public var since: Timestamp

        /// Makes the endpoint.
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
    /// How many jobs runs failed or retried within ``AlertThresholds/failureWindow``.
    public var jobsFailed: Int?
    /// How many tokens runs and calls refunded within ``AlertThresholds/refundWindow``.
    public var tokensRefunded: Int?
    /// What starts runs.
    public var passes: Passes?
    /// Whether the guard held the last run that ended and was no dry run.
    public var isHeld: Bool?
    /// Why the guard held it; see ``MassFailureGuard/holdReason(to:)``.
    public var heldReason: String?
    /// Whether that run failed.
    public var isFailed: Bool?
    /// Why that run failed.
    public var failedReason: String?
    /// How many jobs that run could not clean.
    public var jobsNotCleaned: Int?
    /// The webhooks of which every call fails.
    public var failingEndpoints: [FailingEndpoint]?
    /// How many mismatches the last check of the ledger found.
    public var ledgerMismatches: Int?
    /// Whether cleaning is paused.
    public var isPaused: Bool

    /// Makes measurements that know only the time.
    public init(now: Timestamp, isPaused: Bool = false) {
        self.now = now
        self.isPaused = isPaused
    }

    /// Makes measurements from the stuck jobs.
    public init(_ overview: StuckOverview) {
        self.init(now: overview.now, isPaused: overview.pause != nil)
        self.stuckJobs = overview.kinds.reduce(0) { $0 + $1.jobs }
        self.oldestStuckSince = overview.kinds.map(\.since).min()
    }
}

/// The condition of one alert at one check.
public struct AlertCondition: Hashable, Sendable {
    /// Whether something is wrong now.
    public var isTrue: Bool
    /// The measured value: jobs, tokens or mismatches, and seconds for an age.
    public var value: Double
    /// The limit, in the same unit.
    public var threshold: Double
    /// What is wrong, how much, what the limit is, and what to do next, for people.
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

    /// The condition of an alert that is switched off, so that it ends if it fires.
    static let off = AlertCondition(isTrue: false, value: 0, threshold: 0, summary: "This alert is disabled.")
}
