import HTTPTypes
package import Hummingbird

/// Routes for a router: each is measured, traced and limited, and their paths answer 405 to every other method.
package struct RouteTable: Sendable {
    private let routes: [Route]
    private let basePath: String
    private let proxies: TrustedProxies
    private let shares: RequestShares
    private let refuse: @Sendable (Call, Problem) throws -> Response

    /// - Parameters:
    ///   - routes: the routes.
    ///   - basePath: the prefix of every path; empty, or with a slash in front.
    ///   - proxies: the proxies that are trusted to name the origin of a request.
    ///   - shares: the limits of the concurrent requests of a caller.
    ///   - refuse: answers a method that a path does not have, and a caller with too many requests.
    package init(
        _ routes: [Route],
        basePath: String,
        proxies: TrustedProxies,
        shares: RequestShares,
        refuse: @escaping @Sendable (Call, Problem) throws -> Response = { try $1.response() }
    ) {
        self.routes = routes
        self.basePath = basePath
        self.proxies = proxies
        self.shares = shares
        self.refuse = refuse
    }

    /// Adds the routes to a router.
    ///
    /// - Parameter answer: answers a call to a route.
    package func mount<Context: RequestContext>(
        on router: Router<Context>,
        _ answer: @escaping @Sendable (Call, Route) async throws -> Response
    ) {
        for (path, routes) in Dictionary(grouping: self.routes, by: \.path) {
            let methods = routes.map(\.method)
            let routerPath = RouterPath(
                self.basePath + path.replacing("{", with: ":").replacing("}", with: "")
            )
            for route in routes {
                router.on(routerPath, method: route.method) { request, context in
                    try await RequestMetrics.measured(route) {
                        let call = self.call(request, context)
                        return try await RequestTrace.traced(call, by: route) {
                            try await self.answer(call, route, answer)
                        }
                    }
                }
            }
            for method in Self.methods where !methods.contains(method) {
                router.on(routerPath, method: method) { request, context in
                    let problem = Problem.methodNotAllowed(path, allow: methods)
                    var response = try self.refuse(self.call(request, context), problem)
                    // An answer to HEAD has no body.
                    if request.method == .head { response.body = ResponseBody() }
                    return response
                }
            }
        }
    }

    private func answer(
        _ call: Call,
        _ route: Route,
        _ answer: (Call, Route) async throws -> Response
    ) async throws -> Response {
        let share: RequestShare
        do {
            share = try self.shares.share(for: call, isCounted: route.isCounted)
        } catch let problem as Problem {
            return try self.refuse(call, problem)
        }
        defer { share.end() }
        var call = call
        call.share = share
        return try await answer(call, route)
    }

    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace]

    private func call(_ request: Request, _ context: some RequestContext) -> Call {
        let peer = (context as? any RemoteAddressRequestContext)?.remoteAddress
        var client = self.proxies.client(of: request, peer: peer)
        client.prefix += self.basePath
        return Call(request: request, parameters: context.parameters, client: client)
    }
}
