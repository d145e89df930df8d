import Foundation
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import UnstickServer

@Suite("Open connections")
struct OpenConnectionTests {
    private func connections(_ most: Int, each: Int, proxies: String = "") throws -> OpenConnections {
        var limits = ConnectionLimits()
        limits.connections = most
        limits.connectionsEach = each
        return OpenConnections(
            limits: limits,
            proxies: try TrustedProxies(proxies),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func channel(_ address: String) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(ipAddress: address, port: 1)).wait()
        return channel
    }

    @Test("at the limit of an address, its own connection that has waited longest is closed, and no other")
    func address() throws {
        let connections = try self.connections(10, each: 2)
        let other = try self.channel("192.0.2.9")
        _ = try connections.open(other)
        let channels = try (0..<3).map { _ in try self.channel("192.0.2.1") }
        let first = try connections.open(channels[0])
        _ = try connections.open(channels[1])
        connections.works(first)
        _ = try connections.open(channels[2])
        #expect(channels.map(\.isActive) == [true, false, true] && other.isActive && connections.count == 3)
    }

    @Test("at the common limit, the connection that has waited longest is closed; one with a request is not")
    func all() throws {
        let connections = try self.connections(3, each: 3)
        let channels = try (1...5).map { try self.channel("192.0.2.\($0)") }
        let ids = try channels.prefix(3).map { try connections.open($0) }
        connections.works(ids[0])
        connections.works(ids[1])
        connections.waits(ids[1])
        let fourth = try connections.open(channels[3])
        #expect(channels.map(\.isActive) == [true, true, false, true, true] && connections.count == 3)
        connections.works(ids[1])
        connections.works(fourth)
        #expect(throws: OpenConnections.Refusal.tooMany) { _ = try connections.open(channels[4]) }
        connections.closed(ids[0])
        connections.closed(ids[0])
        _ = try connections.open(channels[4])
        #expect(connections.count == 3)
    }

    @Test("a connection is not closed for one that was accepted before it")
    func order() throws {
        let connections = try self.connections(10, each: 2)
        let channels = try (0..<4).map { _ in try self.channel("192.0.2.1") }
        for channel in channels { connections.arrives(channel) }
        // Threads open them, each in its own order.
        for channel in [channels[3], channels[0]] { _ = try connections.open(channel) }
        _ = try connections.open(channels[2])
        #expect(channels.map(\.isActive) == [false, true, true, true])
        #expect(throws: OpenConnections.Refusal.tooManyOfAddress) { _ = try connections.open(channels[1]) }
        #expect(channels.suffix(2).allSatisfy(\.isActive) && connections.count == 2)
    }

    @Test("an address whose connections all have a request is refused, others are not")
    func refused() throws {
        let connections = try self.connections(10, each: 1)
        connections.works(try connections.open(try self.channel("2001:db8::1")))
        #expect(throws: OpenConnections.Refusal.tooManyOfAddress) {
            _ = try connections.open(try self.channel("2001:db8::ffff"))
        }
        _ = try connections.open(try self.channel("2001:db8:0:1::1"))
        #expect(connections.count == 2)
    }

    @Test("a trusted proxy carries all callers, and has no limit of its own")
    func proxy() throws {
        let connections = try self.connections(5, each: 1, proxies: "192.0.2.0/24")
        for _ in 0..<5 { connections.works(try connections.open(try self.channel("192.0.2.1"))) }
        #expect(throws: OpenConnections.Refusal.tooMany) { _ = try connections.open(try self.channel("192.0.2.1")) }
    }

    @Test("closed connections leave nothing behind")
    func churn() throws {
        let connections = try self.connections(4, each: 2)
        for number in 0..<2000 {
            let id = try connections.open(try self.channel("192.0.2.\(number % 7)"))
            for _ in 0..<3 {
                connections.works(id)
                connections.waits(id)
            }
            if number % 2 == 0 { connections.closed(id) }
        }
        #expect(connections.count <= 4)
    }

    @Test(
        "limits stay below the limit of descriptors",
        arguments: [(64, 32), (128, 64), (1024, 512), (4096, 3584), (65_536, 10_000), (1, 1)]
    )
    func descriptors(descriptors: Int, connections: Int) {
        let limits = ConnectionLimits(descriptors: descriptors)
        #expect(limits.connections == connections && limits.connectionsEach == max(1, connections / 4))
    }

    @Test("a socket that cannot accept stays open, and tries again a time later")
    func accept() throws {
        final class Reads: ChannelOutboundHandler {
            typealias OutboundIn = Never
            var count = 0
            func read(context: ChannelHandlerContext) { self.count += 1 }
        }
        let reads = Reads()
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandlers([
            reads, AcceptGuard(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
        ])
        for _ in 0..<3 { channel.pipeline.fireErrorCaught(IOError(errnoCode: EMFILE, reason: "accept")) }
        channel.pipeline.fireErrorCaught(IOError(errnoCode: ECONNABORTED, reason: "accept"))
        try channel.throwIfErrorCaught()
        channel.read()
        #expect(reads.count == 0)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(100))
        #expect(reads.count == 1)
        channel.read()
        #expect(reads.count == 2)
        channel.pipeline.fireErrorCaught(IOError(errnoCode: EBADF, reason: "accept"))
        #expect(throws: IOError.self) { try channel.throwIfErrorCaught() }
    }
}
