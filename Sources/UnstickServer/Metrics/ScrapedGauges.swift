import Logging
import Synchronization
import Unstick

/// Gauges from the database, read at a scrape, at most once in ``age``.
final class ScrapedGauges: Sendable {
    /// The least time between two reads, however many scrapes there are.
    private static let age = Duration.seconds(5)
    /// The gauges that are read here.
    private static let names = [
        "unstick_stuck_jobs", "unstick_stuck_oldest_age_seconds", "unstick_running_jobs", "unstick_cleanup_paused",
        "unstick_cleanup_last_success_timestamp_seconds", "unstick_alert_firing", "unstick_webhook_deliveries_waiting",
        "unstick_webhook_oldest_waiting_seconds", "unstick_webhook_endpoints_failing", "unstick_ledger_mismatches",
    ]

    private let registry: PrometheusRegistry
    private let cleaner: Cleaner
    private let store: any Store
    private let logger: Logger
    private let readAt = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameter interval: the longest time between two scheduled runs; `nil` without a schedule.
    init(
        registry: PrometheusRegistry,
        cleaner: Cleaner,
        store: any Store,
        interval: Duration?,
        logger: Logger
    ) {
        self.registry = registry
        self.cleaner = cleaner
        self.store = store
        self.logger = logger
        registry.set("unstick_cleanup_interval_seconds", (interval ?? .zero) / .seconds(1))
        registry.replace(family: "unstick_build_info", with: [(["version": UnstickVersion.current], 1)])
    }

    /// The text of a scrape.
    ///
    /// When the database does not answer, its gauges are left out and the rest is served.
    func scrape() async -> String {
        do {
            try await self.refresh()
        } catch {
            self.logger.warning("The gauges could not be read", metadata: ["reason": "\(error)"])
            for name in Self.names { self.registry.replace(family: name, with: []) }
        }
        if let connections = self.store.connections {
            self.registry.replace(
                family: "unstick_database_connections",
                with: [
                    (["state": "idle"], Double(connections.idle)), (["state": "busy"], Double(connections.busy)),
                    (["state": "waiting"], Double(connections.waiting)),
                ]
            )
        }
        return self.registry.exposition()
    }

    private func refresh() async throws {
        let now = ContinuousClock.now
        let isDue = self.readAt.withLock { readAt in
            guard readAt.map({ now - $0 >= Self.age }) ?? true else { return false }
            readAt = now
            return true
        }
        guard isDue else { return }
        let overview = try await self.cleaner.overview()
        self.registry.replace(
            family: "unstick_stuck_jobs",
            with: overview.kinds.map { (["kind": $0.kind], Double($0.jobs)) }
        )
        self.registry.replace(
            family: "unstick_stuck_oldest_age_seconds",
            with: overview.kinds.map { (["kind": $0.kind], (overview.now - $0.since) / .seconds(1)) },
            combine: max
        )
        self.registry.set("unstick_running_jobs", Double(overview.running))
        self.registry.set("unstick_open_holds", Double(overview.holds.count))
        self.registry.set("unstick_cleanup_paused", overview.pause == nil ? 0 : 1)
        let name = "unstick_cleanup_last_success_timestamp_seconds"
        let success = try await self.store.lastSuccess()
        self.registry.replace(
            family: name,
            with: success.map { [([:], Double($0.startedAt.milliseconds) / 1000)] } ?? []
        )
        let alerts = try await self.store.alerts()
        self.registry.replace(
            family: "unstick_alert_firing",
            with: AlertName.allCases.map { name in
                (["alert": name.rawValue], alerts.contains { $0.name == name && $0.isFiring } ? 1 : 0)
            }
        )
        // The result of the last check, by any server.
        let mismatches = alerts.first { $0.name == .ledgerMismatch }?.value ?? 0
        self.registry.set("unstick_ledger_mismatches", mismatches)
        try await self.refreshWebhooks(at: overview.now)
    }

    private func refreshWebhooks(at now: Timestamp) async throws {
        let webhooks = try await self.store.webhooks()
        let oldest = webhooks.compactMap(\.oldestWaiting).min()
        self.registry.set("unstick_webhook_deliveries_waiting", Double(webhooks.reduce(0) { $0 + $1.waiting }))
        self.registry.set("unstick_webhook_oldest_waiting_seconds", oldest.map { (now - $0) / .seconds(1) } ?? 0)
        self.registry.set("unstick_webhook_endpoints_failing", Double(webhooks.count { $0.failingSince != nil }))
    }
}

extension PrometheusRegistry {
    /// Sets a gauge without labels.
    fileprivate func set(_ name: String, _ value: Double) {
        self.replace(family: name, with: [([:], value)])
    }
}
