import TestSupport
import Testing
import Unstick

@Suite("Job lifecycle")
struct JobLifeTests {
    @Test("creating a job charges its user, both or neither", arguments: StoreBackend.available)
    func create(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let tokens = TokenBalanceManager(store: store)
            try await tokens.addTokens(10, to: "ada")
            let job = try await store.create(NewJob(id: "job", userID: "ada", kind: "image", tier: "T", tokensCost: 8))
                .job
            #expect(job.status == .pending && job.attempt == 0 && job.charge == 1 && job.tier == "T")
            #expect(try await tokens.balance(of: "ada") == 2)
            let poor = await #expect(throws: UnstickError.self) {
                try await store.create(NewJob(id: "other", userID: "ada", kind: "image", tokensCost: 3))
            }
            #expect(poor?.code == .insufficientTokens)
            #expect(try await store.job("other") == nil)
            _ = try await store.create(NewJob(id: "free", userID: "ada", kind: "image", tokensCost: 0))
            #expect(try await tokens.balance(of: "ada") == 2)
            try await store.expectClean()
        }
    }

    @Test(
        "creating the same job again changes nothing, another one with its id is refused",
        arguments: StoreBackend.available
    )
    func createTwice(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await TokenBalanceManager(store: store).addTokens(10, to: "ada")
            let new = NewJob(id: "job", userID: "ada", kind: "image", tokensCost: 4)
            let first = try await store.create(new)
            #expect(first.isNew)
            #expect(try await store.create(new) == .existing(first.job))
            let error = await #expect(throws: UnstickError.self) {
                try await store.create(NewJob(id: "job", userID: "ada", kind: "image", tokensCost: 5))
            }
            #expect(error?.code == .conflict)
            #expect(try await store.balance(of: "ada") == 6)
            await #expect(throws: UnstickError.self) {
                try await store.create(NewJob(id: "", userID: "ada", kind: "image", tokensCost: 5))
            }
            await #expect(throws: UnstickError.self) {
                try await store.create(NewJob(id: "x", userID: "ada", kind: "image", tokensCost: -5))
            }
        }
    }

    @Test("a job starts once and completes once", arguments: StoreBackend.available)
    func startAndComplete(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            _ = try await store.create(NewJob(id: "job", userID: "ada", kind: "image", tokensCost: 0))
            guard case .moved(let started) = try await store.start("job") else { return #expect(Bool(false)) }
            #expect(started.status == .processing && started.attempt == 1 && started.processingStartedAt != nil)
            #expect(try await store.start("job") == .refused(started))
            #expect(try await store.complete("job", attempt: 2) == .refused(started))
            guard case .moved(let done) = try await store.complete("job", attempt: 1) else {
                return #expect(Bool(false))
            }
            #expect(done.status == .completed && done.processingCompletedAt != nil)
            #expect(try await store.complete("job", attempt: 1) == .refused(done))
            #expect(try await store.start("nope") == .missing)
            #expect(try await store.complete("nope", attempt: 1) == .missing)
        }
    }

    @Test("a late completion of a timed-out job is refused", arguments: StoreBackend.available)
    func lateCompletion(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "job", cost: 8))
            try await Cleaner(store).cleanupStuckJobs()
            guard case .refused(let job) = try await store.complete("job", attempt: 1) else {
                return #expect(Bool(false), "the completion was taken")
            }
            #expect(job.status == .failed)
            #expect(try await store.balance(of: "ada") == 8)
            try await store.expectClean()
        }
    }

    @Test("a completed job is never refunded", arguments: StoreBackend.available)
    func completedInTime(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "job", cost: 8))
            _ = try await store.complete("job", attempt: 1)
            #expect(try await Cleaner(store).cleanupStuckJobs().totalFound == 0)
            #expect(try await store.balance(of: "ada") == 0)
            try await store.expectClean()
        }
    }

    @Test("late completions racing a run: one outcome each, 1,000 times", arguments: StoreBackend.available)
    func race(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let jobs = 1000
            try await store.add((0..<jobs).map { JobFixture(id: "job-\($0)", user: "user-\($0 % 7)", cost: 3) })
            var random = SeededGenerator(seed: 11)
            let order = (0..<jobs).shuffled(using: &random)
            let completed = try await withThrowingTaskGroup(of: Int.self) { tasks in
                for chunk in 0..<4 {
                    tasks.addTask {
                        var taken = 0
                        for job in order[(chunk * jobs / 4)..<((chunk + 1) * jobs / 4)] {
                            if case .moved = try await store.complete("job-\(job)", attempt: 1) { taken += 1 }
                        }
                        return taken
                    }
                }
                for batchSize in [1, 7, 20] {
                    tasks.addTask {
                        let options = CleanupOptions(batchSize: batchSize, drain: true, force: true)
                        try await Cleaner(store).cleanupStuckJobs(options)
                        return 0
                    }
                }
                return try await tasks.reduce(0, +)
            }
            var refunds = 0
            for user in 0..<7 { refunds += try await store.consumption(of: "user-\(user)", since: .epoch).refunds }
            var failed = 0
            for job in 0..<jobs where try await store.status("job-\(job)") == .failed { failed += 1 }
            #expect(completed + failed == jobs && refunds == failed)
            try await store.expectClean()
        }
    }

    @Test("jobs are listed newest first, page by page, by status, user and kind", arguments: StoreBackend.available)
    func listing(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                (0..<9).map {
                    JobFixture(
                        id: "job-\($0)",
                        user: $0 < 3 ? "ada" : "grace",
                        kind: $0 % 2 == 0 ? "image" : "video",
                        status: $0 % 3 == 0 ? .completed : .processing,
                        started: .seconds(100 + $0 / 2)
                    )
                }
            )
            var seen: [String] = []
            var cursor: String?
            repeat {
                let page = try await store.page(JobFilter(), cursor: cursor, limit: 4)
                seen += page.jobs.map(\.id)
                cursor = page.nextCursor
            } while cursor != nil
            #expect(seen == ["job-1", "job-0", "job-3", "job-2", "job-5", "job-4", "job-7", "job-6", "job-8"])
            func ids(_ filter: JobFilter) async throws -> Set<String> {
                Set(try await store.jobs(filter, after: nil, limit: 100).rows.map(\.id))
            }
            #expect(try await ids(JobFilter(userID: "ada")) == ["job-0", "job-1", "job-2"])
            #expect(try await ids(JobFilter(status: .completed, kind: "video")) == ["job-3"])
            #expect(try await ids(JobFilter(status: .failed)) == [])
            let error = await #expect(throws: UnstickError.self) {
                try await store.page(JobFilter(), cursor: "nonsense", limit: 5)
            }
            #expect(error?.code == .invalidArgument)
        }
    }
}

extension Timestamp {
    static let epoch = Timestamp(milliseconds: 0)
}
