import Logging
import TestSupport
import Testing
import Unstick

@Suite("Overview")
struct OverviewTests {
    @Test("stuck jobs are counted by kind, with the oldest, in both phases", arguments: StoreBackend.available)
    func byKind(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                JobFixture(id: "a", kind: "image", started: .seconds(700)),
                JobFixture(id: "b", kind: "image", started: .seconds(900)),
                JobFixture(id: "c", kind: "video", started: .seconds(400)),
                JobFixture(id: "d", kind: "video", started: .seconds(1)),
                JobFixture(id: "e", kind: "video", status: .pending, started: nil, updated: .seconds(8000))
            )
            let policy = Policy(standard: Rule(timeout: .seconds(300), pendingTimeout: .seconds(3600)))
            let cleaner = Cleaner(store: store, policy: PolicySource(policy))
            let overview = try await cleaner.overview()
            #expect(overview.kinds.map { "\($0.kind) \($0.jobs)" } == ["image 2", "video 2"])
            let ages = overview.kinds.map { overview.now - $0.since }
            #expect(ages[0] >= .seconds(900) && ages[0] < .seconds(1000) && ages[1] >= .seconds(8000))
            #expect(overview.running == 4 && overview.pause == nil)
            try await cleaner.cleanupStuckJobs()
            #expect(try await cleaner.overview().kinds.isEmpty)
        }
    }

    @Test(
        "refunds by a worker, a user, a bulk action and a run count, each once",
        arguments: StoreBackend.available
    )
    func refundsByCalls(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await TokenBalanceManager(store: store).addTokens(100, to: "ada")
            let jobs = JobLifecycle(store: store)
            for id in ["failed", "cancelled", "bulk", "used"] {
                let kind: ChargeKind = id == "used" ? .hold : .charge
                try await jobs.create(
                    NewJob(id: id, userID: "ada", kind: "image", tokensCost: 10, chargeKind: kind)
                )
                _ = try await jobs.start(id)
            }
            _ = try await jobs.fail("failed", attempt: 1, message: "no", isRetryable: false)
            _ = try await jobs.cancel("cancelled")
            // The unused part of a delivered job's charge is no refund.
            _ = try await jobs.complete("used", attempt: 1, tokensUsed: 4)
            try await store.add(
                BulkAction(
                    id: "b",
                    kind: .fail,
                    filter: JobFilter(status: .processing),
                    by: "grace",
                    reason: nil,
                    expected: 1,
                    at: store.now()
                )
            )
            _ = try await BulkRunner(store: store).runNext()
            try await store.add(JobFixture(id: "stuck", user: "eve", cost: 7))
            try await Cleaner(store).cleanupStuckJobs()
            let since = try await store.now() - .seconds(3600)
            let totals = try await store.totals(since: since)
            #expect(totals == RunTotals(cleanedUp: 1, tokensRefunded: 37, tokensByCalls: 30))
            #expect(try await store.hourlyTotals(since: since).map(\.tokensRefunded).reduce(0, +) == 37)
            let recent = try await store.recentRefunds(limit: 10)
            #expect(Set(recent.map(\.jobID)) == ["failed", "cancelled", "bulk", "stuck"])
            #expect(recent.map(\.tokens).reduce(0, +) == 37)
            let refunds = try await TokenBalanceManager(store: store).refunds(of: "ada")
            #expect(refunds.tokens == 30 && refunds.count == 3 && refunds.last?.sourceID == "bulk")
            #expect(try await TokenBalanceManager(store: store).refunds(of: "nobody").last == nil)
            try await store.expectClean()
        }
    }

    @Test("the last success is the newest successful real run", arguments: StoreBackend.available)
    func lastSuccess(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            #expect(try await store.lastSuccess() == nil)
            let first = try await Cleaner(store).cleanupStuckJobs()
            try await Cleaner(store).cleanupStuckJobs(CleanupOptions(dryRun: true))
            #expect(try await store.lastSuccess()?.id == first.runID)
            try await store.add((0..<20).map { JobFixture(id: "job-\($0)") })
            let held = try await Cleaner(store).cleanupStuckJobs()
            #expect(held.held != nil)
            #expect(try await store.lastSuccess()?.id == first.runID)
            #expect(try await store.totals(since: store.now() - .seconds(3600)).tokensRefunded == 0)
            try await store.approveHolds()
            let approved = try await Cleaner(store).cleanupStuckJobs()
            #expect(try await store.lastSuccess()?.id == approved.runID)
            let totals = try await store.totals(since: store.now() - .seconds(3600))
            #expect(totals.tokensRefunded == approved.tokensRefunded)
            #expect(approved.tokensRefunded > 0)
            #expect(
                try await store.totals(since: store.now() + .seconds(1)) == RunTotals(cleanedUp: 0, tokensRefunded: 0)
            )
        }
    }
}
