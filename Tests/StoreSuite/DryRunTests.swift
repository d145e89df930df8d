import TestSupport
import Testing
import Unstick

@Suite("Dry runs and the guard")
struct DryRunTests {
    @Test(
        "a dry run lists what a run would do and writes only its own record",
        arguments: StoreBackend.available
    )
    func dryRun(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<5).map { JobFixture(id: "job-\($0)", cost: 3) })
            let jobs = try await store.jobs(JobFilter(), after: nil, limit: 10).rows
            let lines = try await store.transactions(of: "ada", before: nil, limit: 100)
            let result = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(dryRun: true))

            #expect(result.message == "Dry run: Found 5 stuck jobs (no changes made)")
            #expect(result.dryRun && result.totalFound == 5 && result.cleanedUp == 0)
            #expect(result.tokensRefunded == 0 && result.tokensOwed == 15)
            #expect(result.jobs.allSatisfy { $0.tokensRefunded == 0 && $0.tokensOwed == 3 })
            #expect(result.jobs.count == 5)
            #expect(try await store.jobs(JobFilter(), after: nil, limit: 10).rows == jobs)
            #expect(try await store.transactions(of: "ada", before: nil, limit: 100) == lines)
            #expect(try await store.balance(of: "ada") == 0)
            let run = try #require(try await store.run(result.runID))
            #expect(run.dryRun && run.status == .completed && run.totalFound == 5)
            #expect(run.cleanedUp == 0 && run.tokensRefunded == 0 && run.tokensOwed == 15)
            let items = try await store.items(of: run.id, after: 0, limit: 10)
            #expect(items.allSatisfy { $0.action == .wouldFail && $0.reason.contains("limit 5m") })
            #expect(items.allSatisfy { $0.tokensRefunded == 0 && $0.tokensOwed == 3 })
        }
    }

    @Test("a dry run takes at most a batch unless it drains", arguments: StoreBackend.available)
    func dryRunBatch(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<5).map { JobFixture(id: "job-\($0)") })
            let cleaner = Cleaner(store)
            let one = try await cleaner.cleanupStuckJobs(CleanupOptions(dryRun: true, batchSize: 2))
            #expect(one.totalFound == 2 && one.more)
            let all = try await cleaner.cleanupStuckJobs(CleanupOptions(dryRun: true, batchSize: 2, drain: true))
            #expect(all.totalFound == 5 && !all.more)
            #expect(try await store.items(of: all.runID, after: 0, limit: 10).map(\.position) == [1, 2, 3, 4, 5])
        }
    }

    @Test(
        "a run that would fail most of the running jobs is held, and a forced one is not",
        arguments: StoreBackend.available
    )
    func held(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<20).map { JobFixture(id: "job-\($0)") })
            try await store.add(JobFixture(id: "live", started: .seconds(1)))
            let cleaner = Cleaner(store)
            let preview = try await cleaner.cleanupStuckJobs(CleanupOptions(dryRun: true))
            #expect(preview.totalFound == 20 && preview.held != nil)
            let held = try await cleaner.cleanupStuckJobs()
            #expect(held.held?.hasPrefix("20 of 21 running jobs look stuck at once") == true)
            #expect(held.message.hasPrefix("Held: 20 of 21") && held.cleanedUp == 0 && held.more)
            #expect(try await store.run(held.runID)?.status == .held)
            #expect(try await store.status("job-1") == .processing)
            #expect(try await store.balance(of: "ada") == 0)

            // A forced run skips the question, and releases no hold.
            try await store.add((20..<40).map { JobFixture(id: "job-\($0)") })
            let forced = try await cleaner.cleanupStuckJobs(CleanupOptions(force: true))
            #expect(forced.cleanedUp == 20 && forced.held == nil && forced.heldCount == 20)
            try await store.approveHolds()
            #expect(try await cleaner.cleanupStuckJobs().cleanedUp == 20)
        }
    }

    @Test("few stuck jobs, or half of the fleet, are not held", arguments: StoreBackend.available)
    func notHeld(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<19).map { JobFixture(id: "few-\($0)") })
            let cleaner = Cleaner(store)
            #expect(try await cleaner.cleanupStuckJobs().cleanedUp == 19)
            try await store.add((0..<25).map { JobFixture(id: "old-\($0)") })
            try await store.add((0..<25).map { JobFixture(id: "live-\($0)", started: .seconds(2)) })
            #expect(try await cleaner.cleanupStuckJobs().cleanedUp == 25)
        }
    }
}
