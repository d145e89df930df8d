import HTTPTestSupport
import NIOCore
import NIOSSL
import Synchronization
import Testing

@testable import UnstickHTTP
@testable import UnstickServer

@Suite("HTTP client cache", .timeLimit(.minutes(1)))
struct ClientCacheTests {
    @Test("are few, and the last used ones stay")
    func bound() async throws {
        try await self.withCache(limit: 3) { cache, made in
            for last in 1...5 { try await self.use(cache, "127.0.0.\(last)") }
            #expect(cache.count == 3)
            try await self.use(cache, "127.0.0.3")
            // Of 3, 4 and 5, now 4 was not used for the longest time.
            try await self.use(cache, "127.0.0.6")
            for last in [3, 5, 6] { try await self.use(cache, "127.0.0.\(last)") }
            #expect(cache.count == 3)
            #expect(made().count == 6)
            try await self.use(cache, "127.0.0.4")
            #expect(made().last == "127.0.0.4")
            #expect(made().count == 7)
        }
    }

    @Test("are one for each scheme, name and address")
    func keys() async throws {
        try await self.withCache(limit: 64) { cache, made in
            for _ in 0..<2 {
                try await self.use(cache, "127.0.0.1")
                try await self.use(cache, "127.0.0.1", host: "a.test")
                try await self.use(cache, "127.0.0.2", host: "a.test")
                try await self.use(cache, "127.0.0.2", host: "a.test", scheme: "https")
                try await self.use(cache, "127.0.0.1", host: "b.test")
            }
            #expect(made() == ["127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.2", "127.0.0.1"])
        }
    }

    @Test("are more while more are in use, and none of those is shut down")
    func inUse() async throws {
        try await self.withCache(limit: 1) { cache, made in
            try await cache.withClient(for: try self.destination("127.0.0.1")) { _, _ in
                try await cache.withClient(for: try self.destination("127.0.0.2")) { _, _ in
                    #expect(cache.count == 2)
                    try await self.use(cache, "127.0.0.1")
                    #expect(made().count == 2)
                }
                #expect(cache.count == 1)
                try await self.use(cache, "127.0.0.1")
                #expect(made().count == 2)
            }
            #expect(cache.count == 1)
        }
    }

    @Test("finish attempts in progress")
    func underWay() async throws {
        try await MisbehavingReceiver.run(.neverAnswers, address: "0.0.0.0") { receiver in
            try await WebhookFixtures.withClient(timeout: WebhookFixtures.shortTimeout, clientLimit: 2) { client in
                try await withThrowingTaskGroup(of: WebhookOutcome.self) { group in
                    for number in 1...8 {
                        group.addTask { try await client.send(to: receiver.url(host: "127.0.0.\(number)")) }
                    }
                    for try await outcome in group { #expect(outcome.failure == "The attempt timed out after 300 ms.") }
                }
            }
        }
    }

    private func withCache(
        limit: Int,
        _ test: (ClientCache, _ made: () -> [String]) async throws -> Void
    ) async throws {
        let made = Made()
        let cache = ClientCache(limit: limit) { destination in
            made.addresses.withLock { $0.append("\(destination.address)") }
            return .pinned(to: destination, connectTimeout: .seconds(5), trustRoots: .default)
        }
        do { try await test(cache, { made.addresses.withLock { $0 } }) } catch {
            await cache.shutdown()
            throw error
        }
        await cache.shutdown()
        #expect(cache.count == 0)
    }

    private func use(
        _ cache: ClientCache,
        _ address: String,
        host: String? = nil,
        scheme: String = "http"
    ) async throws {
        try await cache.withClient(for: self.destination(address, host: host, scheme: scheme)) { _, _ in }
    }

    private func destination(_ text: String, host: String? = nil, scheme: String = "http") throws -> Destination {
        let policy = DestinationPolicy(allowsHTTP: true, allowedNetworks: [try network("127.0.0.0/8")])
        return Destination(
            url: try DestinationURL("\(scheme)://\(host ?? text)/", policy: policy),
            address: try address(text)
        )
    }
}

/// The addresses for which clients were made.
private final class Made: Sendable {
    let addresses = Mutex<[String]>([])
}
