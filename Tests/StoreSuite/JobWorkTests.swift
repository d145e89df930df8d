import TestSupport
import Testing
import Unstick

@Suite("Job claims and outcomes")
struct JobWorkTests {
    private func jobs(_ store: any Store, _ rule: Rule = Rule()) -> JobLifecycle {
        JobLifecycle(store: store, policy: PolicySource(Policy(standard: rule)))
    }

    /// A charged job of ada, who first received 100 tokens.
    private func claimed(
        _ store: any Store,
        id: String = "job",
        cost: Int = 8,
        _ kind: ChargeKind = .charge
    ) async throws -> Job {
        try await TokenBalanceManager(store: store).addTokens(100, to: "ada", key: "start")
        _ = try await store.create(NewJob(id: id, userID: "ada", kind: "image", tokensCost: cost, chargeKind: kind))
        return try #require(try await store.claim(kinds: ["image"], worker: "gpu-7", limit: 1).first)
    }

    @Test("the oldest job of the kinds is claimed, once", arguments: StoreBackend.available)
    func claim(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            for (id, kind) in [("a", "image"), ("b", "video"), ("c", "image"), ("d", "audio")] {
                _ = try await store.create(NewJob(id: id, userID: "ada", kind: kind, tokensCost: 0))
                let created = try #require(try await store.job(id)?.createdAt)
                while try await store.now() <= created { await Task.yield() }
            }
            let jobs = self.jobs(store)
            let first = try await jobs.claim(kinds: ["video", "image"], worker: "gpu-7", limit: 2)
            #expect(first.map(\.id) == ["a", "b"])
            #expect(first.allSatisfy { $0.status == .processing && $0.attempt == 1 && $0.worker == "gpu-7" })
            #expect(try await jobs.claim(kinds: ["image"], limit: 5).map(\.id) == ["c"])
            #expect(try await jobs.claim(kinds: ["image", "video"]).isEmpty)
            await #expect(throws: UnstickError.self) { try await jobs.claim(kinds: []) }
            await #expect(throws: UnstickError.self) { try await jobs.claim(kinds: ["x"], limit: 101) }
        }
    }

    @Test("many workers claim many jobs: each job once", arguments: StoreBackend.available)
    func claimRace(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                (0..<60).map {
                    JobFixture(id: "job-\($0)", user: "u\($0 % 5)", status: .pending, attempt: 0, started: nil)
                }
            )
            let taken = try await withThrowingTaskGroup(of: [String].self) { tasks in
                for worker in 0..<6 {
                    tasks.addTask {
                        var mine: [String] = []
                        while true {
                            let jobs = try await store.claim(
                                kinds: ["image"],
                                worker: "w\(worker)",
                                limit: worker % 3 + 1
                            )
                            if jobs.isEmpty { return mine }
                            mine += jobs.map(\.id)
                        }
                    }
                }
                return try await tasks.reduce([], +)
            }
            #expect(taken.count == 60 && Set(taken).count == 60)
        }
    }

    @Test("an idempotency key creates one job, with any id", arguments: StoreBackend.available)
    func idempotency(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await TokenBalanceManager(store: store).addTokens(10, to: "ada")
            func new(_ id: String, cost: Int = 4, user: String = "ada") -> NewJob {
                NewJob(id: id, userID: user, kind: "image", tokensCost: cost, payload: #"{"a":1}"#, idempotencyKey: "k")
            }
            let first = try await store.create(new("a"))
            #expect(first.job.payload == #"{"a":1}"#)
            #expect(try await store.create(new("b")) == .existing(first.job))
            for other in [new("c", cost: 5), new("d", user: "eve")] {
                let error = await #expect(throws: UnstickError.self) { try await store.create(other) }
                #expect(error?.code == .conflict)
            }
            #expect(try await store.balance(of: "ada") == 6)
            try await store.expectClean()
        }
    }

    @Test("a failure is retried while the rule allows, then refunded", arguments: StoreBackend.available)
    func fail(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let jobs = self.jobs(store, Rule(retry: Retry(attempts: 2, backoff: .milliseconds(1))))
            let job = try await self.claimed(store)
            guard case .moved(let again) = try await jobs.fail("job", attempt: 1, message: "no memory") else {
                return #expect(Bool(false))
            }
            #expect(again.status == .pending && again.errorMessage == "no memory" && again.attempt == job.attempt)
            #expect(try await store.balance(of: "ada") == 92)
            #expect(try await jobs.fail("job", attempt: 1, message: "late") == .refused(again))
            while try await store.claim(kinds: ["image"], worker: nil, limit: 1).isEmpty { await Task.yield() }
            guard case .moved(let failed) = try await jobs.fail("job", attempt: 2, message: "still") else {
                return #expect(Bool(false))
            }
            #expect(failed.status == .failed && failed.errorMessage == "still" && failed.processingCompletedAt != nil)
            #expect(try await store.balance(of: "ada") == 100)
            #expect(failed.refusal(of: 2) == .alreadyFailed)
            try await store.expectClean()
        }
    }

    @Test("a failure that cannot be retried is final", arguments: StoreBackend.available)
    func finalFailure(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            _ = try await self.claimed(store)
            let jobs = self.jobs(store, Rule(retry: Retry(attempts: 5), refund: .none))
            let outcome = try await jobs.fail("job", attempt: 1, message: "forbidden content", isRetryable: false)
            guard case .moved(let failed) = outcome else { return #expect(Bool(false)) }
            #expect(failed.status == .failed)
            #expect(try await store.balance(of: "ada") == 92, "the rule gives nothing back")
            try await store.expectClean()
        }
    }

    @Test("a cancelled job is refunded, and its worker learns it", arguments: StoreBackend.available)
    func cancel(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            _ = try await self.claimed(store, cost: 10)
            let jobs = self.jobs(store, Rule(refund: .byProgress))
            #expect(try await jobs.heartbeat(Heartbeat(jobID: "job", attempt: 1, progress: 0.5)) == .alive)
            #expect(try await jobs.cancel("job", userID: "eve") == .missing, "not eve's")
            guard case .moved(let job) = try await jobs.cancel("job", userID: "ada") else {
                return #expect(Bool(false))
            }
            #expect(job.status == .cancelled)
            #expect(try await store.balance(of: "ada") == 95)
            #expect(try await jobs.heartbeat(Heartbeat(jobID: "job", attempt: 1)) == .refused(job))
            #expect(try await jobs.complete("job", attempt: 1) == .refused(job))
            #expect(job.refusal(of: 1) == .cancelled)
            #expect(try await jobs.cancel("job") == .refused(job))
            _ = try await store.create(NewJob(id: "waits", userID: "ada", kind: "image", tokensCost: 5))
            guard case .moved = try await jobs.cancel("waits") else { return #expect(Bool(false)) }
            #expect(try await store.balance(of: "ada") == 95)
            try await store.expectClean()
        }
    }

    @Test("a reservation is settled on completion, in part if the worker says so", arguments: StoreBackend.available)
    func hold(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let jobs = self.jobs(store)
            _ = try await self.claimed(store, cost: 10, .hold)
            #expect(try await store.transactions(of: "ada", before: nil, limit: 1)[0].kind == .hold)
            let tooMuch = await #expect(throws: UnstickError.self) {
                try await jobs.complete("job", attempt: 1, tokensUsed: 11)
            }
            #expect(tooMuch?.code == .exceedsHold)
            guard case .moved(let done) = try await jobs.complete("job", attempt: 1, tokensUsed: 7) else {
                return #expect(Bool(false))
            }
            #expect(done.status == .completed && done.tokensUsed == 7)
            #expect(try await store.balance(of: "ada") == 93)
            let release = try await store.transactions(of: "ada", before: nil, limit: 1)[0]
            #expect(release.kind == .release && release.amount == 3)
            #expect(try await jobs.complete("job", attempt: 1, tokensUsed: 7) == .refused(done))
            _ = try await self.claimed(store, id: "charged", cost: 5)
            await #expect(throws: UnstickError.self) { try await jobs.complete("charged", attempt: 1, tokensUsed: 4) }
            let stats = try await store.consumption(of: "ada", since: .epoch)
            #expect(stats.spent == 15 && stats.refunded == 3)
            try await store.expectClean()
        }
    }

    @Test("a reservation is released by a timeout, once", arguments: StoreBackend.available)
    func holdTimesOut(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            _ = try await self.claimed(store, cost: 10, .hold)
            let policy = Policy(standard: Rule(timeout: .milliseconds(1)))
            while try await Cleaner(store, by: policy).cleanupStuckJobs().cleanedUp == 0 { await Task.yield() }
            #expect(try await store.balance(of: "ada") == 100)
            #expect(try await store.transactions(of: "ada", before: nil, limit: 1)[0].kind == .release)
            let job = try #require(try await store.job("job"))
            #expect(job.refusal(of: 1) == .timedOut)
            #expect(try await self.jobs(store).complete("job", attempt: 1, tokensUsed: 3) == .refused(job))
            try await store.expectClean()
        }
    }

    @Test("a late completion is refused, or accepted and charged again", arguments: StoreBackend.available)
    func late(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "job", cost: 8))
            try await Cleaner(store).cleanupStuckJobs()
            guard case .refused(let job) = try await self.jobs(store).complete("job", attempt: 1) else {
                return #expect(Bool(false))
            }
            #expect(job.isTimedOut)
            let generous = self.jobs(store, Rule(onLateCompletion: .accept))
            #expect(try await generous.complete("job", attempt: 2) == .refused(job), "another attempt's")
            guard case .moved(let done) = try await generous.complete("job", attempt: 1) else {
                return #expect(Bool(false))
            }
            #expect(done.status == .completed && done.charge == 2 && done.errorMessage == nil)
            #expect(try await store.balance(of: "ada") == 0)
            #expect(try await generous.complete("job", attempt: 1) == .refused(done))
            let lines = try await store.transactions(of: "ada", before: nil, limit: 10).map(\.id)
            #expect(lines.prefix(3) == ["spend:job:2", "refund:job:1", "spend:job:1"])
            try await store.add(JobFixture(id: "poor", user: "eve", cost: 8))
            try await Cleaner(store).cleanupStuckJobs()
            try await TokenBalanceManager(store: store).consumeTokens(5, from: "eve", for: "else")
            let poor = await #expect(throws: UnstickError.self) { try await generous.complete("poor", attempt: 1) }
            #expect(poor?.code == .insufficientTokens)
            #expect(try await store.status("poor") == .failed)
            try await store.expectClean()
        }
    }

    @Test("a requeued job is charged again if it was refunded", arguments: StoreBackend.available)
    func requeue(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let jobs = self.jobs(store)
            _ = try await self.claimed(store)
            _ = try await jobs.fail("job", attempt: 1, message: "no", isRetryable: false)
            guard case .moved(let back) = try await jobs.requeue("job") else { return #expect(Bool(false)) }
            #expect(back.status == .pending && back.charge == 2 && back.errorMessage == nil)
            #expect(try await store.balance(of: "ada") == 92)
            #expect(try await jobs.requeue("job") == .refused(back))
            #expect(try await store.claim(kinds: ["image"], worker: nil, limit: 1).map(\.attempt) == [2])
            _ = try await jobs.fail("job", attempt: 2, message: "no", isRetryable: false)
            #expect(try await store.balance(of: "ada") == 100)
            #expect(try await jobs.requeue("nope") == .missing)
            try await store.expectClean()
        }
    }

    @Test(
        "a job that was refunded in part is charged for that part, however often it is requeued",
        arguments: StoreBackend.available,
        [(cost: 8, progress: 0.625, rounds: 1), (cost: 100, progress: 0.9, rounds: 3)]
    )
    func partialRefund(backend: StoreBackend, job: (cost: Int, progress: Double, rounds: Int)) async throws {
        try await backend.withStore { store in
            let jobs = self.jobs(store, Rule(refund: .byProgress))
            try await TokenBalanceManager(store: store).addTokens(100, to: "ada")
            _ = try await store.create(NewJob(id: "job", userID: "ada", kind: "image", tokensCost: job.cost))
            for round in 1...job.rounds {
                _ = try await jobs.start("job")
                _ = try await jobs.heartbeat(Heartbeat(jobID: "job", attempt: round, progress: job.progress))
                _ = try await jobs.fail("job", attempt: round, message: "no", isRetryable: false)
                let back = Refund.byProgress.amount(of: job.cost, progress: Int(job.progress * 1_000_000))
                #expect(try await store.balance(of: "ada") == 100 - job.cost + back)
                guard case .moved = try await jobs.requeue("job") else { return #expect(Bool(false)) }
                #expect(try await store.balance(of: "ada") == 100 - job.cost)
            }
            // In the end its whole cost is refunded, although the last charge was a part of it.
            guard case .moved = try await jobs.cancel("job") else { return #expect(Bool(false)) }
            #expect(try await store.balance(of: "ada") == 100)
            guard case .moved = try await jobs.requeue("job") else { return #expect(Bool(false)) }
            _ = try await jobs.start("job")
            guard case .moved = try await jobs.complete("job", attempt: job.rounds + 1) else {
                return #expect(Bool(false))
            }
            #expect(try await store.balance(of: "ada") == 100 - job.cost)
            try await store.expectClean()
        }
    }

    @Test("a completion results in the same job on every store", arguments: StoreBackend.available)
    func completed(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let jobs = self.jobs(store, Rule(retry: Retry(attempts: 2, backoff: .milliseconds(1))))
            try await TokenBalanceManager(store: store).addTokens(100, to: "ada")
            _ = try await store.create(
                NewJob(id: "job", userID: "ada", kind: "image", tokensCost: 8, chargeKind: .hold)
            )
            _ = try await jobs.start("job")
            _ = try await jobs.fail("job", attempt: 1, message: "out of memory")
            _ = try await jobs.start("job")
            guard case .moved(let done) = try await jobs.complete("job", attempt: 2) else {
                return #expect(Bool(false))
            }
            #expect(done.errorMessage == nil && done.tokensUsed == 8 && done.processingCompletedAt == done.updatedAt)
            #expect(try await store.job("job") == done)
        }
    }

    @Test("a job that was refunded while it ran is paid when it is delivered", arguments: StoreBackend.available)
    func refundedAndDelivered(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            _ = try await self.claimed(store)
            let tokens = TokenBalanceManager(store: store)
            try await tokens.refundTokens(3, to: "ada", for: "job", reason: "it takes long")
            guard case .moved(let done) = try await self.jobs(store).complete("job", attempt: 1) else {
                return #expect(Bool(false))
            }
            #expect(try await store.balance(of: "ada") == 100 - done.tokensCost)
            try await store.expectClean()
        }
    }

    @Test("heartbeats in a batch are answered one by one", arguments: StoreBackend.available)
    func heartbeats(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let jobs = self.jobs(store)
            try await store.add(
                JobFixture(id: "a"),
                JobFixture(id: "b", attempt: 3),
                JobFixture(id: "c", status: .completed)
            )
            for _ in 0..<2 {
                let answers = try await jobs.heartbeat([
                    Heartbeat(jobID: "a", attempt: 1, progress: 0.3, message: "half"),
                    Heartbeat(jobID: "b", attempt: 2), Heartbeat(jobID: "c", attempt: 1),
                    Heartbeat(jobID: "x", attempt: 1),
                ])
                #expect(answers[0] == .alive && answers[3] == .missing)
                guard case .refused(let lost) = answers[1], case .refused(let done) = answers[2] else {
                    return #expect(Bool(false))
                }
                #expect(lost.refusal(of: 2) == .attemptLost && done.refusal(of: 1) == .alreadyCompleted)
            }
            await #expect(throws: UnstickError.self) { try await jobs.heartbeat([]) }
            await #expect(throws: UnstickError.self) {
                try await jobs.heartbeat(Heartbeat(jobID: "a", attempt: 1, progress: 1.01))
            }
        }
    }

    @Test(
        "completions in a batch: a refused one does not affect the others",
        arguments: StoreBackend.available
    )
    func completions(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "a"), JobFixture(id: "b"))
            let outcomes = try await self.jobs(store).complete([
                Completion(jobID: "a", attempt: 1), Completion(jobID: "b", attempt: 9),
                Completion(jobID: "b", attempt: 1, tokensUsed: 99), Completion(jobID: "x", attempt: 1),
            ])
            guard case .answered(.moved) = outcomes[0], case .answered(.refused) = outcomes[1],
                case .failed(let error) = outcomes[2], case .answered(.missing) = outcomes[3]
            else { return #expect(Bool(false)) }
            #expect(error.code == .exceedsHold)
        }
    }
}
