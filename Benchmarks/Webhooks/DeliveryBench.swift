import AsyncHTTPClient
import BenchSupport
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import TestSupport
import Unstick
import UnstickSQLite
import UnstickServer

/// Two ways of posting this many events to one receiver.
struct DeliveryBench {
    let receiver: Receiver
    let events: Int

    /// The number of concurrent calls, on either side.
    private static let concurrency = 4

    /// Events of cleaned jobs, from a database on disk.
    func deliver() async throws -> Double {
        try await withTemporaryFolder { folder in
            let store = try SQLiteStore(path: folder.appending(path: "bench.db").path)
            try await store.put(.fixture(url: self.receiver.url, events: ["job.*"]))
            try await self.cleanJobs(store)
            let webhooks = Webhooks(
                store: store,
                receivers: try WebhookReceivers(allowsHTTP: true, networks: ["127.0.0.0/8"]),
                logger: quiet
            )
            let sender = WebhookSender(store: store, webhooks: webhooks, logger: quiet)
            let services = ServiceGroup(services: [sender], logger: quiet)
            let (before, events) = (self.receiver.count, self.events)
            async let running: Void = services.run()
            let rate = try await perSecond(events) {
                while self.receiver.count - before < events { try await Task.sleep(for: .milliseconds(2)) }
                // Also the last outcomes must be stored.
                while try await store.webhooks().first?.waiting != 0 { try await Task.sleep(for: .milliseconds(2)) }
            }
            await services.triggerGracefulShutdown()
            try await running
            guard self.receiver.count - before == events else {
                throw BenchFailure(reason: "the receiver got \(self.receiver.count - before) of \(events) events")
            }
            return rate
        }
    }

    private func cleanJobs(_ store: SQLiteStore) async throws {
        try await store.addStuckJobs((0..<self.events).map { "job-\($0)" }, users: 500, cost: 5)
        _ = try await Cleaner(store: store, logger: quiet)
            .cleanupStuckJobs(CleanupOptions(drain: true, force: true))
    }

    /// The client alone, with bodies of the same size.
    func bareLoop() async throws -> Double {
        var configuration = HTTPClient.Configuration()
        configuration.httpVersion = .http1Only
        let client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
        let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: 700)
        let (url, share) = (self.receiver.url, self.events / Self.concurrency)
        let rate = try await perSecond(share * Self.concurrency) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<Self.concurrency {
                    group.addTask {
                        for _ in 0..<share { try await Self.post(body, to: url, client) }
                    }
                }
                try await group.waitForAll()
            }
        }
        try await client.shutdown()
        return rate
    }

    private static func post(_ body: ByteBuffer, to url: String, _ client: HTTPClient) async throws {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers = ["content-type": "application/json"]
        request.body = .bytes(body)
        let response = try await client.execute(request, timeout: .seconds(15))
        guard response.status == .ok else { throw BenchFailure(reason: "the receiver answered \(response.status)") }
        _ = try await response.body.collect(upTo: 65_536)
    }
}
