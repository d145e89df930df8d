public import Hummingbird
public import NIOCore

/// What goes with a request of the server: also the address that it comes from.
public struct ServerContext: RequestContext, RemoteAddressRequestContext {
    /// What Hummingbird keeps.
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
