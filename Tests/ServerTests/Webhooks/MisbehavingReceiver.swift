import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A receiver of webhooks on a port of the loopback interface, with a given behaviour, which records the requests.
final class MisbehavingReceiver: Sendable {
    private struct State {
        var channels: [any Channel] = []
        var connections = 0
        var written = 0
        var requests: [ReceivedRequest] = []
    }

    /// Its behaviour.
    let behaviour: Behaviour
    private let state = Mutex(State())

    private init(_ behaviour: Behaviour) {
        self.behaviour = behaviour
    }

    /// The complete requests.
    var requests: [ReceivedRequest] { self.state.withLock { $0.requests } }
    /// The number of connections.
    var connections: Int { self.state.withLock { $0.connections } }
    /// How many bytes of bodies it has written.
    var written: Int { self.state.withLock { $0.written } }
    /// Its port.
    var port: Int { self.state.withLock { $0.channels.first?.localAddress?.port } ?? 0 }
    /// Its URL.
    var url: String { self.url() }

    /// Its URL with the name of a host.
    func url(host: String = "127.0.0.1", scheme: String = "http") -> String { "\(scheme)://\(host):\(self.port)/hook" }

    /// Records a connection.
    func opened(_ channel: any Channel) {
        self.state.withLock { state in
            state.channels.append(channel)
            state.connections += 1
        }
    }

    /// Records a request.
    func record(_ request: ReceivedRequest) { self.state.withLock { $0.requests.append(request) } }

    /// Counts written bytes.
    func wrote(_ bytes: Int) { self.state.withLock { $0.written += bytes } }

    /// Runs a receiver during a test, with TLS when there is a context for it.
    static func run<Result>(
        _ behaviour: Behaviour,
        address: String = "127.0.0.1",
        tls: NIOSSLContext? = nil,
        _ test: (MisbehavingReceiver) async throws -> Result
    ) async throws -> Result {
        let receiver = MisbehavingReceiver(behaviour)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(ReceiverHandler(receiver))
                }
            }
            .bind(host: address, port: 0)
            .get()
        receiver.state.withLock { $0.channels.append(listener) }
        defer { receiver.stop() }
        return try await test(receiver)
    }

    /// Closes every connection, and accepts no more.
    func hangUp() { self.stop() }

    private func stop() {
        for channel in self.state.withLock({ $0.channels }) { channel.close(mode: .all, promise: nil) }
    }
}
