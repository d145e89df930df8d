import TestSupport
import Testing
import Unstick

@Suite("late completions")
struct LateCompletionTests {
    private func recorded(in store: any Store) async throws -> [LateCompletion] {
        try await store.lateCompletions(since: Timestamp(milliseconds: 0), limit: 100)
    }

    @Test("a refused one is recorded and sent once, with the real duration", arguments: StoreBackend.available)
    func refused(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.put(.fixture(events: ["job.completion_refused"]))
            try await store.add(JobFixture(id: "slow", started: .seconds(600)))
            try await Cleaner(store).cleanupStuckJobs()
            let jobs = JobLifecycle(store: store)
            for _ in 1...3 {
                guard case .refused(let job) = try await jobs.complete("slow", attempt: 1) else {
                    Issue.record("a completion after the timeout is refused")
                    return
                }
                #expect(job.status == .failed)
            }
            let late = try #require(try await self.recorded(in: store).first)
            #expect(try await self.recorded(in: store).count == 1)
            #expect(late.jobID == "slow" && late.attempt == 1 && late.isRefused && late.tokensCost == 8)
            #expect(late.duration >= .seconds(600) && late.duration < .seconds(700))
            let sent = try await store.takeAll()
            #expect(sent.map(\.type) == ["job.completion_refused"])
            let fields = try #require(sent.first).fields()
            #expect(fields["durationMs"] == .integer(late.duration.inMilliseconds) && fields["jobId"] == .text("slow"))
            let job = try #require(try await store.job("slow"))
            #expect(try await store.lateCompletions(of: job, limit: 10) == [late])
            try await store.expectClean()
        }
    }

    @Test("an attempt that a run has put back is late, also in the next attempt", arguments: StoreBackend.available)
    func retried(backend: StoreBackend) async throws {
        let policy = Policy(
            standard: Rule(timeout: .seconds(300), retry: Retry(attempts: 3, backoff: .milliseconds(1)))
        )
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "put-back"), JobFixture(id: "again", started: .seconds(700)))
            try await Cleaner(store, by: policy).cleanupStuckJobs()
            let jobs = JobLifecycle(store: store, policy: PolicySource(policy))
            guard case .moved = try await jobs.start("again") else {
                Issue.record("the next attempt starts")
                return
            }
            for id in ["put-back", "again"] { try await jobs.complete(id, attempt: 1) }
            let late = try await self.recorded(in: store)
            #expect(Set(late.map(\.jobID)) == ["put-back", "again"])
            #expect(late.allSatisfy { $0.attempt == 1 && $0.duration >= .seconds(600) && $0.isRefused })
            // The second attempt is in time, and its second answer is no evidence.
            for _ in 1...2 { try await jobs.complete("again", attempt: 2) }
            #expect(try await self.recorded(in: store).count == 2)
        }
    }

    @Test("an accepted one is recorded, and the completed job keeps its event", arguments: StoreBackend.available)
    func accepted(backend: StoreBackend) async throws {
        let policy = Policy(standard: Rule(timeout: .seconds(300), onLateCompletion: .accept))
        try await backend.withStore { store in
            try await store.put(.fixture(events: ["job.completion_refused", "job.completed_late"]))
            try await store.add(JobFixture(id: "slow"))
            try await Cleaner(store, by: policy).cleanupStuckJobs()
            let jobs = JobLifecycle(store: store, policy: PolicySource(policy))
            for _ in 1...2 { try await jobs.complete("slow", attempt: 1) }
            let late = try await self.recorded(in: store)
            #expect(late.map(\.isRefused) == [false] && late[0].duration >= .seconds(600))
            #expect(try await store.takeAll().map(\.type) == ["job.completed_late"])
        }
    }

    @Test("also after an operator has put the job back into the queue", arguments: StoreBackend.available)
    func requeued(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "slow"))
            try await Cleaner(store).cleanupStuckJobs()
            let jobs = JobLifecycle(store: store)
            try await jobs.requeue("slow")
            try await jobs.complete("slow", attempt: 1)
            #expect(try await self.recorded(in: store).map(\.attempt) == [1])
        }
    }

    @Test("also when it would be accepted, and cannot be charged again", arguments: StoreBackend.available)
    func uncharged(backend: StoreBackend) async throws {
        let policy = Policy(standard: Rule(timeout: .seconds(300), onLateCompletion: .accept))
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "slow"))
            try await Cleaner(store, by: policy).cleanupStuckJobs()
            // The user spends the refund.
            _ = try await store.create(NewJob(id: "next", userID: "ada", kind: "image", tokensCost: 8))
            let jobs = JobLifecycle(store: store, policy: PolicySource(policy))
            let error = await #expect(throws: UnstickError.self) { try await jobs.complete("slow", attempt: 1) }
            #expect(error?.code == .insufficientTokens)
            #expect(try await self.recorded(in: store).map(\.isRefused) == [true])
        }
    }

    @Test("a job that ended without a run, or by an operator, is not late", arguments: StoreBackend.available)
    func others(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                JobFixture(id: "failed", started: .seconds(1)),
                JobFixture(id: "cancelled", started: .seconds(1)),
                JobFixture(id: "done", started: .seconds(1))
            )
            let jobs = JobLifecycle(store: store)
            try await jobs.fail("failed", attempt: 1, message: "boom")
            try await jobs.cancel("cancelled")
            try await jobs.complete("done", attempt: 1)
            for id in ["failed", "cancelled", "done", "missing"] { try await jobs.complete(id, attempt: 1) }
            #expect(try await self.recorded(in: store).isEmpty)
        }
    }

    @Test("limits are learned from a refused one as from a completed job", arguments: StoreBackend.available)
    func learned(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "late"), JobFixture(id: "unknown"))
            try await Cleaner(store).cleanupStuckJobs()
            try await JobLifecycle(store: store).complete("late", attempt: 1)
            let past = try await store.pastJobs(since: nil, into: [PastJob]()) { $0.append($1) }
            #expect(past.map(\.id).sorted() == ["late", "unknown"])
            let late = try #require(past.first { $0.id == "late" })
            #expect(late.outcome == .completed && late.tokensCost == 8 && late.kind == "image")
            #expect(late.duration.map { $0 >= .seconds(600) } ?? false)
            #expect(past.first { $0.id == "unknown" }?.outcome == .timedOut)
        }
    }

    @Test("an alert names the kinds", arguments: StoreBackend.available)
    func alert(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let watch = AlertWatch(
                store: store,
                policy: PolicySource(),
                thresholds: { AlertThresholds() },
                interval: .seconds(900),
                ticks: nil
            )
            try await store.add(JobFixture(id: "slow"))
            try await Cleaner(store).cleanupStuckJobs()
            try await watch.check(watchedFor: .seconds(60))
            #expect(try await store.alerts().first { $0.name == .lateCompletions }?.phase ?? .ok == .ok)
            try await JobLifecycle(store: store).complete("slow", attempt: 1)
            try await watch.check(watchedFor: .seconds(60))
            let state = try #require(try await store.alerts().first { $0.name == .lateCompletions })
            #expect(state.phase == .firing && state.summary.contains("'image'"))
        }
    }
}
