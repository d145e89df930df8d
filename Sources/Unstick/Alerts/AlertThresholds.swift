/// From where on something is wrong, and how long it has to be: the `alerts` of `unstick.yaml`.
///
/// The standard ones are those of `deploy/prometheus/unstick-alerts.yml`. A limit that is `nil` switches its alert off. A
/// held pass and a ledger that does not add up have no limit and are always told.
public struct AlertThresholds: Hashable, Sendable {
    /// How many jobs may be stuck.
    public var stuckJobs: Int?
    /// How many jobs passes may fail within ``failureWindow``.
    public var frequentFailures: Int?
    /// How far back failed jobs are counted.
    public var failureWindow: Duration
    /// How many tokens passes may give back within ``refundWindow``.
    public var largeRefunds: Int?
    /// How far back refunds are added up.
    public var refundWindow: Duration
    /// How many intervals may pass without a pass that goes through.
    public var missedIntervals: Int?
    /// How old the oldest stuck job may be.
    public var oldestStuck: Duration?
    /// For how long a webhook may fail and do nothing else.
    public var webhookFailing: Duration?
    /// How long many stuck jobs, or an old one, must be seen before somebody is told; all other alerts are told at once.
    public var firesAfter: Duration
    /// How long all must be well before an alert is over.
    public var resolvesAfter: Duration

    /// Makes thresholds; what is left out is as in the rules for Prometheus.
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

    /// How long the condition of this alert must have held before somebody is told.
    package func firesAfter(_ name: AlertName) -> Duration {
        name.waits ? self.firesAfter : .zero
    }

    /// How long all must be well before this alert is over.
    ///
    /// The ledger is checked once a day: a check that finds nothing is the end of it.
    package func resolvesAfter(_ name: AlertName) -> Duration {
        name == .ledgerMismatch ? .zero : self.resolvesAfter
    }
}
