import Testing
import Unstick

@Suite("Cleaning stuck jobs")
struct CleanupTests {
    @Test(
        "a stuck job fails, its user is refunded, and all of it is recorded",
        arguments: StoreBackend.available
    )
    func wholeOutcome(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "job", cost: 9, attempt: 3, started: .milliseconds(600_400)))
            let before = try #require(try await store.job("job"))
            let result = try await Cleaner(store).cleanupStuckJobs()

            #expect(result.totalFound == 1 && result.cleanedUp == 1 && result.failed == 0 && result.tokensRefunded == 9)
            #expect(result.message == "Successfully cleaned up 1 stuck jobs and refunded 9 tokens")
            #expect(!result.more && !result.dryRun && result.held == nil && result.errors.isEmpty)
            let cleaned = try #require(result.jobs.first)
            #expect(cleaned.id == "job" && cleaned.userID == "ada" && cleaned.tokensRefunded == 9)
            #expect(cleaned.processingDuration >= .milliseconds(600_400))

            let job = try #require(try await store.job("job"))
            #expect(job.status == .failed && job.attempt == 3 && job.processingStartedAt == before.processingStartedAt)
            let seconds = (cleaned.processingDuration.inMilliseconds + 500) / 1000
            #expect(
                job.errorMessage == "Job timed out after \(seconds)s. Automatically cleaned up and tokens refunded."
            )
            #expect(job.processingCompletedAt == job.updatedAt && job.updatedAt > before.updatedAt)

            #expect(try await store.balance(of: "ada") == 9)
            let line = try #require(try await store.transactions(of: "ada", before: nil, limit: 1).first)
            #expect(line.kind == .refund && line.amount == 9 && line.balanceAfter == 9 && line.id == "refund:job:1")
            #expect(line.source == "enhancement_failed" && line.sourceID == "job")
            #expect(line.metadata.contains(result.runID) && line.metadata.contains("stuck for \(seconds)s"))

            let run = try #require(try await store.run(result.runID))
            #expect(run.status == .completed && run.trigger == .library && run.totalFound == 1 && run.cleanedUp == 1)
            #expect(
                run.tokensRefunded == 9 && run.duration != nil && run.timeout == .seconds(300) && run.batchSize == 100
            )
            let item = try #require(try await store.items(of: run.id, after: 0, limit: 10).first)
            #expect(item.jobID == "job" && item.action == .failedAndRefunded && item.tokensRefunded == 9)
            #expect(
                item.attempt == 3
                    && item.reason == "processing for \(cleaned.processingDuration.text), limit 5m, attempt 3"
            )
            try await store.expectClean()
        }
    }

    @Test("several jobs of several users are cleaned in one run", arguments: StoreBackend.available)
    func several(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<12).map { JobFixture(id: "job-\($0)", user: "user-\($0 % 4)", cost: $0 + 1) })
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.cleanedUp == 12 && result.tokensRefunded == 78)
            for user in 0..<4 {
                #expect(try await store.balance(of: "user-\(user)") == 3 * (user + 1) + 12)
            }
            try await store.expectClean()
        }
    }

    @Test("a second run finds nothing and refunds nothing", arguments: StoreBackend.available)
    func twice(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "job"))
            let cleaner = Cleaner(store)
            try await cleaner.cleanupStuckJobs()
            let second = try await cleaner.cleanupStuckJobs()
            #expect(second.totalFound == 0 && second.message == "No stuck jobs found")
            #expect(try await store.balance(of: "ada") == 8)
            #expect(try await store.runs(before: nil, limit: 10).map(\.totalFound) == [0, 1])
        }
    }

    @Test("an empty run leaves a record", arguments: StoreBackend.available)
    func emptyRun(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let result = try await Cleaner(store).cleanupStuckJobs(trigger: .admin("grace"))
            let run = try #require(try await store.run(result.runID))
            #expect(run.status == .completed && run.totalFound == 0 && run.trigger.description == "admin:grace")
        }
    }

    @Test("a run takes at most a batch, the oldest, and reports that there is more", arguments: StoreBackend.available)
    func batch(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<5).map { JobFixture(id: "job-\($0)", started: .seconds(400 + $0)) })
            let cleaner = Cleaner(store)
            let first = try await cleaner.cleanupStuckJobs(CleanupOptions(batchSize: 3))
            #expect(first.jobs.map(\.id) == ["job-4", "job-3", "job-2"])
            #expect(first.more)
            let second = try await cleaner.cleanupStuckJobs(CleanupOptions(batchSize: 3))
            #expect(second.cleanedUp == 2 && !second.more)
            let exact = try await cleaner.cleanupStuckJobs(CleanupOptions(batchSize: 1))
            #expect(exact.totalFound == 0)
        }
    }

    @Test("a batch that takes exactly all stuck jobs reports that nothing is left", arguments: StoreBackend.available)
    func exactBatch(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<4).map { JobFixture(id: "job-\($0)") })
            let result = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: 4))
            #expect(result.cleanedUp == 4 && !result.more)
        }
    }

    @Test("a drain continues until no job is stuck, in one run", arguments: StoreBackend.available)
    func drain(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<19).map { JobFixture(id: "job-\($0)", user: "user-\($0 % 3)") })
            nonisolated(unsafe) var steps: [Int] = []
            let result = try await Cleaner(store)
                .cleanupStuckJobs(CleanupOptions(batchSize: 5, drain: true), trigger: .cli) { steps.append($0.done) }
            #expect(result.cleanedUp == 19 && !result.more && steps == [5, 10, 15, 19])
            let positions = try await store.items(of: result.runID, after: 0, limit: 100).map(\.position)
            #expect(positions == Array(1...19))
            #expect(try await store.items(of: result.runID, after: 15, limit: 2).map(\.position) == [16, 17])
            try await store.expectClean()
        }
    }

    @Test("the timeout can be chosen", arguments: StoreBackend.available)
    func customTimeout(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "job", started: .seconds(600)))
            let cleaner = Cleaner(store)
            #expect(try await cleaner.cleanupStuckJobs(CleanupOptions(timeout: .seconds(3600))).totalFound == 0)
            #expect(try await cleaner.cleanupStuckJobs(CleanupOptions(timeout: .seconds(60))).cleanedUp == 1)
        }
    }

    @Test("a job that cost nothing fails without a refund", arguments: StoreBackend.available)
    func free(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "free", cost: 0), JobFixture(id: "paid", cost: 5))
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.cleanedUp == 2 && result.tokensRefunded == 5)
            #expect(try await store.status("free") == .failed)
            let actions = try await store.items(of: result.runID, after: 0, limit: 5).map(\.action)
            #expect(Set(actions) == [.failed, .failedAndRefunded])
            try await store.expectClean()
        }
    }

    @Test("a job that cost nothing is not reported as refunded", arguments: StoreBackend.available)
    func freeMessage(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "free", cost: 0))
            try await Cleaner(store).cleanupStuckJobs()
            let message = try await store.job("free")?.errorMessage ?? ""
            #expect(message.hasSuffix("s. Automatically cleaned up.") && !message.contains("refunded"))
        }
    }

    @Test("a charge that was refunded before is not refunded again", arguments: StoreBackend.available)
    func refundedBefore(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "job", cost: 8))
            try await TokenBalanceManager(store: store).refundTokens(8, to: "ada", for: "job", reason: "support")
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.cleanedUp == 1 && result.tokensRefunded == 0)
            #expect(try await store.status("job") == .failed)
            #expect(try await store.balance(of: "ada") == 8)
            try await store.expectClean()
        }
    }

    @Test("a user who is not in the ledger gets a balance", arguments: StoreBackend.available)
    func quotesAndUmlauts(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let id = "it's \"Zürich\"; DROP TABLE jobs; --"
            try await store.add(JobFixture(id: id, user: "O'Brien 日本", cost: Limits.tokens))
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.jobs.map(\.id) == [id])
            #expect(try await store.balance(of: "O'Brien 日本") == Limits.tokens)
            try await store.expectClean()
        }
    }

    @Test("a live job does not change whatever else is cleaned", arguments: StoreBackend.available)
    func liveJobs(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                JobFixture(id: "live", started: .seconds(200)),
                JobFixture(id: "done", status: .completed, started: .seconds(900)),
                JobFixture(id: "waiting", status: .pending, started: nil, updated: .seconds(900)),
                JobFixture(id: "stuck")
            )
            try await Cleaner(store).cleanupStuckJobs(CleanupOptions(drain: true))
            #expect(try await store.status("live") == .processing)
            #expect(try await store.status("done") == .completed)
            #expect(try await store.status("waiting") == .pending)
            #expect(try await store.status("stuck") == .failed)
        }
    }

    @Test("the result has the contract's JSON", arguments: StoreBackend.available)
    func json(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "job"))
            let result = try await Cleaner(store).cleanupStuckJobs()
            let object = try jsonObject(result)
            #expect(
                Set(object.keys) == [
                    "runId", "dryRun", "totalFound", "cleanedUp", "failed", "tokensRefunded", "jobs", "errors", "more",
                ]
            )
            let job = try #require((object["jobs"] as? [[String: Any]])?.first)
            #expect(Set(job.keys) == ["id", "userId", "tokensRefunded", "processingDuration"])
            #expect(job["processingDuration"] as? Int == result.jobs[0].processingDuration.inMilliseconds)
        }
    }
}
