import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server that accepts everything at once, and counts it.
final class Receiver: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let taken = Atomic(0)
    private let listener = Mutex<(any Channel)?>(nil)

    /// The number of answered calls.
    var count: Int { self.taken.load(ordering: .relaxed) }
    var url: String { "http://127.0.0.1:\(self.listener.withLock { $0?.localAddress?.port } ?? 0)/hook" }

    static func start() async throws -> Receiver {
        let receiver = Receiver()
        let listener = try await ServerBootstrap(group: receiver.group)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(receiver))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        receiver.listener.withLock { $0 = listener }
        return receiver
    }

    func stop() async throws {
        try await self.listener.withLock { $0 }?.close().get()
        try await self.group.shutdownGracefully()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        let receiver: Receiver

        init(_ receiver: Receiver) {
            self.receiver = receiver
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .end = self.unwrapInboundIn(data) else { return }
            self.receiver.taken.add(1, ordering: .relaxed)
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "0"])
            context.write(self.wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
