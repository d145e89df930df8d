public import Hummingbird
import HummingbirdCore
public import Logging
public import NIOCore

/// The server: the API on its own router, on connections that are bounded in number, memory and time.
public enum UnstickApplication {
    static let serverName = "unstick"

    /// Makes the server.
    ///
    /// - Parameters:
    ///   - api: the API.
    ///   - host: the address to listen on.
    ///   - port: the port; 0 takes a free one.
    ///   - limits: the limits of its connections.
    ///   - logger: its log.
    ///   - mount: adds routes beside the API.
    ///   - onRunning: called with the port once it listens.
    public static func make(
        api: UnstickAPI,
        host: String,
        port: Int,
        limits: ConnectionLimits = ConnectionLimits(),
        logger: Logger,
        mount: (Router<ServerContext>) -> Void = { _ in },
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        let router = Router(context: ServerContext.self)
        router.add(middleware: ErrorMiddleware(logger: logger))
        api.mount(on: router)
        mount(router)
        let connections = OpenConnections(limits: limits, proxies: api.configuration.proxies, logger: logger)
        return Application(
            router: router,
            server: HTTPServerBuilder { responder in
                BoundedHTTPChannel(responder: responder, limits: limits, connections: connections)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                serverName: Self.serverName,
                backlog: 4096
            ),
            onServerRunning: { channel in
                await Self.guardAccepting(on: channel, connections, limits, logger: logger)
                await onRunning(channel.localAddress?.port ?? port)
            },
            logger: logger
        )
    }

    private static func guardAccepting(
        on channel: any Channel,
        _ connections: OpenConnections,
        _ limits: ConnectionLimits,
        logger: Logger
    ) async {
        // Fails only for a channel that is closed already.
        try? await channel.eventLoop.submit {
            try channel.syncOptions?.setOption(.maxMessagesPerRead, value: UInt(limits.acceptedAtOnce))
            try channel.pipeline.syncOperations.addHandler(
                AcceptGuard(logger: logger) { connections.isFull },
                position: .first
            )
            try AcceptedConnections.add(to: channel, connections)
        }.get()
    }
}

/// The context of a request, with the address of its connection.
public struct ServerContext: RequestContext, RemoteAddressRequestContext {
    /// The context of Hummingbird.
    public var coreContext: CoreRequestContextStorage
    /// The other end of the connection.
    public let remoteAddress: SocketAddress?

    /// Makes the context of a request.
    ///
    /// - Parameter source: the application and its connection.
    public init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.remoteAddress = source.channel.remoteAddress
    }
}
