import Foundation
import TestSupport
import Testing
import Unstick

@Suite("Webhook deliveries")
struct WebhookStoreTests {
    private struct Note: Event {
        let type = EventType.jobFailed
        var subject: String?
        var text = "x"
    }

    /// Emits events, each about its own job by default.
    private func emit(_ count: Int, about job: String? = nil, _ store: any Store) async throws {
        let now = try await store.now()
        for index in 0..<count {
            let id = "\(RandomID.first(at: now))-\(job ?? "")\(1000 + index)"
            try await store.emit(NewEvent(Note(subject: job ?? "job-\(index)"), id: id))
        }
    }

    private func claim(
        _ store: any Store,
        limit: Int = 100,
        lease: Duration = .seconds(60)
    ) async throws -> DeliveryClaim {
        try await store.claimDeliveries(to: "hook", limit: limit, lease: lease)
    }

    @Test(
        "an endpoint is stored, changed and removed, and its secrets are never shown",
        arguments: StoreBackend.available
    )
    func endpoints(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            var hook = WebhookEndpoint.fixture(events: ["cleanup.*", "alert.firing"])
            hook.note = "billing"
            try await store.put(hook)
            #expect(try await store.webhook("hook") == hook)
            hook.secrets = hook.secrets.rotated(to: "whsec_new", overlap: .seconds(60), at: Timestamp(milliseconds: 5))
            try await store.put(hook)
            #expect(try await store.webhook("hook")?.secrets == hook.secrets)
            #expect(!"\(hook)".contains("MfKQ") && !String(reflecting: hook).contains("whsec_new"))
            try await self.emit(1, store)
            #expect(try await store.webhooks().map(\.waiting) == [0])
            hook.events = ["*"]
            try await store.put(hook)
            try await self.emit(2, store)
            #expect(try await store.webhooks().map(\.waiting) == [2])
            #expect(try await store.removeWebhook("hook"))
            #expect(try await store.removeWebhook("hook") == false)
            #expect(try await store.webhooks().isEmpty)
            #expect(try await store.deliveries(DeliveryFilter(), after: nil, limit: 10).rows.isEmpty)
            await #expect(throws: UnstickError.self) { try await store.put(.fixture(events: ["job.exploded"])) }
            await #expect(throws: UnstickError.self) { try await store.put(.fixture(events: [])) }
        }
    }

    @Test("no other sender takes a claimed delivery until its lease ends", arguments: StoreBackend.available)
    func leases(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture())
            try await self.emit(10, store)
            #expect(try await store.dueWebhooks().map(\.id) == ["hook"])
            let mine = try await self.claim(store, limit: 4)
            #expect(mine.deliveries.count == 4)
            let first = try await self.claim(store, lease: .zero)
            #expect(first.deliveries.count == 6, "what is mine is nobody else's")
            let again = try await self.claim(store)
            #expect(Set(again.deliveries.map(\.eventID)) == Set(first.deliveries.map(\.eventID)))
            #expect(try await store.dueWebhooks().isEmpty)
            // A late sender cannot report a failure, but that the receiver has it counts.
            _ = try await store.settle(
                first,
                [.refused(first.deliveries[0], retryIn: .seconds(600)), .taken(first.deliveries[1])],
                .healthy
            )
            let state = try await store.deliveries(DeliveryFilter(), after: nil, limit: 20).rows
            #expect(state.filter { $0.status == .delivered }.map(\.eventID) == [first.deliveries[1].eventID])
            #expect(state.first { $0.eventID == first.deliveries[0].eventID }?.attempts == 0)
        }
    }

    @Test("concurrent senders share the work, each delivery once", arguments: StoreBackend.available)
    func together(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture())
            try await self.emit(200, store)
            let taken = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        var taken: [String] = []
                        var empty = 0
                        // Rows that another claim is taking are skipped, so an empty answer is not the end.
                        while empty < 3 {
                            let claim = try await store.claimDeliveries(to: "hook", limit: 7, lease: .seconds(60))
                            empty = claim.deliveries.isEmpty ? empty + 1 : 0
                            taken += claim.deliveries.map(\.eventID)
                            _ = try await store.settle(claim, claim.deliveries.map { .taken($0) }, .healthy)
                        }
                        return taken
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(taken.count == 200 && Set(taken).count == 200)
        }
    }

    @Test(
        "events about one job are in order, also when one must be sent again",
        arguments: StoreBackend.available
    )
    func order(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture())
            try await self.emit(3, about: "job", store)
            try await self.emit(3, about: "other", store)
            let first = try await self.claim(store)
            #expect(first.deliveries.map(\.subject).sorted() == ["job", "other"], "the first about each")
            let attempts = first.deliveries.map {
                DeliveryAttempt.refused($0, retryIn: $0.subject == "job" ? .seconds(600) : .zero)
            }
            _ = try await store.settle(first, attempts, .failing(pause: .zero))
            let sent = try await store.takeAll()
            #expect(sent.map(\.subject) == ["other", "other", "other"], "the ones behind the other wait with it")
            #expect(sent.map(\.eventID) == sent.map(\.eventID).sorted() && sent.map(\.attempts) == [1, 0, 0])
            #expect(try await store.dueWebhooks().isEmpty)
            #expect(try await store.webhooks().first?.waiting == 3)
        }
    }

    @Test("a dead delivery is kept and sent again on request", arguments: StoreBackend.available)
    func dead(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture())
            try await self.emit(2, store)
            let claim = try await self.claim(store)
            var given = DeliveryAttempt.refused(claim.deliveries[0])
            given.status = .dead
            _ = try await store.settle(claim, [given, .taken(claim.deliveries[1])], .healthy)
            let overview = try #require(try await store.webhooks().first)
            #expect(overview.dead == 1 && overview.waiting == 0)
            let dead = try await store.deliveries(DeliveryFilter(status: .dead), after: nil, limit: 5).rows
            #expect(dead.map(\.lastError) == ["The receiver answered 500."] && dead[0].endedAt != nil)
            await #expect(throws: UnstickError.self) { try await store.replay(ReplaySelection()) }
            #expect(try await store.replay(ReplaySelection(endpointID: "other")) == 0)
            #expect(try await store.replay(ReplaySelection(endpointID: "hook")) == 1)
            #expect(try await store.takeAll().map(\.eventID) == [claim.deliveries[0].eventID])
            let all = ReplaySelection(since: Timestamp(milliseconds: 0), status: .delivered)
            #expect(try await store.replay(all) == 2)
            #expect(try await store.takeAll().count == 2)
        }
    }

    @Test(
        "an endpoint that answers that it is gone is disabled, and others are notified",
        arguments: StoreBackend.available
    )
    func gone(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture())
            try await store.put(.fixture(id: "watch", events: ["webhook.disabled"]))
            try await self.emit(2, store)
            let claim = try await self.claim(store, limit: 1)
            let reason = try await store.settle(
                claim,
                [.refused(claim.deliveries[0])],
                .gone(reason: "It answered 410.")
            )
            #expect(reason == "It answered 410.")
            #expect(try await store.settle(claim, [], .gone(reason: "again")) == nil, "said once")
            #expect(try await store.webhook("hook")?.disabled?.reason == "It answered 410.")
            #expect(try await store.dueWebhooks().map(\.id) == ["watch"])
            let sent = try await store.takeAll(to: "watch")
            #expect(sent.map(\.type) == ["webhook.disabled"])
            #expect(try sent[0].fields()["endpointId"] == .text("hook"))
            // No new events arrive; pending ones are sent after it is enabled again.
            try await self.emit(5, store)
            #expect(try await store.webhooks().first?.waiting == 2)
            var hook = try #require(try await store.webhook("hook"))
            hook.disabled = nil
            try await store.put(hook)
            #expect(try await store.takeAll().count == 2)
        }
    }

    @Test(
        "an endpoint that has failed for days is disabled; one that pauses is not",
        arguments: StoreBackend.available
    )
    func failing(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            var hook = WebhookEndpoint.fixture()
            try await store.put(hook)
            try await self.emit(1, store)
            var claim = try await self.claim(store)
            #expect(
                try await store.settle(claim, [.refused(claim.deliveries[0])], .failing(pause: .seconds(60))) == nil
            )
            #expect(try await store.dueWebhooks().isEmpty)
            hook = try #require(try await store.webhook("hook"))
            let since = try #require(hook.failingSince)
            hook.failingSince = since - WebhookEndpoint.gracePeriod
            try await store.put(hook)
            claim = try await self.claim(store)
            let reason = try await store.settle(claim, [.refused(claim.deliveries[0])], .failing(pause: .zero))
            #expect(reason?.contains("5d") == true)
        }
    }

    @Test("deliveries are listed newest first, a page at a time", arguments: StoreBackend.available)
    func listing(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture())
            try await store.put(.fixture(id: "other"))
            try await self.emit(5, store)
            var seen: [WebhookDelivery] = []
            var cursor: DeliveryCursor?
            repeat {
                let page = try await store.deliveries(DeliveryFilter(), after: cursor, limit: 3)
                seen += page.rows
                cursor = page.next
            } while cursor != nil
            #expect(seen.count == 10 && Set(seen).count == 10)
            #expect(seen.map(\.eventID) == seen.map(\.eventID).sorted(by: >))
            let some = DeliveryFilter(endpointID: "other", status: .pending, jobID: "job-3")
            #expect(try await store.deliveries(some, after: nil, limit: 9).rows.map(\.jobID) == ["job-3"])
        }
    }

    @Test(
        "a filter that no index serves is tested on a limited number of deliveries at a time",
        arguments: StoreBackend.available
    )
    func window(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture(id: "quiet", events: ["job.failed"]))
            let old = try await store.now() - .seconds(60)
            let id = RandomID.timeOrdered(at: old)
            try await store.emit(NewEvent(Note(subject: "old"), id: id))
            try await store.put(.fixture(id: "quiet", events: ["alert.firing"]))
            let busy = (0..<100).map { "busy-\($0)" }
            for name in busy { try await store.put(.fixture(id: name)) }
            // More in total than the window.
            try await self.emit(Limits.window / busy.count + 1, store)
            let quiet = DeliveryFilter(endpointID: "quiet")
            let first = try await store.deliveries(quiet, after: nil, limit: 10)
            #expect(first.rows.isEmpty && first.next != nil)
            #expect(try #require(first.lookedBackTo) > old)
            let second = try await store.deliveries(quiet, after: first.next, limit: 10)
            #expect(second.rows.map(\.eventID) == [id] && second.next == nil && second.lookedBackTo == nil)
            for served in [DeliveryFilter(endpointID: "quiet", status: .pending), DeliveryFilter(jobID: "old")] {
                #expect(try await store.deliveries(served, after: nil, limit: 10).rows.map(\.eventID) == [id])
            }
            let full = try await store.deliveries(DeliveryFilter(status: .pending), after: nil, limit: 7)
            #expect(full.rows.count == 7 && full.next == full.rows.last?.place && full.lookedBackTo == nil)
        }
    }

    @Test("old deliveries are removed, never pending ones", arguments: StoreBackend.available)
    func retention(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture())
            try await self.emit(4, store)
            let claim = try await self.claim(store, limit: 3)
            _ = try await store.settle(claim, claim.deliveries.map { .taken($0) }, .healthy)
            let now = try await store.now()
            #expect(try await store.forgetDeliveries(before: now - .seconds(60), limit: 100) == 0)
            #expect(try await store.forgetDeliveries(before: now + .seconds(60), limit: 100) == 6)
            #expect(try await store.deliveries(DeliveryFilter(), after: nil, limit: 9).rows.map(\.status) == [.pending])
            #expect(try await store.takeAll().count == 1)
        }
    }
}
