import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import TestSupport
import Testing
import Unstick
import UnstickSQLite
import UnstickWorker

@Suite("Worker")
struct WorkerTests {
    /// A worker over at most ten jobs, which is stopped once `until` is true.
    private func work(
        on store: SQLiteStore,
        _ rule: Rule = Rule(retry: Retry(attempts: 3, backoff: .milliseconds(1))),
        concurrency: Int = 2,
        gracePeriod: Duration = .seconds(60),
        until: @escaping @Sendable () async throws -> Bool,
        _ handler: @escaping Worker.Handler
    ) async throws {
        let worker = Worker(
            jobs: self.jobs(store, rule),
            name: "gpu-7",
            kinds: ["image"],
            configuration: Worker.Configuration(
                concurrency: concurrency,
                beatInterval: .milliseconds(5),
                idlePauses: .milliseconds(1)...Duration.milliseconds(5),
                gracePeriod: gracePeriod
            ),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            handler: handler
        )
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await worker.run() }
                while try await !until() { try await Task.sleep(for: .milliseconds(2)) }
                trigger.triggerGracefulShutdown()
                try await group.waitForAll()
            }
        }
    }

    private func jobs(_ store: SQLiteStore, _ rule: Rule = Rule()) -> JobLifecycle {
        JobLifecycle(store: store, policy: PolicySource(Policy(standard: rule)))
    }

    private func store(jobs: Int, cost: Int = 3, _ kind: ChargeKind = .charge) async throws -> SQLiteStore {
        let store = try SQLiteStore.inMemory()
        try await TokenBalanceManager(store: store).addTokens(100, to: "ada")
        for number in 0..<jobs {
            _ = try await store.create(
                NewJob(id: "job-\(number)", userID: "ada", kind: "image", tokensCost: cost, chargeKind: kind)
            )
        }
        return store
    }

    private func count(_ store: SQLiteStore, _ status: JobStatus) async throws -> Int {
        try await store.jobs(JobFilter(status: status), after: nil, limit: 100).rows.count
    }

    @Test("jobs are claimed, processed and completed, no more at once than allowed")
    func completes() async throws {
        let store = try await self.store(jobs: 9)
        let atOnce = Mutex((now: 0, most: 0))
        let isDone: @Sendable () async throws -> Bool = { try await self.count(store, .completed) == 9 }
        try await self.work(on: store, concurrency: 3, until: isDone) {
            job,
            _ in
            atOnce.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            try await Task.sleep(for: .milliseconds(3))
            atOnce.withLock { $0.now -= 1 }
            #expect(job.worker == "gpu-7")
            return nil
        }
        #expect((1...3).contains(atOnce.withLock { $0.most }))
        #expect(try await store.balance(of: "ada") == 73)
    }

    @Test("the used tokens of a reservation are charged, the rest is released")
    func tokensUsed() async throws {
        let store = try await self.store(jobs: 1, cost: 10, .hold)
        let isDone: @Sendable () async throws -> Bool = { try await self.count(store, .completed) == 1 }
        try await self.work(on: store, until: isDone) { _, _ in 4 }
        #expect(try await store.balance(of: "ada") == 96)
    }

    @Test("after an error the job is retried, unless the error excludes it; its text is not stored")
    func fails() async throws {
        struct Secret: Error { let text = "hunter2" }
        let store = try await self.store(jobs: 2)
        let isDone: @Sendable () async throws -> Bool = { try await self.count(store, .failed) == 2 }
        try await self.work(on: store, until: isDone) { job, _ in
            if job.id == "job-0" { throw JobFailed("forbidden content", isRetryable: false) }
            throw Secret()
        }
        let (first, second) = (try #require(try await store.job("job-0")), try #require(try await store.job("job-1")))
        #expect(first.attempt == 1 && first.errorMessage == "forbidden content")
        #expect(second.attempt == 3 && second.errorMessage == "The worker failed: Secret")
        #expect(try await store.balance(of: "ada") == 100)
    }

    @Test("a handler's text is cut to what can be stored, and never stops its heartbeats or its retry")
    func texts() async throws {
        let family = "👨‍👩‍👧‍👦"
        let store = try await self.store(jobs: 2)
        let isDone: @Sendable () async throws -> Bool = { try await self.count(store, .failed) == 2 }
        try await self.work(on: store, until: isDone) { job, report in
            report.progress(0.5, job.id == "job-0" ? String(repeating: family, count: 60) : "step\0one")
            while try await store.lease(of: job.id)?.message == nil {
                try await Task.sleep(for: .milliseconds(2))
            }
            let said = try #require(try await store.lease(of: job.id)?.message)
            #expect(said == (job.id == "job-0" ? String(repeating: family, count: 8) : "step\u{fffd}one"))
            throw JobFailed(job.id == "job-0" ? String(repeating: family, count: 500) : "bad\0byte")
        }
        let (first, second) = (try #require(try await store.job("job-0")), try #require(try await store.job("job-1")))
        // Each was tried as often as its rule allows.
        #expect(first.attempt == 3 && first.errorMessage == String(repeating: family, count: 80))
        #expect(second.attempt == 3 && second.errorMessage == "bad\u{fffd}byte")
        #expect(try await store.balance(of: "ada") == 100)
    }

    @Test("a handler whose attempt is lost is cancelled, and neither completes nor fails the job")
    func loss() async throws {
        let store = try await self.store(jobs: 1)
        let wasCancelled = Mutex(false)
        let isDone: @Sendable () async throws -> Bool = { wasCancelled.withLock { $0 } }
        try await self.work(on: store, until: isDone) { job, _ in
            _ = try await self.jobs(store).cancel(job.id)
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch {
                wasCancelled.withLock { $0 = true }
            }
            return nil
        }
        #expect(try await store.job("job-0")?.status == .cancelled)
        #expect(try await store.balance(of: "ada") == 100)
    }

    @Test("progress is sent with the heartbeats")
    func progress() async throws {
        let store = try await self.store(jobs: 1, cost: 8)
        let rule = Rule(refund: .byProgress)
        let isDone: @Sendable () async throws -> Bool = { try await self.count(store, .failed) == 1 }
        try await self.work(on: store, rule, until: isDone) { job, report in
            report.progress(0.25, "a quarter")
            // The refund of a failure depends on the last progress.
            try await eventually("the progress is stored") {
                try await store.lease(of: "job-0")?.progress == 0.25 ? () : nil
            }
            throw JobFailed("no", isRetryable: false)
        }
        #expect(try await store.balance(of: "ada") == 98)
    }

    @Test("a worker that must stop finishes its jobs, and claims no more")
    func drain() async throws {
        let store = try await self.store(jobs: 5)
        let begun = Mutex(0)
        let isDone: @Sendable () async throws -> Bool = { begun.withLock { $0 } > 0 }
        try await self.work(on: store, concurrency: 1, until: isDone) { _, _ in
            begun.withLock { $0 += 1 }
            try await Task.sleep(for: .milliseconds(60))
            return nil
        }
        #expect(try await self.count(store, .processing) == 0)
        #expect(try await self.count(store, .completed) == begun.withLock { $0 })
    }

    @Test("a job that is not done in time returns to the queue")
    func impatience() async throws {
        let store = try await self.store(jobs: 1)
        let begun = Mutex(false)
        let hasBegun: @Sendable () async -> Bool = { begun.withLock { $0 } }
        try await self.work(on: store, gracePeriod: .milliseconds(20), until: hasBegun) { _, _ in
            begun.withLock { $0 = true }
            try await Task.sleep(for: .seconds(3600))
            return nil
        }
        let job = try #require(try await store.job("job-0"))
        #expect(job.status == .pending && job.errorMessage?.contains("stopped") == true)
        #expect(try await store.balance(of: "ada") == 97)
    }
}
