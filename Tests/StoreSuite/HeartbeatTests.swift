import Testing
import Unstick

@Suite("Heartbeats in batches")
struct HeartbeatTests {
    /// Calls a body with a store of jobs in their first attempt.
    private func withRunning(
        _ ids: [String],
        _ backend: StoreBackend,
        _ body: (JobLifecycle, any Store) async throws -> Void
    ) async throws {
        try await backend.withStore { store in
            try await store.add(ids.map { JobFixture(id: $0, cost: 0, started: .seconds(1)) })
            try await body(JobLifecycle(store: store), store)
        }
    }

    @Test("an invalid one does not affect the others", arguments: StoreBackend.available)
    func oneBad(backend: StoreBackend) async throws {
        try await self.withRunning(["b1", "b2", "b3", "b4"], backend) { jobs, store in
            let answers = try await jobs.heartbeat([
                Heartbeat(jobID: "b1", attempt: 1, message: "step 1"),
                Heartbeat(jobID: "b2", attempt: 1, message: "step\0001"),
                Heartbeat(jobID: "b3", attempt: 1, message: String(repeating: "x", count: 201)),
                Heartbeat(jobID: "b4", attempt: 1, progress: 2),
                Heartbeat(jobID: "", attempt: 1),
                Heartbeat(jobID: "none", attempt: 1),
            ])
            #expect(answers[0] == .alive && answers[5] == .missing)
            for answer in answers[1...4] {
                guard case .failed(let error) = answer else {
                    Issue.record("answered \(answer)")
                    continue
                }
                #expect(error.code == .invalidArgument)
            }
            #expect(try await store.lease(of: "b1")?.message == "step 1")
            #expect(try await store.lease(of: "b2") == nil)
            let error = await #expect(throws: UnstickError.self) {
                try await jobs.heartbeat(Heartbeat(jobID: "b2", attempt: 1, message: "\0"))
            }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test("two for one job in one batch are applied in order, first or not", arguments: StoreBackend.available)
    func twoOfOne(backend: StoreBackend) async throws {
        try await self.withRunning(["a", "b"], backend) { jobs, store in
            for round in 1...2 {
                let answers = try await jobs.heartbeat([
                    Heartbeat(jobID: "a", attempt: 1, progress: 0.25, message: "first of \(round)"),
                    Heartbeat(jobID: "b", attempt: 1),
                    Heartbeat(jobID: "a", attempt: 1, progress: 0.5),
                ])
                #expect(answers == [.alive, .alive, .alive])
                let lease = try #require(try await store.lease(of: "a"))
                #expect(lease.progress == 0.5 && lease.message == "first of \(round)" && lease.attempt == 1)
            }
        }
    }

    @Test("a lost attempt is refused beside the current one", arguments: StoreBackend.available)
    func staleAndCurrent(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "hb1", cost: 0, attempt: 7, started: .seconds(1)))
            let jobs = JobLifecycle(store: store)
            for _ in 1...2 {
                for order in [[1, 7], [7, 1], [8, 7, 1]] {
                    let answers = try await jobs.heartbeat(order.map { Heartbeat(jobID: "hb1", attempt: $0) })
                    for (attempt, answer) in zip(order, answers) {
                        guard attempt == 7 else {
                            guard case .refused(let job) = answer, job.id == "hb1", job.attempt == 7 else {
                                Issue.record("attempt \(attempt) was answered \(answer)")
                                continue
                            }
                            continue
                        }
                        #expect(answer == .alive)
                    }
                }
            }
        }
    }

    @Test("jobs whose ids differ in composition only are two jobs", arguments: StoreBackend.available)
    func compositions(backend: StoreBackend) async throws {
        let (one, other) = ("caf\u{e9}", "cafe\u{301}")
        try await self.withRunning([one, other], backend) { jobs, store in
            let answers = try await jobs.heartbeat([
                Heartbeat(jobID: one, attempt: 1, message: "one"),
                Heartbeat(jobID: other, attempt: 2, message: "other"),
            ])
            #expect(answers[0] == .alive)
            guard case .refused(let job) = answers[1] else { throw WrongAnswer("\(answers[1])") }
            #expect(job.id.utf8.elementsEqual(other.utf8))
            #expect(try await store.lease(of: one)?.message == "one")
            #expect(try await store.lease(of: other) == nil)
        }
    }

    @Test("a thousand at once, some lost, are answered in their order", arguments: StoreBackend.available)
    func many(backend: StoreBackend) async throws {
        let ids = (0..<1000).map { "job-\($0)" }
        try await self.withRunning(ids, backend) { jobs, store in
            for _ in 1...2 {
                let answers = try await jobs.heartbeat(
                    ids.enumerated().map { Heartbeat(jobID: $1, attempt: $0 % 10 == 3 ? 2 : 1, progress: 0.5) }
                )
                for (number, answer) in answers.enumerated() {
                    if case .refused(let job) = answer {
                        #expect(number % 10 == 3 && job.id == "job-\(number)")
                    } else {
                        #expect(number % 10 != 3 && answer == .alive)
                    }
                }
            }
            #expect(try await store.lease(of: "job-7")?.progress == 0.5)
            #expect(try await store.lease(of: "job-3") == nil)
        }
    }
}

private struct WrongAnswer: Error {
    let text: String
    init(_ text: String) { self.text = text }
}
