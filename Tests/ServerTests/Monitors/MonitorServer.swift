import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

/// A monitor on a port of this machine that records its calls.
final class MonitorServer: Sendable {
    /// A call.
    struct Call: Hashable, Sendable {
        let method: String
        let target: String
        let contentType: String?
        let body: String
    }

    /// The reply to a call.
    enum Reply: Hashable, Sendable {
        /// Answers with a status and a body.
        case answer(Int, String = "OK")
        /// Answers with status 200, and never ends the body.
        case begin
        /// Never answers.
        case hang
    }

    let port: Int
    private let calls: AsyncStream<Call>
    private let end: AsyncStream<Call>.Continuation

    private init(_ channel: any Channel, calls: AsyncStream<Call>, end: AsyncStream<Call>.Continuation) throws {
        self.port = try #require(channel.localAddress?.port)
        self.calls = calls
        self.end = end
    }

    /// Runs a server during a body; the calls are replied to in order, and the last reply is repeated.
    static func with(_ replies: Reply..., body: (MonitorServer) async throws -> Void) async throws {
        let (calls, continuation) = AsyncStream.makeStream(of: Call.self)
        let left = Mutex(replies[...])
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline()
                    try pipeline.addHandler(
                        MonitorHandler { call in
                            continuation.yield(call)
                            return left.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? .answer(200) }
                        }
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            try await body(try MonitorServer(channel, calls: calls, end: continuation))
        } catch {
            try await channel.close()
            throw error
        }
        try await channel.close()
    }

    /// Waits for this many calls and returns them.
    func calls(_ count: Int) async -> [Call] {
        var found: [Call] = []
        for await call in self.calls {
            found.append(call)
            if found.count == count { break }
        }
        return found
    }

    /// The calls that were not read yet; no further ones can follow.
    func remainingCalls() async -> [Call] {
        self.end.finish()
        var found: [Call] = []
        for await call in self.calls { found.append(call) }
        return found
    }
}
