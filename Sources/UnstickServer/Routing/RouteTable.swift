import HTTPTypes
package import Hummingbird

/// Routes on their way onto a router: each measured and traced, and on their paths every other method answers 405.
package struct RouteTable: Sendable {
    private let routes: [Route]
    private let basePath: String
    private let proxies: TrustedProxies
    private let notAllowed: @Sendable (Call, Problem) throws -> Response

    /// - Parameters:
    ///   - routes: what there is.
    ///   - basePath: what stands before every path; empty, or with a slash in front.
    ///   - proxies: whose word is taken for where a request comes from.
    ///   - notAllowed: answers a method that a path does not have.
    package init(
        _ routes: [Route],
        basePath: String,
        proxies: TrustedProxies,
        notAllowed: @escaping @Sendable (Call, Problem) throws -> Response = { try $1.response() }
    ) {
        self.routes = routes
        self.basePath = basePath
        self.proxies = proxies
        self.notAllowed = notAllowed
    }

    /// Adds the routes to a router.
    ///
    /// - Parameter answer: what answers a call to a route.
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
                        return try await RequestTrace.traced(call, by: route) { try await answer(call, route) }
                    }
                }
            }
            for method in Self.methods where !methods.contains(method) {
                router.on(routerPath, method: method) { request, context in
                    let problem = Problem.methodNotAllowed(path, allow: methods)
                    var response = try self.notAllowed(self.call(request, context), problem)
                    // An answer to HEAD has no body, whatever it says.
                    if request.method == .head { response.body = ResponseBody() }
                    return response
                }
            }
        }
    }

    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace]

    private func call(_ request: Request, _ context: some RequestContext) -> Call {
        let peer = (context as? any RemoteAddressRequestContext)?.remoteAddress
        var client = self.proxies.client(of: request, peer: peer)
        client.prefix += self.basePath
        return Call(request: request, parameters: context.parameters, client: client)
    }
}
