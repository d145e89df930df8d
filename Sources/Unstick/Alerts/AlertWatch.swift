public import Logging
public import ServiceLifecycle

/// Checks the alerts on every server.
///
/// The first server that sees a change sends its event, once for all servers.
public struct AlertWatch: Service {
    /// A schedule whose ticks are watched.
    public struct Ticks: Sendable {
        /// When runs are due.
        public var expression: CronExpression
        /// The time zone of the expression.
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

    /// The time between two checks.
    package static let interval = Duration.seconds(15)

    /// Makes a watch.
    ///
    /// - Parameters:
    ///   - store: the database with the jobs, runs, webhooks and alert states.
    ///   - policy: decides which jobs are stuck.
    ///   - thresholds: the limits of the alerts; read at each check.
    ///   - interval: the longest time between two runs.
    ///   - ticks: the schedule of the runs; `nil` where another system starts them.
    ///   - logger: also receives the alerts.
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

    /// Checks until the service group shuts down.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            let began = ContinuousClock.now
            var pausedUntil: ContinuousClock.Instant?
            while !Task.isCancelled {
                do {
                    let watched = ContinuousClock.now - (pausedUntil ?? began)
                    if try await self.check(watchedFor: watched) { pausedUntil = .now }
                } catch is CancellationError {
                    return
                } catch {
                    self.logger.error("The alerts could not be checked", metadata: ["reason": "\(error)"])
                }
                try? await Task.sleep(for: Self.interval)  // Cancellation ends the loop.
            }
        }
    }

    /// Checks once.
    ///
    /// - Parameter watched: for how long this server could run the cleanup, without a pause.
    /// - Returns: whether runs are paused.
    @discardableResult
    package func check(watchedFor watched: Duration) async throws -> Bool {
        let thresholds = self.thresholds()
        var measurements = try await self.observation.measurements(thresholds, watchedFor: watched)
        try await self.ticks?.check(
            at: measurements.now,
            watchedFor: watched,
            lastSuccessAt: measurements.runs?.lastSuccessAt
        )
        measurements.ledgerMismatches = try await self.ledger.mismatches(at: measurements.now)
        let states = try await self.store.alerts()
        let conditions = measurements.conditions(thresholds)
        for name in AlertName.allCases {
            let state = states.first { $0.name == name } ?? AlertState(name)
            guard let change = state.next(conditions[name], at: measurements.now, thresholds),
                try await self.store.write(change, over: state), let event = change.event
            else { continue }
            self.logger.log(
                level: event.type == .alertFiring ? .error : .notice,
                "\(event.type == .alertFiring ? "An alert fires" : "An alert is over")",
                metadata: ["alert": "\(name.rawValue)", "summary": "\(change.state.summary)"]
            )
        }
        return measurements.isPaused
    }
}
