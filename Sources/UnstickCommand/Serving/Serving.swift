import ArgumentParser
import Foundation
import Logging
import Metrics
import ServiceLifecycle
import UnixSignals
import Unstick
import UnstickPages
import UnstickSQLite
import UnstickServer

/// The server while it runs: the API and the scheduler over one store.
struct Serving {
    /// How long a stop waits for calls that are being answered.
    private static let patience = Duration.seconds(30)

    let settings: ServeSettings

    func run() async throws {
        let format = self.settings.logFormat ?? (self.settings.isProduction ? .json : .standard)
        let logger = format.logger(level: self.settings.logLevel)
        let registry = PrometheusRegistry(families: MetricFamily.unstick)
        MetricsSystem.bootstrap(registry)
        CleanupMetrics.prepare()
        let policy = ReloadedPolicy(named: self.settings.policy, logger: logger)
        let store = try await self.settings.database.open(for: .creating) {
            logger.warning("\($0)")
        }
        let monitor = self.settings.heartbeat.map { HeartbeatMonitor(url: $0, logger: logger) }
        let signedTokens = self.settings.signedTokens.map { JWTAuthenticator(settings: $0, logger: logger) }
        do {
            try await self.prepare(signedTokens, logger: logger)
        } catch {
            try store.close()
            throw error
        }
        let api = self.api(
            store: store,
            policy: policy,
            signedTokens: signedTokens,
            registry: registry,
            monitor: monitor,
            logger: logger
        )
        let pages: AdminPages
        do {
            pages = try self.pages(api, policy: policy, logger: logger)
            try await policy.reload(for: store, api.webhooks)
        } catch {
            await api.webhooks.shutdown()
            try store.close()
            throw error
        }
        let services = self.services(
            api,
            pages,
            isOpen: try await pages.isOpen,
            store: store,
            policy: policy,
            monitor: monitor,
            logger: logger
        )
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                ServiceGroupConfiguration.ServiceConfiguration(
                    service: $0,
                    successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup
                )
            },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = Self.patience
        let group = ServiceGroup(configuration: configuration)
        do {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                tasks.addTask { await Self.endAtOnceOnSecondSignal() }
                try await tasks.next()
                tasks.cancelAll()
            }
        } catch let error as UnstickError {
            try store.close()
            throw error
        } catch {
            try store.close()
            throw UnstickError(
                .invalidArgument,
                "The server could not listen on \(self.settings.host):\(self.settings.port), or had to stop: \(error). "
                    + "Is the port taken? --port 0 takes a free one."
            )
        }
        try store.close()
        logger.notice("Stopped")
    }

    private func api(
        store: any Store,
        policy: ReloadedPolicy,
        signedTokens: JWTAuthenticator?,
        registry: PrometheusRegistry,
        monitor: HeartbeatMonitor?,
        logger: Logger
    ) -> UnstickAPI {
        var authenticators: [any Authenticator] = [StoredTokens(store: store)]
        if let secret = self.settings.adminSecret { authenticators.append(secret) }
        if let tokens = signedTokens { authenticators.append(tokens) }
        let webhooks = Webhooks(store: store, receivers: self.settings.receivers, logger: logger)
        let reload: @Sendable () async throws -> Policy = {
            guard let read = try await policy.reload(for: store, webhooks) else { throw ReloadedPolicy.noFile }
            return read
        }
        return UnstickAPI(
            store: store,
            authenticators: authenticators,
            configuration: UnstickAPI.Configuration(
                options: self.settings.options,
                cronSecret: self.settings.cronSecret,
                policy: policy.source,
                reloadPolicy: reload,
                cleanupInterval: self.interval,
                registry: registry,
                webhooks: webhooks,
                observer: monitor?.observer,
                basePath: self.settings.basePath,
                proxies: self.settings.proxies
            ),
            logger: logger
        )
    }

    /// Reads the keys of signed tokens now, so that a mistake shows at once.
    ///
    /// A provider that is down keeps no server from starting; a file that is not there does.
    private func prepare(_ signedTokens: JWTAuthenticator?, logger: Logger) async throws {
        do {
            try await signedTokens?.prepare()
        } catch let error as UnstickError {
            if case .jwks(.file) = self.settings.signedTokens?.keys { throw error }
            logger.warning("\(error)")
        }
    }

    private func pages(_ api: UnstickAPI, policy: ReloadedPolicy, logger: Logger) throws -> AdminPages {
        var configuration = AdminPages.Configuration(tokenCookie: self.settings.tokenCookie)
        configuration.policySource = { policy.file?.path ?? "the standard policy" }
        if let schedule = self.settings.schedule {
            let zone = self.settings.zone
            configuration.nextPass = { schedule.next(after: $0, in: zone) }
        }
        return try AdminPages(api: api, configuration: configuration, logger: logger)
    }

    /// The longest time between two passes; `nil` without a schedule.
    private var interval: Duration? {
        self.settings.schedule?.longestInterval(from: SQLiteStore.machineClock(), in: self.settings.zone)
    }

    /// Those that serve come after those that they need until their end.
    private func services(
        _ api: UnstickAPI,
        _ pages: AdminPages,
        isOpen: Bool,
        store: any Store,
        policy: ReloadedPolicy,
        monitor: HeartbeatMonitor?,
        logger: Logger
    ) -> [any Service] {
        var services: [any Service] = monitor.map { [$0] } ?? []
        services.append(BulkRunner(store: store, policy: policy.source, logger: logger))
        services.append(pages.passes)
        services.append(WebhookSender(store: store, webhooks: api.webhooks, logger: logger))
        services.append(
            AlertWatch(
                store: store,
                policy: policy.source,
                thresholds: { policy.thresholds },
                interval: self.interval ?? CleanupHealth.standardInterval,
                ticks: self.settings.schedule.map { AlertWatch.Ticks(expression: $0, zone: self.settings.zone) },
                logger: logger
            )
        )
        let server = UnstickApplication.make(
            api: api,
            host: self.settings.host,
            port: self.settings.port,
            logger: logger,
            mount: { pages.mount(on: $0) },
            onRunning: { port in self.announce(port: port, isOpen: isOpen) }
        )
        services += [server, pages.live, PolicyReloading(policy: policy, store: store, webhooks: api.webhooks)]
        guard let schedule = self.settings.schedule else { return services }
        let scheduler = Scheduler(
            expression: schedule,
            zone: self.settings.zone,
            options: self.settings.options,
            cleanup: ScheduledCleanup(
                cleaner: Cleaner(store: store, policy: policy.source, logger: logger),
                store: store,
                observer: monitor?.observer,
                logger: logger
            ),
            store: store,
            logger: logger
        )
        return services + [scheduler]
    }

    private func announce(port: Int, isOpen: Bool) {
        let host = self.settings.host.contains(":") ? "[\(self.settings.host)]" : self.settings.host
        let address = "http://\(host):\(port)\(self.settings.basePath)"
        Output.line("Unstick listens on \(address)")
        Output.line("  \(address)/admin                   the page: what is stuck, why, and what was given back")
        Output.line("  \(address)/readyz                  is it ready?")
        Output.line("  \(address)/api/admin/jobs/stuck   what is stuck (needs a token)")
        Output.line("  \(address)/openapi.json           everything there is")
        if !isOpen {
            Output.line("Nobody can sign in to the page yet, so it is closed. Make the first token with:")
            Output.line(
                "  unstick token create NAME --role admin --database \(DatabaseOptions.masked(self.settings.database.url))"
            )
        }
        if let schedule = self.settings.schedule {
            let now = SQLiteStore.machineClock()
            let next = schedule.next(after: now, in: self.settings.zone)
            Output.line("Cleaning \(schedule.words), next \(next.map { "\($0.ago(now))" } ?? "never"). Ctrl-C stops.")
        } else {
            Output.line("No schedule: call /api/cron/cleanup-jobs. Ctrl-C stops.")
        }
    }

    /// The first signal stops the server in good order; who sends another one does not want to wait.
    private static func endAtOnceOnSecondSignal() async {
        var received = 0
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
            received += 1
            if received == 2 { _exit(Exit.incomplete.rawValue) }
        }
    }
}
