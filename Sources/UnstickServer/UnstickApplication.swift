public import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore

/// The server: the API on a router of its own, with limits and timeouts.
public enum UnstickApplication {
    /// How long a connection may be silent.
    private static let idleTimeout = TimeAmount.seconds(60)

    /// Makes the server.
    ///
    /// - Parameters:
    ///   - api: what it answers.
    ///   - host: the address to listen on.
    ///   - port: the port; 0 takes a free one.
    ///   - logger: where it logs.
    ///   - mount: adds what it answers beside the API.
    ///   - onRunning: called with the port once it listens.
    public static func make(
        api: UnstickAPI,
        host: String,
        port: Int,
        logger: Logger,
        mount: (Router<ServerContext>) -> Void = { _ in },
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        let router = Router(context: ServerContext.self)
        router.add(middleware: ErrorMiddleware(logger: logger))
        api.mount(on: router)
        mount(router)
        return Application(
            router: router,
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    idleTimeout: idleTimeout,
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: 16 * 1024,
                        maxHeaderListSize: 16 * 1024,
                        maxHeaderFieldCount: 100
                    )
                )
            ),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), serverName: "unstick"),
            onServerRunning: { channel in await onRunning(channel.localAddress?.port ?? port) },
            logger: logger
        )
    }
}
