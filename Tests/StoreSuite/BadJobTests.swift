import Testing
import Unstick

@Suite("Jobs that cannot be cleaned")
struct BadJobTests {
    /// Users whose balance is full, so that no refund fits.
    private func add(bad: [Int], of count: Int, to store: any Store) async throws {
        try await store.add(
            (0..<count).map { index in
                JobFixture(
                    id: "job-\(index)",
                    user: bad.contains(index) ? "rich-\(index)" : "ada",
                    cost: 5,
                    started: .seconds(2000 - index)
                )
            }
        )
        for index in bad { try await TokenBalanceManager(store: store).addTokens(Limits.tokens, to: "rich-\(index)") }
    }

    @Test("one bad job is reported with its reason, the others are cleaned", arguments: StoreBackend.available)
    func oneBad(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await self.add(bad: [3], of: 10, to: store)
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(
                result.totalFound == 10 && result.cleanedUp == 9 && result.failed == 1 && result.tokensRefunded == 45
            )
            #expect(result.errors.map(\.jobID) == ["job-3"])
            #expect(result.errors[0].error.contains("out of its range"))
            #expect(result.jobs.first { $0.id == "job-3" }?.error == result.errors[0].error)
            #expect(result.message == "Successfully cleaned up 9 stuck jobs and refunded 45 tokens")
            #expect(try await store.status("job-3") == .processing)
            let run = try #require(try await store.run(result.runID))
            #expect(run.status == .completed && run.failed == 1 && run.cleanedUp == 9)
            let items = try await store.items(of: run.id, after: 0, limit: 20)
            #expect(items.map(\.position) == Array(1...10) && items.map(\.jobID) == (0..<10).map { "job-\($0)" })
            #expect(items[3].action == .error && items[3].error != nil && items[3].tokensRefunded == 0)
            try await store.expectClean()
        }
    }

    @Test("bad jobs at the front do not block those behind them", arguments: StoreBackend.available)
    func badFront(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await self.add(bad: Array(0..<8), of: 12, to: store)
            let result = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: 4))
            #expect(result.cleanedUp == 4 && result.failed == 8 && !result.more)
            let again = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: 4))
            #expect(again.cleanedUp == 0 && again.failed == 8)
            #expect(again.message == "Found 8 stuck jobs, but none could be cleaned up")
            try await store.expectClean()
        }
    }

    @Test("bad jobs anywhere, at every batch size", arguments: StoreBackend.available, [1, 2, 3, 7, 50])
    func scattered(backend: StoreBackend, batchSize: Int) async throws {
        try await backend.withStore { store in
            let bad = [0, 1, 6, 12, 13, 18]
            try await self.add(bad: bad, of: 19, to: store)
            let result = try await Cleaner(store)
                .cleanupStuckJobs(CleanupOptions(batchSize: batchSize, drain: true))
            #expect(result.cleanedUp == 13 && result.failed == 6)
            #expect(result.errors.map(\.jobID) == bad.map { "job-\($0)" })
            #expect(try await store.balance(of: "ada") == 65)
            try await store.expectClean()
        }
    }

    @Test(
        "jobs that are refused for the content of their rows make no run fail; they are counted and reported",
        arguments: StoreBackend.available
    )
    func ownFault(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                JobFixture(id: "a", user: "rich-a", started: .seconds(900)),
                JobFixture(id: "b", user: "rich-b")
            )
            for user in ["rich-a", "rich-b"] {
                try await TokenBalanceManager(store: store).addTokens(Limits.tokens, to: user)
            }
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.totalFound == 2 && result.cleanedUp == 0 && result.failed == 2)
            #expect(try await store.lastSuccess()?.id == result.runID)
            let watch = AlertWatch.fixture(store)
            try await watch.check(watchedFor: .seconds(1))
            let alert = try #require(try await store.alerts().first { $0.name == .jobsNotCleaned })
            #expect(alert.isFiring && alert.summary.hasPrefix("The last run could not clean 2 jobs."))
            #expect(try await store.alerts().contains { $0.name == .cleanupFailed && $0.isFiring } == false)
            // A run that the guard holds cleans nothing, so it does not end the alert.
            try await store.add((0..<60).map { JobFixture(id: "job-\($0)") })
            #expect(try await Cleaner(store).cleanupStuckJobs().held != nil)
            try await watch.check(watchedFor: .seconds(1))
            let firing = try await store.alerts().filter(\.isFiring).map(\.name)
            #expect(firing.contains(.jobsNotCleaned) && firing.contains(.cleanupHeld))
        }
    }
}
