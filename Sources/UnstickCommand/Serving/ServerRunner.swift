import ArgumentParser
import Foundation
import Logging
import Metrics
import NIOCore
import ServiceLifecycle
import Unstick
import UnstickPages
import UnstickSQLite
import UnstickServer

/// Runs the server: the API and the scheduler over one store.
struct ServerRunner {
    let settings: ServeSettings

    func run() async throws {
        let format = self.settings.logFormat ?? (self.settings.isProduction ? .json : .standard)
        let logger = format.logger(level: self.settings.logLevel)
        let stopping = Stopping(logger: logger)
        try await stopping.whileListening { try await self.run(stopping, logger) }
    }

    private func run(_ stopping: Stopping, _ logger: Logger) async throws {
        let limits = ConnectionLimits(descriptors: try OpenFiles.raiseLimit())
        let registry = PrometheusRegistry(families: MetricFamily.unstick)
        MetricsSystem.bootstrap(registry)
        CleanupMetrics.prepare()
        let policy = ReloadedPolicy(
            named: self.settings.policy,
            timeout: self.settings.cleanup.timeout,
            logger: logger
        )
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
            limits: limits,
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
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = Stopping.gracePeriod
        do {
            try await stopping.run(ServiceGroup(configuration: configuration))
        } catch let error as UnstickError {
            try store.close()
            throw error
        } catch {
            try store.close()
            throw self.stopped(by: error)
        }
        try store.close()
        logger.notice("Stopped")
    }

    /// Why the server could not start, or had to stop.
    private func stopped(by error: any Error) -> UnstickError {
        let place = "\(self.settings.host):\(self.settings.port)"
        let message =
            switch (error as? IOError)?.errnoCode {
            case EADDRINUSE:
                "Another process uses the port of \(place). Choose another one with --port; 0 takes a free one."
            case EACCES: "The server has no permission to listen on \(place). Choose a port above 1023 with --port."
            case EADDRNOTAVAIL:
                "This machine does not have the address \(self.settings.host). Choose one of its addresses with --host."
            case nil where error is SocketAddressError.UnknownHost:
                "The host '\(self.settings.host)' cannot be resolved. Choose an address of this machine with --host."
            default: "The server could not listen on \(place), or had to stop."
            }
        return UnstickError(.invalidArgument, message, cause: "\(error)")
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
                options: self.settings.cleanup.options,
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
    /// A provider that is down does not prevent a start; a missing file does.
    private func prepare(_ signedTokens: JWTAuthenticator?, logger: Logger) async throws {
        if let claims = self.settings.signedTokens?.trustedClaims, !claims.isEmpty {
            logger.warning(
                "Roles come from claims that only JWT_ROLE_CLAIM_IS_TRUSTED marks as safe: make sure that users cannot write them",
                metadata: ["claims": "\(claims.map(\.text).joined(separator: ", "))"]
            )
        }
        do {
            try await signedTokens?.prepare()
        } catch let error as UnstickError {
            if case .jwks(.file) = self.settings.signedTokens?.keys { throw error }
            logger.warning("\(error)")
        }
    }

    private func pages(_ api: UnstickAPI, policy: ReloadedPolicy, logger: Logger) throws -> AdminPages {
        var configuration = AdminPages.Configuration(tokenCookie: self.settings.tokenCookie)
        let timeout = self.settings.cleanup.timeout
        configuration.policySource = {
            (policy.file?.path ?? "the standard policy")
                + (timeout.map { ", every timeout replaced by \($0.text) (CLEANUP_TIMEOUT)" } ?? "")
        }
        if let schedule = self.settings.cleanup.schedule {
            let zone = self.settings.cleanup.zone
            configuration.nextRun = { schedule.next(after: $0, in: zone) }
        }
        return try AdminPages(api: api, configuration: configuration, logger: logger)
    }

    /// The longest time between two runs; `nil` without a schedule.
    private var interval: Duration? {
        self.settings.cleanup.interval
    }

    /// Services come after the services that they need, and stop before them.
    private func services(
        _ api: UnstickAPI,
        _ pages: AdminPages,
        limits: ConnectionLimits,
        isOpen: Bool,
        store: any Store,
        policy: ReloadedPolicy,
        monitor: HeartbeatMonitor?,
        logger: Logger
    ) -> [any Service] {
        var services: [any Service] = monitor.map { [$0] } ?? []
        services.append(BulkRunner(store: store, policy: policy.source, logger: logger))
        services.append(pages.startedRuns)
        services.append(WebhookSender(store: store, webhooks: api.webhooks, logger: logger))
        services.append(
            AlertWatch(
                store: store,
                policy: policy.source,
                thresholds: { policy.thresholds },
                interval: self.interval ?? CleanupHealth.standardInterval,
                ticks: self.settings.cleanup.schedule.map {
                    AlertWatch.Ticks(expression: $0, zone: self.settings.cleanup.zone)
                },
                logger: logger
            )
        )
        let server = UnstickApplication.make(
            api: api,
            host: self.settings.host,
            port: self.settings.port,
            limits: limits,
            logger: logger,
            mount: { pages.mount(on: $0) },
            onRunning: { port in self.announce(port: port, isOpen: isOpen) }
        )
        services += [server, pages.live, PolicyReloading(policy: policy, store: store, webhooks: api.webhooks)]
        guard let schedule = self.settings.cleanup.schedule else { return services }
        let scheduler = Scheduler(
            expression: schedule,
            zone: self.settings.cleanup.zone,
            options: self.settings.cleanup.options,
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
        Output.announce("Unstick listens on \(address)")
        for (path, text) in [
            ("/admin", "admin UI: stuck jobs, reasons, refunds"), ("/readyz", "readiness"),
            ("/api/admin/jobs/stuck", "stuck jobs (needs an API key)"), ("/openapi.json", "API description"),
        ] {
            Output.announce("  \(address)\(path.padded(to: 24))\(text)")
        }
        if !isOpen {
            Output.announce("There is no API key yet, so no one can sign in. Create the first one with:")
            Output.announce(
                "  unstick key create NAME --role admin --database \(DatabaseOptions.masked(self.settings.database.url))"
            )
        }
        if let schedule = self.settings.cleanup.schedule {
            let now = SQLiteStore.machineClock()
            let next = schedule.next(after: now, in: self.settings.cleanup.zone)
            Output.announce(
                "Cleanup runs when a job reaches its limit, and \(schedule.explanation), next "
                    + "\(next.map { "\($0.ago(now))" } ?? "never"). Ctrl-C stops."
            )
        } else {
            Output.announce("No schedule: call /api/cron/cleanup-jobs. Ctrl-C stops.")
        }
    }
}
