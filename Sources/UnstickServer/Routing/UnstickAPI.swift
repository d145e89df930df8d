import Foundation
import HTTPTypes
public import Hummingbird
public import Logging
public import Unstick

/// The HTTP API, to be mounted on a Hummingbird router: the server's own, or the one of somebody else's app.
///
/// ```swift
/// let api = UnstickAPI(store: store, authenticators: [StoredTokens(store: store)])
/// api.mount(on: router)
/// ```
public struct UnstickAPI: Sendable {
    /// What the API goes by.
    public struct Configuration: Sendable {
        /// How runs go for callers who do not say otherwise.
        public var options: CleanupOptions
        /// What callers of the cron endpoint must know; `nil` leaves it open, for development.
        public var cronSecret: SharedSecret?

        /// The rules in force.
        public var policy: PolicySource
        /// Reads the rules again from where they are kept and puts them in force; `nil` where they are kept nowhere.
        public var reloadPolicy: (@Sendable () async throws -> Policy)?

        /// The longest time between two scheduled runs; `nil` without a schedule.
        public var cleanupInterval: Duration?
        /// What the metrics page shows; `nil` where metrics go elsewhere.
        ///
        /// Bootstrap swift-metrics with it.
        public var registry: PrometheusRegistry?
        /// Makes and calls webhooks; `nil` for one that calls public addresses only.
        ///
        /// Share it with a ``WebhookSender``, which shuts it down.
        public var webhooks: Webhooks?
        /// Who is told of each run that a call starts; a dry run is none.
        public var observer: RunObserver?
        /// What stands before every path: empty, or with a slash in front and none at the end.
        public var basePath: String
        /// Whose word is taken for where a request comes from.
        public var proxies: TrustedProxies
        /// Counts the calls that are refused.
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
    public static let largestBody = 1 << 20

    package let store: any Store
    package let cleaner: Cleaner
    let scheduled: ScheduledCleanup
    package let configuration: Configuration
    package let jobs: JobLifecycle
    let waiting = WaitingClaims()
    /// What requests take at once, of the API and of what is mounted beside it.
    package let shares = RequestShares()
    let gauges: ScrapedGauges?
    /// Makes and calls webhooks.
    public let webhooks: Webhooks
    let startedAt = ContinuousClock.now
    package let authenticators: [any Authenticator]
    package let logger: Logger

    /// Makes the API.
    ///
    /// - Parameters:
    ///   - store: what it works on.
    ///   - authenticators: tried in turn; with none, nothing but health and the cron endpoint answers.
    ///   - configuration: what it goes by.
    ///   - logger: where requests that fail are told.
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

    /// Every route there is.
    package var routes: [Route] {
        self.healthRoutes + self.cleanupRoutes + self.jobRoutes + self.jobLifeRoutes + self.runRoutes + self.userRoutes
            + self.policyRoutes + self.pauseRoutes + self.metricsRoutes + self.webhookRoutes + self.deliveryRoutes
            + self.alertRoutes
    }

    /// Adds the routes to a router.
    ///
    /// On their paths every other method answers 405.
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
            // What the caller did wrong is the caller's to know, and may say what the caller keeps secret.
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

    /// Lets a call in, or throws the refusal.
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

    /// Who makes a call; `nil` where it shows no credential that is known.
    ///
    /// - Throws: a problem for a genuine token that gives no role; it is counted.
    package func principal(of call: Call) async throws -> Principal? {
        guard let bearer = call.bearer else { return nil }
        do {
            return try await self.principal(bearer: bearer)
        } catch let problem as Problem where problem.status == .forbidden {
            throw self.refusal(of: call.client, .role, otherwise: problem)
        }
    }

    /// Who shows this token; `nil` for nobody that is known.
    ///
    /// - Throws: a problem for a genuine token that gives no role.
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
    /// Whether it comes with a credential, good or bad.
    package var showsCredential: Bool { self.request.headers[.authorization] != nil }

    /// The token of an `Authorization: Bearer` header; a longer one than any of ours is not looked at.
    package var bearer: String? {
        guard let header = self.request.headers[.authorization], header.utf8.count <= 8192 else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }
}
