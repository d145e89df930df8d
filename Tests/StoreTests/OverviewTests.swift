import Logging
import Testing
import Unstick

@Suite("What is stuck, at a glance")
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

    @Test("the last success is the newest real pass that went through", arguments: StoreBackend.available)
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
            let forced = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(force: true))
            #expect(try await store.lastSuccess()?.id == forced.runID)
            #expect(try await store.totals(since: store.now() - .seconds(3600)).tokensRefunded == forced.tokensRefunded)
            #expect(forced.tokensRefunded > 0)
            #expect(
                try await store.totals(since: store.now() + .seconds(1)) == PassTotals(cleanedUp: 0, tokensRefunded: 0)
            )
        }
    }
}
