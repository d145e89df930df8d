import Foundation
import HTTPTypes
public import Hummingbird
public import Logging
public import Unstick

/// The HTTP API, to be mounted on a Hummingbird router: the server's own, or that of another app.
///
/// ```swift
/// let api = UnstickAPI(store: store, authenticators: [StoredTokens(store: store)])
/// api.mount(on: router)
/// ```
public struct UnstickAPI: Sendable {
    /// The settings of the API.
    public struct Configuration: Sendable {
        /// The default options of runs.
        public var options: CleanupOptions
        /// The secret of the cron endpoint; `nil` leaves it open, for development.
        public var cronSecret: SharedSecret?

        /// The rules in force.
        public var policy: PolicySource
        /// Reads the rules again and puts them into force; `nil` where they have no source.
        public var reloadPolicy: (@Sendable () async throws -> Policy)?

        /// The longest time between two scheduled runs; `nil` without a schedule.
        public var cleanupInterval: Duration?
        /// The metrics for a scrape; `nil` where metrics are exported elsewhere.
        ///
        /// Bootstrap swift-metrics with it.
        public var registry: PrometheusRegistry?
        /// Creates and calls webhooks; `nil` for the default, which calls public addresses only.
        ///
        /// Share it with a ``WebhookSender``, which shuts it down.
        public var webhooks: Webhooks?
        /// Notified of each run that a call starts, without dry runs.
        public var observer: RunObserver?
        /// The prefix of every path: empty, or with a slash in front and none at the end.
        public var basePath: String
        /// The proxies that are trusted to name the origin of a request.
        public var proxies: TrustedProxies
        /// Counts refused calls.
        package var refusals = Refusals()

        /// Makes a configuration; without arguments, the defaults and an open cron endpoint.
        public init(
            options: CleanupOptions = CleanupOptions(),
            cronSecret: SharedSecret? = nil,
            policy: PolicySource = PolicySource(),
            reloadPolicy: (@Sendable () async throws -> Policy)? = nil,
            cleanupInterval: Duration? = nil,
            registry: PrometheusRegistry? = nil,
            webhooks: Webhooks? = nil,
            observer: RunObserver? = nil,
            basePath: String = "",
            proxies: TrustedProxies = TrustedProxies()
        ) {
            self.options = options
            self.cronSecret = cronSecret
            self.policy = policy
            self.reloadPolicy = reloadPolicy
            self.cleanupInterval = cleanupInterval
            self.registry = registry
            self.webhooks = webhooks
            self.observer = observer
            self.basePath = basePath
            self.proxies = proxies
        }
    }

    /// The largest request body, in bytes.
    package static let largestBody = 1 << 20

    package let store: any Store
    package let cleaner: Cleaner
    let scheduled: ScheduledCleanup
    package let configuration: Configuration
    package let jobs: JobLifecycle
    let waiting = WaitingClaims()
    /// The limits of concurrent requests, of the API and of what is mounted beside it.
    package let shares = RequestShares()
    let gauges: ScrapedGauges?
    /// Creates and calls webhooks.
    public let webhooks: Webhooks
    let startedAt = ContinuousClock.now
    package let authenticators: [any Authenticator]
    package let logger: Logger

    /// Makes the API.
    ///
    /// - Parameters:
    ///   - store: the database.
    ///   - authenticators: tried in turn; without one, only health and the cron endpoint answer.
    ///   - configuration: the settings.
    ///   - logger: the log of failed requests.
    public init(
        store: any Store,
        authenticators: [any Authenticator],
        configuration: Configuration = Configuration(),
        logger: Logger = Logger(label: "unstick.api")
    ) {
        self.store = store
        self.cleaner = Cleaner(store: store, policy: configuration.policy, logger: logger)
        self.jobs = JobLifecycle(store: store, policy: configuration.policy)
        self.scheduled = ScheduledCleanup(
            cleaner: self.cleaner,
            store: store,
            observer: configuration.observer,
            logger: logger
        )
        self.webhooks = configuration.webhooks ?? Webhooks(store: store, logger: logger)
        let cleaner = self.cleaner
        self.gauges = configuration.registry.map {
            ScrapedGauges(
                registry: $0,
                cleaner: cleaner,
                store: store,
                interval: configuration.cleanupInterval,
                logger: logger
            )
        }
        self.authenticators = authenticators
        self.configuration = configuration
        self.logger = logger
    }

