/// The limits of the alerts, and how long a condition must hold: the `alerts` of `unstick.yaml`.
///
/// The defaults are those of `deploy/prometheus/unstick-alerts.yml`. A limit that is `nil` switches its alert off. The
/// alerts for a held run and for a ledger mismatch have no limit and cannot be switched off.
public struct AlertThresholds: Hashable, Sendable {
    /// How many jobs may be stuck.
    public var stuckJobs: Int?
    /// How many jobs runs may fail within ``failureWindow``.
    public var frequentFailures: Int?
    /// How far back failed jobs are counted.
    public var failureWindow: Duration
    /// How many tokens runs may refund within ``refundWindow``.
    public var largeRefunds: Int?
    /// How far back refunds are summed.
    public var refundWindow: Duration
    /// How many intervals may pass without a successful run.
    public var missedIntervals: Int?
    /// How old the oldest stuck job may be.
    public var oldestStuck: Duration?
    /// For how long every call of a webhook may fail.
    public var webhookFailing: Duration?
    /// How long `stuck_jobs` and `oldest_stuck` must hold before they fire; all other alerts fire at once.
    public var firesAfter: Duration
    /// How long the condition must be false before an alert ends.
    public var resolvesAfter: Duration

    /// Makes thresholds; the defaults are those of the rules for Prometheus.
    public init(
        stuckJobs: Int? = 10,
        frequentFailures: Int? = 50,
        failureWindow: Duration = .seconds(3600),
        largeRefunds: Int? = 10_000,
        refundWindow: Duration = .seconds(3600),
        missedIntervals: Int? = CleanupHealth.gracePeriod,
        oldestStuck: Duration? = .seconds(3600),
        webhookFailing: Duration? = .seconds(1800),
        firesAfter: Duration = .seconds(300),
        resolvesAfter: Duration = .seconds(300)
    ) {
        precondition(
            [stuckJobs ?? 0, frequentFailures ?? 0, largeRefunds ?? 0].allSatisfy { $0 >= 0 },
            "what may happen at most is 0 or more"
        )
        precondition(1...1000 ~= missedIntervals ?? 1, "the missed intervals are 1 to 1000")
        precondition(min(failureWindow, refundWindow) > .zero, "a window is longer than nothing")
        precondition(
            min(oldestStuck ?? .zero, webhookFailing ?? .zero, firesAfter, resolvesAfter) >= .zero,
            "a time is not negative"
        )
        self.stuckJobs = stuckJobs
        self.frequentFailures = frequentFailures
        self.failureWindow = failureWindow
        self.largeRefunds = largeRefunds
        self.refundWindow = refundWindow
        self.missedIntervals = missedIntervals
        self.oldestStuck = oldestStuck
        self.webhookFailing = webhookFailing
        self.firesAfter = firesAfter
        self.resolvesAfter = resolvesAfter
    }

    /// How long the condition of this alert must hold before it fires.
    package func firesAfter(_ name: AlertName) -> Duration {
        name.waits ? self.firesAfter : .zero
    }

    /// How long the condition must be false before this alert ends.
    ///
    /// The ledger is checked once a day, so one check without mismatches ends the alert.
    package func resolvesAfter(_ name: AlertName) -> Duration {
        name == .ledgerMismatch ? .zero : self.resolvesAfter
    }
}
