import Foundation
import HTTPTestSupport
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQLite

@testable import UnstickHTTP
@testable import UnstickServer

@Suite("Webhook sender", .tags(.alone), .timeLimit(.minutes(2)))
struct WebhookSenderTests {
    private struct Note: Event {
        let type = EventType.jobFailed
        let subject: String?
        let text: String
    }

    /// A sender over its own store, during a test.
    private func withSender(
        timeout: Duration = .seconds(10),
        _ store: SQLiteStore,
        _ test: (Webhooks) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        try await WebhookFixtures.withWebhooks(store, timeout: timeout) { webhooks in
            let sender = WebhookSender(store: store, webhooks: webhooks, logger: logger)
            let services = ServiceGroup(services: [sender], logger: logger)
            async let running: Void = services.run()
            do {
                try await test(webhooks)
            } catch {
                await services.triggerGracefulShutdown()
                throw error
            }
            await services.triggerGracefulShutdown()
            try await running
        }
    }

    private func emit(_ store: SQLiteStore, _ count: Int, job: (Int) -> String = { "job-\($0)" }) async throws {
        let now = try await store.now()
        for index in 0..<count {
            let event = Note(subject: job(index), text: "\(index)")
            try await store.emit(NewEvent(event, id: "\(RandomID.first(at: now))-\(100_000 + index)"))
        }
    }

    /// Waits until a condition is true; otherwise the test's time limit ends it.
    private func until(_ holds: () async throws -> Bool) async throws {
        while try await !holds() { try await Task.sleep(for: .milliseconds(20)) }
    }

    private func delivered(_ store: SQLiteStore, _ endpoint: String = "hook") async throws -> Int {
        try await store.deliveries(DeliveryFilter(endpointID: endpoint, status: .delivered), after: nil, limit: 10_000)
            .rows.count
    }

    @Test("sends each event once to a working receiver, signed, in the order of each job")
    func working() async throws {
        let store = try SQLiteStore.inMemory()
        try await MisbehavingReceiver.run(.status("204 No Content")) { receiver in
            try await store.put(.fixture(url: receiver.url))
            try await self.emit(store, 300) { "job-\($0 % 100)" }
            try await self.withSender(store) { _ in
                try await self.until { try await self.delivered(store) == 300 }
            }
            let bodies = receiver.requests.map { String(buffer: $0.body) }
            let ids = receiver.requests.compactMap { $0.headers.first(name: "webhook-id") }
            #expect(ids.count == 300 && Set(ids).count == 300)
            for job in 0..<100 {
                let order = ids.filter { Int($0.suffix(6)).map { $0 % 100 == job } == true }
                #expect(order == order.sorted())
            }
            let envelope = try StrictJSON.object(Array(bodies[0].utf8))
            #expect(envelope["type"] == .text("job.failed") && envelope["version"] == .integer(1))
            #expect(envelope["id"] == .text(ids[0]) && envelope["data"] != nil)
            let signed = try #require(receiver.requests.first)
            let stamp = try #require(signed.headers.first(name: "webhook-timestamp").flatMap { Int($0) })
            let secret = try WebhookFixtures.secret()
            let header = WebhookSignature.header(id: ids[0], timestamp: stamp, body: signed.body, secrets: [secret])
            #expect(signed.headers.first(name: "webhook-signature") == header)
        }
    }

    @Test("signs with both secrets during a rotation")
    func rotation() async throws {
        let store = try SQLiteStore.inMemory()
        try await MisbehavingReceiver.run(.status("200 OK")) { receiver in
            var hook = WebhookEndpoint.fixture(url: receiver.url)
            hook.secrets = hook.secrets.rotated(
                to: WebhookSecret.random().text,
                overlap: .seconds(600),
                at: try await store.now()
            )
            try await store.put(hook)
            try await self.emit(store, 1)
            try await self.withSender(store) { _ in try await self.until { try await self.delivered(store) == 1 } }
            let header = receiver.requests.first?.headers.first(name: "webhook-signature")
            #expect(header?.split(separator: " ").count == 2)
        }
    }

    @Test(
        "keeps what a receiver refused, and retries it later",
        arguments: [
            .status("500 Internal Server Error"), .status("301 Moved Permanently", "location: http://127.0.0.1/"),
            .status("429 Too Many Requests", "retry-after: 7200"), .closesAtOnce, .closesAfter("HTTP/1.1 20"),
            .neverAnswers, .drips("HTTP/1.1 200 OK\r\nx: "),
        ] as [Behaviour]
    )
    func refused(_ behaviour: Behaviour) async throws {
        let store = try SQLiteStore.inMemory()
        try await MisbehavingReceiver.run(behaviour) { receiver in
            try await store.put(.fixture(url: receiver.url))
            try await self.emit(store, 1)
            try await self.withSender(timeout: .milliseconds(300), store) { _ in
                try await self.until {
                    try await store.deliveries(DeliveryFilter(), after: nil, limit: 1).rows.first?.attempts == 1
                }
            }
            let now = try await store.now()
            let kept = try #require(try await store.deliveries(DeliveryFilter(), after: nil, limit: 1).rows.first)
            #expect(kept.status == .pending && kept.lastError != nil)
            let wait = try #require(kept.nextAt) - now
            if case .answers(let text) = behaviour, text.contains("retry-after") {
                #expect(wait > .seconds(7000))
                #expect(try await store.dueWebhooks().isEmpty, "it asked to be left alone")
            } else {
                #expect(wait <= .seconds(6))
            }
            #expect(try await store.webhook("hook")?.failingSince != nil)
        }
        // The receiver works again.
        try await MisbehavingReceiver.run(.status("200 OK")) { receiver in
            try await store.put(.fixture(url: receiver.url))
            #expect(try await store.replay(ReplaySelection(endpointID: "hook")) == 0)
            let waiting = try await store.webhooks().first?.waiting
            #expect(waiting == 1, "nothing is lost")
        }
    }

