import Foundation
import TestSupport
import Testing
import Unstick
import UnstickSQL

@Suite("Alert watch")
struct AlertWatchTests {
    private static let everyMinute = try? CronExpression("* * * * *")

    private func watch(
        _ store: any Store,
        _ thresholds: AlertThresholds = AlertThresholds(firesAfter: .zero, resolvesAfter: .zero),
        interval: Duration = .seconds(900),
        ticks: Bool = false
    ) throws -> AlertWatch {
        let expression = try #require(Self.everyMinute)
        return .fixture(
            store,
            thresholds,
            interval: interval,
            ticks: ticks ? AlertWatch.Ticks(expression: expression, zone: .utc) : nil
        )
    }

    private func firing(_ store: any Store) async throws -> Set<AlertName> {
        Set(try await store.alerts().filter(\.isFiring).map(\.name))
    }

    @Test("stuck jobs send one event, and one when they are gone", arguments: StoreBackend.available)
    func stuck(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture(events: ["alert.*"]))
            let watch = try self.watch(store)
            try await watch.check(watchedFor: .seconds(1))
            #expect(try await self.firing(store) == [])
            try await store.add((0..<12).map { JobFixture(id: "job-\($0)", started: .seconds(7200)) })
            for _ in 0..<3 { try await watch.check(watchedFor: .seconds(1)) }
            #expect(try await self.firing(store) == [.stuckJobs, .oldestStuck])
            try await Cleaner(store).cleanupStuckJobs(CleanupOptions(force: true))
            for _ in 0..<3 { try await watch.check(watchedFor: .seconds(1)) }
            #expect(try await self.firing(store) == [])
            let sent = try await store.takeAll()
            #expect(sent.map(\.type).sorted() == ["alert.firing", "alert.firing", "alert.resolved", "alert.resolved"])
            let summary = try sent[0].fields()["summary"]
            #expect("\(summary ?? .null)".contains("stuck"))
        }
    }

    @Test("a held run, many failures and large refunds fire alerts", arguments: StoreBackend.available)
    func runs(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<60).map { JobFixture(id: "job-\($0)", cost: 200) })
            let watch = try self.watch(store)
            try await Cleaner(store).cleanupStuckJobs()
            try await watch.check(watchedFor: .seconds(1))
            #expect(try await self.firing(store).contains(.cleanupHeld))
            try await store.approveHolds()
            try await Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: 60))
            try await watch.check(watchedFor: .seconds(1))
            #expect(try await self.firing(store) == [.frequentFailures, .largeRefunds])
        }
    }

    @Test("a run that a pause holds fires no alert", arguments: StoreBackend.available)
    func paused(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            _ = try await store.pause(for: .seconds(60), by: "grace")
            try await Cleaner(store).cleanupStuckJobs()
            let isPaused = try await self.watch(store).check(watchedFor: .seconds(100_000))
            #expect(isPaused)
            #expect(try await self.firing(store) == [])
        }
    }

    @Test("no run for three intervals fires an alert, and not sooner", arguments: StoreBackend.available)
    func notRunning(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let watch = try self.watch(store)
            try await watch.check(watchedFor: .seconds(2600))
            #expect(try await self.firing(store) == [])
            try await watch.check(watchedFor: .seconds(2800))
            #expect(try await self.firing(store) == [.cleanupNotRunning])
            try await Cleaner(store).cleanupStuckJobs()
            try await watch.check(watchedFor: .seconds(2900))
            #expect(try await self.firing(store) == [])
        }
    }

    @Test(
        "a failing webhook fires an alert, also a disabled one with waiting deliveries",
        arguments: StoreBackend.available
    )
    func webhook(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let thresholds = AlertThresholds(webhookFailing: .zero, firesAfter: .zero, resolvesAfter: .zero)
            let watch = try self.watch(store, thresholds)
            var hook = WebhookEndpoint.fixture()
            hook.failingSince = try await store.now() - .seconds(60)
            try await store.put(hook)
            try await watch.check(watchedFor: .seconds(1))
            #expect(try await self.firing(store) == [.webhookFailing])
            #expect(try await store.alerts().first { $0.isFiring }?.summary.contains("hook") == true)
            hook.failingSince = nil
            hook.disabled = WebhookEndpoint.Disabled(at: try await store.now() - .seconds(60), reason: "gone")
            try await store.put(hook)
            try await watch.check(watchedFor: .seconds(1))
            #expect(try await self.firing(store) == [.webhookFailing], "the alert itself waits for it")
            _ = try await store.removeWebhook("hook")
            try await watch.check(watchedFor: .seconds(1))
            #expect(try await self.firing(store) == [])
        }
    }

    @Test("all servers together send one event for a missed tick", arguments: StoreBackend.available)
    func missed(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture(events: ["cleanup.missed"]))
            // No server was running when it was due.
            try await self.watch(store, ticks: true).check(watchedFor: .seconds(1))
            #expect(try await store.takeAll().isEmpty)
            for _ in 0..<3 { try await self.watch(store, ticks: true).check(watchedFor: .seconds(600)) }
            let sent = try await store.takeAll()
            #expect(1...2 ~= sent.count, "one, or two where a minute began meanwhile")
            #expect(try sent.first?.fields()["due"] != nil)
            // A tick that was run is not missed.
            let now = try await store.now()
            _ = try await store.claim(ScheduledCleanup.name, due: now, holder: "me", lease: .seconds(5))
            try await self.watch(store, ticks: true).check(watchedFor: .seconds(600))
            #expect(try await store.takeAll().isEmpty)
        }
    }

    @Test(
        "a run that takes longer than the time between two ticks is no missed tick",
        arguments: StoreBackend.available
    )
    func long(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture(events: ["cleanup.missed"]))
            let now = try await store.now()
            var run = Run(
                id: RandomID.timeOrdered(at: now - .seconds(500)),
                trigger: .scheduler,
                options: CleanupOptions(),
                timeout: nil,
                startedAt: now - .seconds(500)
            )
            run.updatedAt = now
            try await store.record(run, items: [])
            try await self.watch(store, ticks: true).check(watchedFor: .seconds(600))
            #expect(try await store.takeAll().isEmpty)
        }
    }

    @Test("a ledger mismatch is found by the daily check, on one server", arguments: StoreBackend.available)
    func ledger(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture(events: ["ledger.mismatch", "alert.*"]))
            try await store.add(JobFixture(id: "job"))
            // A balance is changed without the ledger, as SQL by hand can do.
            let tables = try #require(store as? any SQLStore)
            try await tables.execute("UPDATE unstick.balances SET balance = balance + 1")
            let watches = try (0..<3).map { _ in try self.watch(store) }
            for watch in watches { try await watch.check(watchedFor: .seconds(1)) }
            #expect(try await self.firing(store) == [.ledgerMismatch])
            let sent = try await store.takeAll()
            #expect(sent.map(\.type).sorted() == ["alert.firing", "ledger.mismatch"])
            let fields = try #require(sent.first { $0.type == "ledger.mismatch" }).fields()
            #expect(fields["userId"] == .text("ada") && fields["check"] == .text("balance_is_sum"))
        }
    }
}
