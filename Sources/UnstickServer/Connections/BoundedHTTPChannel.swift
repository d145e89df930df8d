import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// HTTP/1.1 for Hummingbird, on connections that are bounded in number, memory and time.
struct BoundedHTTPChannel: ServerChildChannel {
    /// A connection, and its handlers.
    struct Value: ServerChildChannelValue {
        let requests: HTTP1Channel.Value
        let presence: Presence
        let id: Int

        var channel: any Channel { self.requests.channel }
    }

    private let http: HTTP1Channel
    private let limits: ConnectionLimits
    private let connections: OpenConnections
    private let tasks = ConnectionTasks()

    init(responder: @escaping HTTPChannelHandler.Responder, limits: ConnectionLimits, connections: OpenConnections) {
        self.http = HTTP1Channel(
            responder: responder,
            configuration: HTTP1Channel.Configuration(
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.headBytes,
                    maxHeaderListSize: limits.headBytes,
                    maxHeaderFieldCount: limits.headFields
                )
            )
        )
        self.limits = limits
        self.connections = connections
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let id: Int
        do {
            id = try self.connections.open(channel)
        } catch {
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(error)
        }
        return self.http.setup(channel: channel, logger: logger).flatMapThrowing { requests in
            let presence = Presence()
            try self.addGates(to: channel, presence, id)
            return Value(requests: requests, presence: presence, id: id)
        }.flatMapErrorThrowing { error in
            self.connections.closed(id)
            channel.close(promise: nil)
            throw error
        }
    }

    private func addGates(to channel: any Channel, _ presence: Presence, _ id: Int) throws {
        let (pipeline, connections) = (channel.pipeline.syncOperations, self.connections)
        let bytes = ByteGate(limits: self.limits, presence: presence)
        let requests = RequestGate(limits: self.limits, bytes: bytes) { hasRequest in
            if hasRequest { connections.works(id) } else { connections.waits(id) }
        }
        let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        try pipeline.addHandler(bytes, position: .first)
        try pipeline.addHandler(requests, position: .after(decoder))
        let options = channel.syncOptions
        try options?.setOption(.maxMessagesPerRead, value: 1)
        try options?.setOption(
            .recvAllocator,
            value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 2048, maximum: self.limits.readBytes)
        )
        // The system's buffers for a connection count as well. An error here means that it is closed already.
        try? options?.setOption(.socketOption(.so_rcvbuf), value: self.limits.receiveBuffer)
        try? options?.setOption(.socketOption(.so_sndbuf), value: self.limits.sendBuffer)
    }

    func handle(value: Value, logger: Logger) async {
        await self.tasks.run {
            await Presence.$current.withValue(value.presence) {
                await self.http.handle(value: value.requests, logger: logger)
            }
            // Work for the connection counts until it ends, also after the other side has disconnected.
            self.connections.closed(value.id)
        }
    }
}
