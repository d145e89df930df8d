import NIOCore

/// Keeps accepted connections out of the library's list.
///
/// That list is copied as a whole for each connection that opens or closes. `OpenConnections` keeps them instead, and
/// ends them when the server stops.
final class AcceptedConnections: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// The handler behind the list.
    private final class Behind: ChannelInboundHandler {
        typealias InboundIn = any Channel

        var context: ChannelHandlerContext?

        func handlerAdded(context: ChannelHandlerContext) { self.context = context }

        func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }
    }

    private let behind: Behind
    private let connections: OpenConnections

    private init(_ behind: Behind, _ connections: OpenConnections) {
        self.behind = behind
        self.connections = connections
    }

    /// Adds it to a listening channel.
    ///
    /// - Throws: where the channel is built in another way; the list then serves.
    static func add(to channel: any Channel, _ connections: OpenConnections) throws {
        let pipeline = channel.pipeline.syncOperations
        let behind = Behind()
        try pipeline.addHandler(behind, position: .before(pipeline.context(name: "AcceptHandler").handler))
        try pipeline.addHandler(AcceptedConnections(behind, connections), position: .first)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.connections.arrives(Self.unwrapInboundIn(data))
        (self.behind.context ?? context).fireChannelRead(data)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { self.connections.end() }
        context.fireUserInboundEventTriggered(event)
    }
}
