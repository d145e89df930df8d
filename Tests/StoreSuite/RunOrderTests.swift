import Testing
import Unstick

@Suite("Run order and kinds")
struct RunOrderTests {
    @Test(
        "a run with a clock that was ahead is the last one only until the next",
        arguments: StoreBackend.available
    )
    func clockAhead(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let now = try await store.now()
            let future = now + .seconds(5 * 366 * 86_400)
            let ahead = Run(
                id: RandomID.timeOrdered(at: future),
                trigger: .scheduler,
                status: .completed,
                dryRun: false,
                timeout: nil,
                batchSize: 100,
                cleanedUp: 7,
                tokensRefunded: 70,
                startedAt: future,
                updatedAt: future
            )
            try await store.record(ahead, items: [])
            #expect(try await store.lastSuccess()?.id == ahead.id)
            let health = CleanupHealth(
                lastSuccess: try await store.lastSuccess(),
                watchedSince: now,
                interval: .seconds(900),
                isPaused: false,
                now: now
            )
            #expect(health.status == .clockWrong)
            // The totals of today do not include a run of the future.
            #expect(try await store.totals(since: now - .seconds(60)).tokensRefunded == 0)
            #expect(try await store.hourlyTotals(since: now - .seconds(60)).isEmpty)
            var silent = ahead
            silent.id = RandomID.timeOrdered(at: future)
            silent.status = .running
            try await store.record(silent, items: [])

            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(try await store.lastSuccess()?.id == result.runID)
            let runs = try await store.runs(before: nil, limit: 10)
            #expect(runs.map(\.id) == [result.runID, silent.id, ahead.id])
            #expect(runs[1].status == .failed, "nobody is working on it")
            let pages = try await store.runs(before: result.runID, limit: 1)
            #expect(pages.map(\.id) == [silent.id])
            #expect(try await store.runs(before: silent.id, limit: 5).map(\.id) == [ahead.id])
            let filtered = try await store.runs(RunFilter(status: .completed), before: nil, limit: 5).rows
            #expect(filtered.map(\.id) == [result.runID, ahead.id])
        }
    }

    @Test(
        "a run takes the selected kinds, and records them",
        arguments: StoreBackend.available,
        [[], [Rule(name: "films", kinds: ["video"], timeout: .seconds(60))]]
    )
    func kinds(backend: StoreBackend, rules: [Rule]) async throws {
        try await backend.withStore { store in
            for kind in ["image", "video", "sound"] {
                try await store.add((0..<3).map { JobFixture(id: "\(kind)-\($0)", kind: kind) })
            }
            let cleaner = Cleaner(store, by: Policy(rules: rules))
            let dry = try await cleaner.cleanupStuckJobs(CleanupOptions(dryRun: true, kinds: ["video"]))
            #expect(dry.totalFound == 3 && dry.jobs.allSatisfy { $0.id.hasPrefix("video") })
            let result = try await cleaner.cleanupStuckJobs(
                CleanupOptions(batchSize: 2, drain: true, kinds: ["video", "sound", "none"])
            )
            #expect(result.cleanedUp == 6 && !result.more)
            #expect(try await store.run(result.runID)?.kinds == ["video", "sound", "none"])
            #expect(try await store.status("image-0") == .processing)
            #expect(try await store.status("sound-2") == .failed)
            #expect(try await store.lastSuccess() == nil, "a run of some kinds is no success of all")
            #expect(try await store.lastWholeRun() == nil)
            let rest = try await cleaner.cleanupStuckJobs()
            #expect(rest.cleanedUp == 3)
            _ = try await cleaner.cleanupStuckJobs(CleanupOptions(kinds: ["video"]))
            for _ in 0..<3 { _ = try await cleaner.cleanupStuckJobs(CleanupOptions(dryRun: true)) }
            #expect(try await store.lastSuccess()?.id == rest.runID)
            #expect(try await store.lastWholeRun()?.id == rest.runID)
            #expect(try await store.run(rest.runID)?.kinds == [])
            await #expect(throws: UnstickError.self) {
                try await cleaner.cleanupStuckJobs(CleanupOptions(kinds: [""]))
            }
            await #expect(throws: UnstickError.self) {
                try await cleaner.cleanupStuckJobs(CleanupOptions(kinds: ["a\nb"]))
            }
            try await store.expectClean()
        }
    }

    @Test("the guard checks all kinds, also where a run takes some", arguments: StoreBackend.available)
    func guarded(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            for kind in ["image", "video"] {
                try await store.add((0..<25).map { JobFixture(id: "\(kind)-\($0)", kind: kind) })
            }
            try await store.add((0..<10).map { JobFixture(id: "live-\($0)", started: .seconds(5)) })
            let held = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(kinds: ["image"]))
            #expect(held.held != nil && held.totalFound == 0)
            #expect(try await store.lastSuccess() == nil)
        }
    }

    @Test(
        "jobs that no worker starts are counted, also where no rule limits their wait",
        arguments: StoreBackend.available
    )
    func waiting(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let cleaner = Cleaner(store)
            #expect(try await cleaner.waitingJobs() == WaitingJobs(jobs: 0, isMore: false, since: nil))
            try await store.add(
                (0..<5).map {
                    JobFixture(id: "job-\($0)", status: .pending, attempt: 0, started: nil, updated: .seconds(3600))
                }
            )
            try await store.add(
                JobFixture(
                    id: "old",
                    status: .pending,
                    attempt: 0,
                    started: nil,
                    updated: .seconds(720 * 86_400)
                ),
                JobFixture(id: "running")
            )
            let now = try await store.now()
            let waiting = try #require(try await cleaner.waitingJobs())
            #expect(waiting.jobs == 6 && !waiting.isMore)
            #expect(waiting.text(at: now) == "6 waiting, the oldest for 720d")
            let some = try #require(try await store.waitingJobs(limit: 5))
            #expect(some.jobs == 5 && some.isMore)
        }
    }
}
