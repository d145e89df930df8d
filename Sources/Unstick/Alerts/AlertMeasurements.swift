/// The measurements that alerts use, at one moment.
///
/// A measurement that is `nil` is unknown, and the alerts that need it keep their state.
package struct AlertMeasurements: Hashable, Sendable {
    /// What starts runs, and when one last succeeded.
    package struct Runs: Hashable, Sendable {
        /// When the last run that succeeded began; `nil` when none ever did.
        package var lastSuccessAt: Timestamp?
        /// From when on the cleanup could run: the start of the server, or the end of a later pause.
        package var watchedSince: Timestamp
        /// The longest time between two runs.
        package var interval: Duration

        /// Makes the measurements.
        package init(lastSuccessAt: Timestamp?, watchedSince: Timestamp, interval: Duration) {
            self.lastSuccessAt = lastSuccessAt
            self.watchedSince = watchedSince
            self.interval = interval
        }
    }

    /// A webhook of which every call fails.
    package struct FailingEndpoint: Hashable, Sendable {
        /// Its host or id; never the whole URL, whose path is often a secret.
        package var name: String
        /// When it first failed since it last succeeded.
        package var since: Timestamp

        /// Makes the endpoint.
        package init(name: String, since: Timestamp) {
            self.name = name
            self.since = since
        }
    }

    /// The moment, by the database's clock.
    package var now: Timestamp
    /// How many jobs are stuck.
    package var stuckJobs: Int?
    /// Since when the oldest stuck job has been running, or waiting.
    package var oldestStuckSince: Timestamp?
    /// How many jobs runs failed or retried within ``AlertThresholds/failureWindow``.
    package var jobsFailed: Int?
    /// How many tokens runs and calls refunded within ``AlertThresholds/refundWindow``.
    package var tokensRefunded: Int?
    /// What starts runs.
    package var runs: Runs?
    /// Whether a hold is open, or the last run that ended and was no dry run was held.
    package var isHeld: Bool?
    /// Why, and what to do next.
    package var heldReason: String?
    /// Whether that run failed.
    package var isFailed: Bool?
    /// Why that run failed.
    package var failedReason: String?
    /// How many jobs that run could not clean.
    package var jobsNotCleaned: Int?
    /// How many late completions there were within ``lateWindow``, by kind.
    package var lateCompletions: [String: Int]?
    /// The webhooks of which every call fails.
    package var failingEndpoints: [FailingEndpoint]?
    /// How many mismatches the last check of the ledger found.
    package var ledgerMismatches: Int?
    /// Whether cleaning is paused.
    package var isPaused: Bool

    /// How far back late completions count.
    package static let lateWindow = Duration.seconds(3600)

    /// Makes measurements that know only the time.
    package init(now: Timestamp, isPaused: Bool = false) {
        self.now = now
        self.isPaused = isPaused
    }

    /// Makes measurements from the stuck jobs.
    package init(_ overview: StuckOverview) {
        self.init(now: overview.now, isPaused: overview.pause != nil)
        self.stuckJobs = overview.kinds.reduce(0) { $0 + $1.jobs }
        self.oldestStuckSince = overview.kinds.map(\.since).min()
    }
}

/// The condition of one alert at one check.
package struct AlertCondition: Hashable, Sendable {
    /// Whether something is wrong now.
    package var isTrue: Bool
    /// The measured value: jobs, tokens or mismatches, and seconds for an age.
    package var value: Double
    /// The limit, in the same unit.
    package var threshold: Double
    /// What is wrong, how much, what the limit is, and what to do next, for people.
    ///
    /// Names no user and no job, and nothing secret.
    package var summary: String

    /// Makes a condition.
    package init(isTrue: Bool, value: Double, threshold: Double, summary: String) {
        self.isTrue = isTrue
        self.value = value
        self.threshold = threshold
        self.summary = summary
    }

    /// The condition of an alert that is switched off, so that it ends if it fires.
    static let off = AlertCondition(isTrue: false, value: 0, threshold: 0, summary: "This alert is disabled.")
}
