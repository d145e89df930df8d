public import Hummingbird
public import Logging
import ServiceLifecycle
public import Unstick
import UnstickLearning
public import UnstickServer

/// The admin UI for operators and support, to be mounted beside the API.
///
/// ```swift
/// let pages = try AdminPages(api: api)
/// pages.mount(on: router)
/// ```
///
/// It answers nothing as long as no credential exists that a user could sign in with.
public struct AdminPages: Sendable {
    /// The settings of the admin UI.
    public struct Configuration: Sendable {
        /// The cookie in which an app of the same site stores its signed token; `nil` for none.
        public var tokenCookie: String?
        /// When the next scheduled run is due after a moment; `nil` without a schedule.
        public var nextRun: (@Sendable (Timestamp) -> Timestamp?)?
        /// The source of the policy, for people.
        public var policySource: @Sendable () -> String

        /// Makes a configuration.
        public init(
            tokenCookie: String? = nil,
            nextRun: (@Sendable (Timestamp) -> Timestamp?)? = nil,
            policySource: @escaping @Sendable () -> String = { "the standard policy" }
        ) {
            self.tokenCookie = tokenCookie
            self.nextRun = nextRun
            self.policySource = policySource
        }
    }

    let api: UnstickAPI
    let configuration: Configuration
    let templates: Templates
    let assets: Assets
    /// Runs that were started from the admin UI; run it beside the server, so that they end in good order.
    public let startedRuns: StartedRuns
    let past: LearnedPast
    let overview: Recent<StuckOverview>
    let ages: Recent<[RunningAges]>
    /// Checks the data of open pages; run it beside the server.
    public let live: LiveUpdates
    let logger: Logger

    /// Makes the admin UI.
    ///
    /// - Parameters:
    ///   - api: the API, with its store, authenticators and settings.
    ///   - configuration: the settings.
    ///   - logger: the log of refused callers.
    /// - Throws: the error of a template; never in a build whose tests pass.
    public init(
        api: UnstickAPI,
        configuration: Configuration = Configuration(),
        logger: Logger = Logger(label: "unstick.pages")
    ) throws {
        self.api = api
        self.configuration = configuration
        self.templates = try Templates()
        self.assets = Assets()
        self.startedRuns = StartedRuns()
        let past = LearnedPast(store: api.store, policy: api.configuration.policy)
        self.past = past
        let overview = Recent { try await api.cleaner.overview() }
        self.overview = overview
        self.ages = Recent(for: .seconds(10)) { try await api.store.runningAges(edges: AgesRow.edges) }
        self.live = LiveUpdates(LiveLook(api: api, past: past, overview: overview))
        self.logger = logger
    }

    /// All routes.
    var routes: [PageRoute] {
        self.assetRoutes + self.signInRoutes + self.accountRoutes + self.overviewRoutes + self.stuckRoutes
            + self.jobRoutes + self.bulkRoutes + self.userRoutes + self.runRoutes + self.policyRoutes
            + self.webhookRoutes + self.auditRoutes + self.tokenRoutes + self.liveRoutes
    }

    /// Adds the admin UI to a router.
    public func mount<Context: RequestContext>(on router: Router<Context>) {
        let routes = self.routes.map { page in
            Route(
                method: page.method,
                path: page.path,
                access: page.access,
                isCounted: page.path != Self.livePath
            ) { call in
                try await self.answer(call, by: page)
            }
        }
        let table = RouteTable(
            routes,
            basePath: self.api.configuration.basePath,
            proxies: self.api.configuration.proxies,
            shares: self.api.shares
        ) { call, problem in self.errorPage(problem, for: PageRequest(call: call)) }
        table.mount(on: router) { call, route in try await route.handle(call) }
        self.mountLost(on: router)
    }

    /// An unknown path is answered with a page, for every method.
    private func mountLost<Context: RequestContext>(on router: Router<Context>) {
        let answer: @Sendable (Call) -> Response = { call in
            self.errorPage(
                .notFound("There is no such page. Check the address, or start from the overview."),
                for: PageRequest(call: call)
            )
        }
        RouteTable(
            [Route(method: .get, path: "/admin/**", access: .open) { answer($0) }],
            basePath: self.api.configuration.basePath,
            proxies: self.api.configuration.proxies,
            shares: self.api.shares
        ) { call, _ in answer(call) }
        .mount(on: router) { call, route in try await route.handle(call) }
    }

    /// Whether any credential exists that a user could sign in with; otherwise the admin UI answers nothing.
    public var isOpen: Bool {
        get async throws {
            for authenticator in self.api.authenticators where try await authenticator.canAccept { return true }
            return false
        }
    }
}