    @Test("a success whose body is 100 MB is a success, and is not read to its end")
    func flood() async throws {
        let store = try SQLiteStore.inMemory()
        try await MisbehavingReceiver.run(.floods(100 << 20)) { receiver in
            try await store.put(.fixture(url: receiver.url))
            try await self.emit(store, 3)
            try await self.withSender(store) { _ in try await self.until { try await self.delivered(store) == 3 } }
            #expect(receiver.written < 3 * (100 << 20) / 2)
        }
    }

    @Test("a receiver that is gone is called no more")
    func gone() async throws {
        let store = try SQLiteStore.inMemory()
        try await MisbehavingReceiver.run(.status("410 Gone")) { receiver in
            try await store.put(.fixture(url: receiver.url))
            try await self.emit(store, 50)
            try await self.withSender(store) { _ in
                try await self.until { try await store.webhook("hook")?.isEnabled == false }
            }
            #expect(receiver.requests.count <= EndpointDispatcher.concurrency)
            #expect(try await store.webhooks().first?.waiting == 50, "what waits is kept")
        }
    }

    @Test("one hanging receiver in ten delays no other")
    func isolation() async throws {
        let store = try SQLiteStore.inMemory()
        try await MisbehavingReceiver.run(.neverAnswers) { hanging in
            try await MisbehavingReceiver.run(.status("200 OK")) { healthy in
                try await store.put(.fixture(id: "hanging", url: hanging.url))
                for index in 1..<10 { try await store.put(.fixture(id: "healthy-\(index)", url: healthy.url)) }
                try await self.emit(store, 100)
                try await self.withSender(timeout: .seconds(60), store) { _ in
                    try await self.until { healthy.requests.count >= 900 }
                    // No call of the hanging one has ended, and all others have everything.
                    #expect(try await self.delivered(store, "hanging") == 0)
                    #expect(hanging.connections >= 1 && hanging.connections <= EndpointDispatcher.concurrency)
                    for delivery in try await store.deliveries(
                        DeliveryFilter(endpointID: "hanging"),
                        after: nil,
                        limit: 1
                    ).rows { #expect(delivery.attempts == 0) }
                    hanging.hangUp()
                }
                for index in 1..<10 { #expect(try await self.delivered(store, "healthy-\(index)") == 100) }
            }
        }
    }

    @Test("an event that one receiver never accepts becomes dead, and others are notified of the receiver")
    func exhausted() async throws {
        let store = try SQLiteStore.inMemory()
        try await MisbehavingReceiver.run(.status("500 Internal Server Error")) { receiver in
            try await store.put(.fixture(url: receiver.url))
            try await self.emit(store, 1)
            // All tries but the last have been made.
            for _ in 1..<RetrySchedule.tries {
                let claim = try await store.claimDeliveries(to: "hook", limit: 1, lease: .seconds(60))
                _ = try await store.settle(claim, claim.deliveries.map { .refused($0) }, .failing(pause: .zero))
            }
            try await self.withSender(store) { _ in
                try await self.until {
                    try await store.deliveries(DeliveryFilter(status: .dead), after: nil, limit: 1).rows.count == 1
                }
            }
            let dead = try await store.deliveries(DeliveryFilter(status: .dead), after: nil, limit: 1).rows
            #expect(dead.first?.attempts == RetrySchedule.tries && dead.first?.lastStatus == 500)
        }
    }

    @Test("a webhook to an internal address is refused at creation, and again at each call")
    func inside() async throws {
        let store = try SQLiteStore.inMemory()
        let resolver = FakeResolver { _, call in call == 1 ? ["93.184.216.34"] : ["10.0.0.7"] }
        let webhooks = Webhooks(
            store: store,
            destinations: DestinationGuard(policy: DestinationPolicy(), resolver: resolver),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        for url in ["http://example.com/", "https://127.0.0.1/", "https://[::ffff:10.0.0.1]/", "ftp://example.com"] {
            await #expect(throws: UnstickError.self, "\(url)") { try await webhooks.add(url: url, events: ["*"]) }
        }
        let endpoint = try await webhooks.add(url: "https://hooks.example.com/x", events: ["*"])
        let result = try await webhooks.test(endpoint.id)
        #expect(!result.delivered && result.error?.contains("not public") == true)
        #expect(result.error?.contains("10.0.0.7") == false)
        await webhooks.shutdown()
    }

    @Test("retries follow the recommended times with some jitter, and a receiver can only extend them")
    func schedule() {
        let waits = (1..<RetrySchedule.tries).map { RetrySchedule.wait(after: $0, jitter: 0.5) }
        #expect(waits.compactMap { $0 } == RetrySchedule.waits)
        #expect(RetrySchedule.waits.reduce(.zero, +) == .seconds(272_105), "75.6 hours in all")
        #expect(RetrySchedule.wait(after: 10) == nil)
        #expect(RetrySchedule.wait(after: 999, isEndless: true, jitter: 0.5) == .seconds(86_400))
        #expect(RetrySchedule.wait(after: 1, jitter: 0) == .seconds(4.5))
        #expect(RetrySchedule.wait(after: 1, jitter: 1) == .seconds(5.5))
        #expect(RetrySchedule.wait(after: 1, retryAfter: .seconds(60)) == .seconds(60))
        #expect(RetrySchedule.wait(after: 9, retryAfter: .seconds(60), jitter: 0.5) == .seconds(86_400))
    }
}