    /// All routes.
    package var routes: [Route] {
        self.healthRoutes + self.cleanupRoutes + self.jobRoutes + self.jobLifeRoutes + self.runRoutes + self.userRoutes
            + self.policyRoutes + self.pauseRoutes + self.holdRoutes + self.metricsRoutes + self.webhookRoutes
            + self.deliveryRoutes + self.alertRoutes
    }

    /// Adds the routes to a router.
    ///
    /// Their paths answer 405 to every other method.
    public func mount<Context: RequestContext>(on router: Router<Context>) {
        RouteTable(
            self.routes,
            basePath: self.configuration.basePath,
            proxies: self.configuration.proxies,
            shares: self.shares
        )
        .mount(on: router) { call, route in try await self.answer(call, by: route) }
    }

    private func answer(_ call: Call, by route: Route) async throws -> Response {
        do {
            var call = call
            call.principal = try await self.admit(call, to: route)
            return try await route.handle(call)
        } catch let problem as Problem {
            return try problem.response()
        } catch let refusal as LegacyError {
            return try refusal.response()
        } catch let error as UnstickError {
            let problem = Problem(error)
            // An error of the caller is not logged, because it may contain the caller's secrets.
            let isOurs = problem.status.code >= 500
            self.logger.log(
                level: isOurs ? .error : .debug,
                "Request failed",
                metadata: [
                    "route": "\(route.method.rawValue) \(route.path)",
                    "reason": "\(isOurs ? error.description : error.code.rawValue)",
                ]
            )
            return try problem.response()
        }
    }

    /// Admits a call, or throws the refusal.
    private func admit(_ call: Call, to route: Route) async throws -> Principal? {
        switch route.access {
        case .open: return nil
        case .cron:
            guard let secret = self.configuration.cronSecret else { return nil }
            guard let bearer = call.bearer, secret.matches(bearer) else {
                let reason: Refusals.Reason = call.showsCredential ? .cronSecret : .missing
                throw self.refusal(of: call.client, reason, otherwise: LegacyError.unauthorized)
            }
            return nil
        case .right(let needed):
            let unauthorized: any Error = route.seedErrors ? LegacyError.unauthorized : Problem.unauthorized
            guard let principal = try await self.principal(of: call) else {
                throw self.refusal(
                    of: call.client,
                    call.showsCredential ? .credential : .missing,
                    otherwise: unauthorized
                )
            }
            guard needed.contains(where: { principal.role.has($0) }) else {
                throw self.refusal(
                    of: call.client,
                    .role,
                    name: principal.name,
                    otherwise: route.seedErrors ? LegacyError.forbidden : Problem.forbidden(to: principal.role, needed)
                )
            }
            return principal
        }
    }

    /// The caller; `nil` without a known credential.
    ///
    /// - Throws: a problem for a valid token that gives no role; it is counted.
    package func principal(of call: Call) async throws -> Principal? {
        guard let bearer = call.bearer else { return nil }
        do {
            return try await self.principal(bearer: bearer)
        } catch let problem as Problem where problem.status == .forbidden {
            throw self.refusal(of: call.client, .role, otherwise: problem)
        }
    }

    /// The caller with this token; `nil` for an unknown one.
    ///
    /// - Throws: a problem for a valid token that gives no role.
    package func principal(bearer: String) async throws -> Principal? {
        do {
            for authenticator in self.authenticators {
                if let principal = try await authenticator.authenticate(bearer: bearer) { return principal }
            }
        } catch let error as NoRole {
            throw Problem(status: .forbidden, code: "no_role", detail: error.message)
        }
        return nil
    }
}

extension Call {
    /// Whether it has a credential, valid or not.
    package var showsCredential: Bool { self.request.headers[.authorization] != nil }

    /// The token of an `Authorization: Bearer` header; one that is longer than any valid token is ignored.
    package var bearer: String? {
        guard let header = self.request.headers[.authorization], header.utf8.count <= 8192 else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }
}
