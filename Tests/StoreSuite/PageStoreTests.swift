import Foundation
import TestSupport
import TestTags
import Testing
import Unstick

@Suite("Store of the admin UI", .tags(.alone))
struct PageStoreTests {
    private func digest(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

    @Test("sessions are found until they end, one by one and all of a user", arguments: StoreBackend.available)
    func sessions(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let now = try await store.now()
            let began = now - .seconds(1)
            func add(_ byte: UInt8, _ name: String, _ credential: String, for time: Duration) async throws {
                try await store.add(
                    Session(
                        digest: self.digest(byte),
                        name: name,
                        role: .operator,
                        credential: credential,
                        at: began,
                        expiresAt: now + time
                    )
                )
            }
            try await add(1, "ada", "token:a", for: .seconds(3600))
            try await add(2, "ada", "token:a", for: .seconds(3600))
            try await add(3, "ada", "token:b", for: .seconds(3600))
            try await add(4, "linus", "token:c", for: .seconds(-1))
            let known = try #require(try await store.session(self.digest(1)))
            #expect(known.name == "ada" && known.role == .operator && known.credential == "token:a")
            #expect(known.createdAt == began && known.expiresAt == now + .seconds(3600))
            for byte in [4, 9] as [UInt8] { #expect(try await store.session(self.digest(byte)) == nil) }
            try await store.endSession(self.digest(1))
            #expect(try await store.session(self.digest(1)) == nil)
            #expect(try await store.endSessions(of: "ada", credential: "token:a") == 1)
            #expect(try await store.session(self.digest(3)) != nil)
        }
    }

    @Test("an entry is written before the action, its outcome once after", arguments: StoreBackend.available)
    func audit(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let act = AuditRequest(
                who: "ada",
                role: .admin,
                channel: .page,
                action: .pause,
                subject: "x",
                detail: "for 1h"
            )
            let value = try await store.audited(act, outcome: \.description) {
                let open = try await store.auditEntries(AuditFilter(), before: nil, limit: 1).rows[0]
                #expect(open.act == act && open.outcome == nil)
                return 7
            }
            #expect(value == 7)
            let done = try await store.auditEntries(AuditFilter(), before: nil, limit: 1).rows[0]
            #expect(done.outcome == "7")
            try await store.end(done.id, outcome: "another")
            #expect(try await store.auditEntries(AuditFilter(), before: nil, limit: 1).rows[0].outcome == "7")
            for code in [UnstickError.Code.invalidArgument, .conflict] {
                await #expect(throws: UnstickError.self) {
                    try await store.audited(act) { throw UnstickError(code, "typed secret") }
                }
            }
            // An action that a signal ends has an outcome as well.
            let (began, beginning) = AsyncStream<Void>.makeStream()
            let stopped = Task {
                try await store.audited(act) { () async throws -> Int in
                    beginning.finish()
                    while !Task.isCancelled { await Task.yield() }
                    throw CancellationError()
                }
            }
            for await _ in began {}
            stopped.cancel()
            await #expect(throws: CancellationError.self) { _ = try await stopped.value }
            let log = try await store.auditEntries(AuditFilter(who: "ada"), before: nil, limit: 9).rows.map(\.outcome)
            // Entries of one millisecond have no order.
            #expect(log.count == 4)
            #expect(Set(log) == ["refused: typed secret", "refused: invalid_argument", "7", AuditEntry.stopped])
            #expect(try await store.auditEntries(AuditFilter(action: .resume), before: nil, limit: 9).rows.isEmpty)
        }
    }

    @Test(
        "one server at a time has an action on many jobs, and a server that lost it writes nothing",
        arguments: StoreBackend.available
    )
    func bulkLeases(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let now = try await store.now()
            let filter = JobFilter(status: .failed, kinds: [JobKind(kind: "video", tier: nil)], before: now)
            var action = BulkAction(
                id: "a",
                kind: .retry,
                filter: filter,
                by: "ada",
                reason: "why",
                expected: 3,
                at: now
            )
            try await store.add(action)
            #expect(try await store.claimBulkAction(holder: "one", lease: .seconds(3600)) == action)
            #expect(try await store.claimBulkAction(holder: "two", lease: .seconds(3600)) == nil)
            action.done = 2
            action.cursor = JobCursor(time: now, id: "j")
            #expect(try await !store.save(action, holder: "two", lease: .seconds(3600)))
            #expect(try await store.save(action, holder: "one", lease: .zero))
            let taken = try #require(try await store.claimBulkAction(holder: "two", lease: .seconds(3600)))
            #expect(taken.done == 2 && taken.cursor == action.cursor && taken.filter == filter)
            #expect(try await !store.save(action, holder: "one", lease: .seconds(3600)))
            let stopped = try await store.stopBulkAction("a")
            let again = try await store.stopBulkAction("a")
            #expect(stopped && !again)
            #expect(try await !store.save(taken, holder: "two", lease: .seconds(3600)))
            #expect(try await store.bulkAction("a")?.status == .stopped)
            #expect(try await store.bulkActions(before: nil, limit: 5).map(\.id) == ["a"])
        }
    }

    @Test(
        "all matching jobs are cancelled and refunded once, also by two servers in turns",
        arguments: StoreBackend.available
    )
    func bulkCancels(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                (0..<250).map { JobFixture(id: "j\($0)", user: "u\($0 % 5)", kind: $0 % 5 == 0 ? "video" : "image") }
            )
            let now = try await store.now() + .milliseconds(1)
            let filter = JobFilter(kind: "image", before: now)
            try await store.add(
                BulkAction(id: "b", kind: .cancel, filter: filter, by: "ada", reason: nil, expected: 200, at: now)
            )
            // Another caller completes one of them in between.
            _ = try await store.complete("j1", attempt: 1)
            let runners = [BulkRunner(store: store), BulkRunner(store: store)]
            let worked = try await runners[0].runNext()
            let nothing = try await runners[1].runNext()
            #expect(worked && !nothing)
            let action = try #require(try await store.bulkAction("b"))
            #expect(action.status == .completed && action.done == 199 && action.skipped == 1 && action.failed == 0)
            #expect(try await store.count(JobFilter(status: .cancelled)).jobs == 199)
            #expect(try await store.count(JobFilter(status: .processing, kind: "video")).jobs == 50)
            try await store.expectClean()
        }
    }

    @Test("a retry that a user cannot pay for is reported, and the others continue", arguments: StoreBackend.available)
    func bulkRetries(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<10).map { JobFixture(id: "j\($0)", user: $0 < 5 ? "poor" : "rich") })
            try await Cleaner(store).cleanupStuckJobs()
            let manager = TokenBalanceManager(store: store)
            _ = try await manager.consumeTokens(33, from: "poor", for: "other")
            let now = try await store.now() + .milliseconds(1)
            let filter = JobFilter(status: .failed, before: now)
            try await store.add(
                BulkAction(id: "c", kind: .retry, filter: filter, by: "ada", reason: nil, expected: 10, at: now)
            )
            _ = try await BulkRunner(store: store).runNext()
            let action = try #require(try await store.bulkAction("c"))
            #expect(action.done == 5 && action.failed == 5 && action.lastError?.contains("tokens") == true)
            #expect(try await store.count(JobFilter(status: .pending)).jobs == 5)
            try await store.expectClean()
        }
    }

    @Test("the history of runs, by the hour, by filter and for one job", arguments: StoreBackend.available)
    func history(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                JobFixture(id: "a"),
                JobFixture(id: "b"),
                JobFixture(id: "young", started: .seconds(10))
            )
            let cleaner = Cleaner(store)
            try await cleaner.cleanupStuckJobs(CleanupOptions(dryRun: true), trigger: .admin("ada"))
            let result = try await cleaner.cleanupStuckJobs(trigger: .admin("ada"))
            try await cleaner.cleanupStuckJobs(trigger: .cron)
            let now = try await store.now()
            let hours = try await store.hourlyTotals(since: now - .seconds(7200))
            #expect(hours.reduce(0) { $0 + $1.failed } == 2 && hours.reduce(0) { $0 + $1.tokensRefunded } == 16)
            #expect(hours.map(\.mostFound).max() == 2 && hours.reduce(0) { $0 + $1.retried } == 0)
            for (filter, count) in [
                (RunFilter(), 3), (RunFilter(trigger: "admin"), 2), (RunFilter(trigger: "admin:ada"), 2),
                (RunFilter(trigger: "adm"), 0), (RunFilter(dryRun: true), 1), (RunFilter(trigger: "cron"), 1),
                (RunFilter(status: .held), 0), (RunFilter(status: .completed, dryRun: false), 2),
            ] {
                #expect(try await store.runs(filter, before: nil, limit: 10).rows.count == count, "\(filter)")
            }
            let job = try #require(try await store.job("a"))
            let items = try await store.items(ofJob: job, limit: 5)
            #expect(items.map(\.runID) == [result.runID] && items[0].item.action == .failedAndRefunded)
            let young = try #require(try await store.job("young"))
            #expect(try await store.items(ofJob: young, limit: 5).isEmpty)
            #expect(Set(try await store.recentRefunds(limit: 5).map(\.jobID)) == ["a", "b"])
            let refunds = try await store.refunds(of: "ada", limit: 5)
            #expect(Set(refunds.compactMap(\.sourceID)) == ["a", "b"])
            let keys = [LedgerKey.spend(job: "a", charge: 1), LedgerKey.refund(job: "a", charge: 1), "none"]
            #expect(try await store.transactions(of: "ada", keys: keys).count == 2)
        }
    }

    @Test(
        "a preview shows what a run would take and refund, and why it would be held",
        arguments: StoreBackend.available
    )
    func preview(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<30).map { JobFixture(id: "j\($0)", started: .seconds(600 + $0)) })
            let cleaner = Cleaner(store)
            let some = try await cleaner.preview(CleanupOptions(batchSize: 10), listed: 5)
            #expect(some.totalFound == 30 && some.taken == 10 && some.tokensOwed == 80 && some.jobs.count == 5)
            #expect(some.held?.contains("30 of 30 running jobs") == true && !some.isPaused)
            let all = try await cleaner.preview(CleanupOptions(drain: true), listed: 100)
            #expect(all.taken == 30 && all.tokensOwed == 240 && all.jobs.count == 30)
            #expect(all.kinds == ["image"])
            _ = try await store.pause(for: .seconds(600), by: "ada")
            #expect(try await cleaner.preview(CleanupOptions(), listed: 1).isPaused)
            #expect(try await store.runs(before: nil, limit: 5).isEmpty, "it leaves no record")
        }
    }

    @Test(
        "a preview of one kind covers its jobs only",
        arguments: StoreBackend.available,
        [[], [Rule(name: "films", kinds: ["video"], timeout: .seconds(60))]]
    )
    func previewOfKind(backend: StoreBackend, rules: [Rule]) async throws {
        try await backend.withStore { store in
            try await store.add((0..<30).map { JobFixture(id: "j\($0)", started: .seconds(900 + $0)) })
            try await store.add(
                JobFixture(id: "v1", kind: "video", tier: "TIER_4K", started: .seconds(600)),
                JobFixture(id: "v2", kind: "video", tier: nil, started: .seconds(700)),
                JobFixture(id: "v3", kind: "video", tier: nil, started: .seconds(800)),
                JobFixture(id: "young", kind: "sound", started: .seconds(5))
            )
            let cleaner = Cleaner(store, by: Policy(rules: rules))
            let some = try await cleaner.preview(CleanupOptions(kinds: ["video"]), listed: 2)
            #expect(some.jobs.map(\.id) == ["v3", "v2"] && some.totalFound == 3 && some.kinds == ["image", "video"])
            #expect(some.taken == 3 && some.tokensOwed == 24)
            #expect(try await cleaner.preview(CleanupOptions(kinds: ["sound"]), listed: 5).jobs.isEmpty)
            #expect(try await cleaner.preview(CleanupOptions(kinds: ["none"]), listed: 5).totalFound == 0)
            let two = try await cleaner.preview(CleanupOptions(kinds: ["video", "image"]), listed: 5)
            #expect(two.totalFound == 33)
        }
    }
}
