public import Logging
public import ServiceLifecycle

/// Watches over the cleanup, on every server: whoever sees first that something is wrong tells it, once for all of them.
public struct AlertWatch: Service {
    /// A schedule whose ticks are watched.
    public struct Ticks: Sendable {
        /// When passes are due.
        public var expression: CronExpression
        /// The zone whose clock the expression means.
        public var zone: ScheduleZone

        /// Makes a schedule.
        public init(expression: CronExpression, zone: ScheduleZone) {
            self.expression = expression
            self.zone = zone
        }
    }

    private let store: any Store
    private let observation: AlertObservation
    private let ledger: LedgerCheck
    private let ticks: MissedTicks?
    private let thresholds: @Sendable () -> AlertThresholds
    private let logger: Logger

    /// How often everything is looked at.
    package static let interval = Duration.seconds(15)

    /// Makes a watch.
    ///
    /// - Parameters:
    ///   - store: has the jobs, the passes and the webhooks, and where the alerts stand.
    ///   - policy: by which jobs are judged.
    ///   - thresholds: from where on something is wrong; asked for at each look.
    ///   - interval: the longest time between two passes.
    ///   - ticks: the schedule of the passes; `nil` where something else calls for them.
    ///   - logger: where alerts are told as well.
    public init(
        store: any Store,
        policy: PolicySource,
        thresholds: @escaping @Sendable () -> AlertThresholds,
        interval: Duration,
        ticks: Ticks?,
        logger: Logger = Logger(label: "unstick.alerts")
    ) {
        self.store = store
        self.observation = AlertObservation(store: store, policy: policy, interval: interval)
        self.ledger = LedgerCheck(store: store, logger: logger)
        self.ticks = ticks.map { MissedTicks(store: store, ticks: $0, logger: logger) }
        self.thresholds = thresholds
        self.logger = logger
    }

    /// Looks until the service group shuts down.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            let began = ContinuousClock.now
            var pausedUntil: ContinuousClock.Instant?
            while !Task.isCancelled {
                do {
                    let watched = ContinuousClock.now - (pausedUntil ?? began)
                    if try await self.look(watchedFor: watched) { pausedUntil = .now }
                } catch is CancellationError {
                    return
                } catch {
                    self.logger.error("The alerts could not be checked", metadata: ["reason": "\(error)"])
                }
                try? await Task.sleep(for: Self.interval)  // Cancellation ends the loop.
            }
        }
    }

    /// Looks once.
    ///
    /// - Parameter watched: for how long somebody has been there to run passes, and they were not paused.
    /// - Returns: whether passes are paused.
    @discardableResult
    package func look(watchedFor watched: Duration) async throws -> Bool {
        let thresholds = self.thresholds()
        var facts = try await self.observation.facts(thresholds, watchedFor: watched)
        try await self.ticks?.look(at: facts.now, watchedFor: watched, lastSuccessAt: facts.passes?.lastSuccessAt)
        facts.ledgerMismatches = try await self.ledger.mismatches(at: facts.now)
        let states = try await self.store.alerts()
        let conditions = facts.conditions(thresholds)
        for name in AlertName.allCases {
            let state = states.first { $0.name == name } ?? AlertState(name)
            guard let change = state.next(conditions[name], at: facts.now, thresholds),
                try await self.store.write(change, over: state), let event = change.event
            else { continue }
            self.logger.log(
                level: event.type == .alertFiring ? .error : .notice,
                "\(event.type == .alertFiring ? "An alert fires" : "An alert is over")",
                metadata: ["alert": "\(name.rawValue)", "summary": "\(change.state.summary)"]
            )
        }
        return facts.isPaused
    }
}
