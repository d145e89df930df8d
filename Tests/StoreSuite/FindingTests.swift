import Testing
import Unstick

@Suite("Finding stuck jobs")
struct FindingTests {
    @Test("a job over its limit is found by its start time", arguments: StoreBackend.available)
    func byStart(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                JobFixture(id: "old", started: .seconds(301), updated: .seconds(1)),
                JobFixture(id: "young", started: .seconds(100), updated: .seconds(100))
            )
            let found = try await Cleaner(store).findStuckJobs()
            #expect(found.map(\.id) == ["old"])
            #expect(found[0].stuckFor >= .seconds(301))
            #expect(found[0].reason == "processing for \(found[0].stuckFor.text), limit 5m")
            #expect(found[0].userID == "ada" && found[0].tokensCost == 8 && found[0].attempt == 1)
            #expect(found[0].kind == "image" && found[0].tier == "TIER_1K")
        }
    }

    @Test("a job without a start time is found by its last change", arguments: StoreBackend.available)
    func withoutStart(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                JobFixture(id: "old", started: nil, updated: .seconds(400)),
                JobFixture(id: "young", started: nil, updated: .seconds(10))
            )
            let found = try await Cleaner(store).findStuckJobs()
            #expect(found.map(\.id) == ["old"])
            #expect(found[0].processingStartedAt == nil)
        }
    }

    @Test("a job at its limit is stuck, a millisecond before it is not", arguments: StoreBackend.available)
    func boundary(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "job", started: .seconds(500)))
            let now = try #require(try await store.job("job")?.processingStartedAt) + .milliseconds(300_000)
            for (offset, count) in [(-1, 0), (0, 1), (1, 1)] {
                let found = try await store.stuckJobs(
                    asOf: now + .milliseconds(offset),
                    .timeout(),
                    after: nil,
                    limit: 10
                )
                #expect(found.count == count, "at \(offset) ms")
            }
        }
    }

    @Test("the next due time is that of the first job to reach its limit", arguments: StoreBackend.available)
    func nextDue(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let policy = Policy()
            let long = try await store.now()
            #expect(try await store.nextDue(policy, after: long - .seconds(86_400)) == nil)
            try await store.add(
                JobFixture(id: "old", started: .seconds(900)),
                JobFixture(id: "young", started: .seconds(100)),
                JobFixture(id: "done", status: .completed),
                JobFixture(id: "waiting", status: .pending)
            )
            func due(_ id: String, _ limit: Int) async throws -> Timestamp? {
                try await store.job(id)?.processingStartedAt.map { $0 + .seconds(limit) }
            }
            let (old, young) = (try #require(try await due("old", 300)), try #require(try await due("young", 300)))
            #expect(try await store.nextDue(policy, after: old - .milliseconds(1)) == old)
            #expect(try await store.nextDue(policy, after: old) == young)
            #expect(try await store.nextDue(policy, after: young) == nil)
            // A rule for another kind changes the form of the search, and nothing else.
            let other = Rule(name: "film", kinds: [Pattern("film")], timeout: .seconds(10))
            #expect(try await store.nextDue(Policy(rules: [other]), after: old) == young)
            let none = Rule(name: "image", kinds: [Pattern("image")], timeout: nil)
            #expect(try await store.nextDue(Policy(rules: [none]), after: old - .seconds(1)) == nil)
        }
    }

    @Test("the next due time follows heartbeats, waits and deadlines", arguments: StoreBackend.available)
    func nextDueByOtherLimits(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                JobFixture(id: "running", started: .seconds(100)),
                JobFixture(id: "waiting", status: .pending)
            )
            let now = try await store.now()
            let created = try #require(try await store.job("running")?.createdAt)
            let waiting = try #require(try await store.job("waiting")?.createdAt)
            func due(_ rule: Rule) async throws -> Timestamp? {
                try await store.nextDue(Policy(standard: rule), after: now - .seconds(3600))
            }
            #expect(try await due(Rule(timeout: nil, deadline: .seconds(1000))) == waiting + .seconds(1000))
            #expect(try await due(Rule(timeout: nil, pendingTimeout: .seconds(900))) == waiting + .seconds(900))
            let silent = try await due(Rule(timeout: nil, heartbeatTimeout: .seconds(200)))
            #expect(silent == created + .seconds(201))
            _ = try await JobLifecycle(store: store).heartbeat(Heartbeat(jobID: "running", attempt: 1))
            let beat = try #require(try await due(Rule(timeout: nil, heartbeatTimeout: .seconds(200))))
            #expect(beat >= now + .seconds(200))
        }
    }

    @Test("only PROCESSING jobs are found", arguments: StoreBackend.available)
    func onlyProcessing(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobStatus.allCases.map { JobFixture(id: $0.rawValue, status: $0) })
            let found = try await Cleaner(store).findStuckJobs()
            #expect(found.map(\.id) == ["PROCESSING"])
        }
    }

    @Test("the oldest are first, those of the same age by id", arguments: StoreBackend.available)
    func order(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(
                JobFixture(id: "c", started: .seconds(400)),
                JobFixture(id: "b", started: .seconds(900)),
                JobFixture(id: "z", started: nil, updated: .seconds(600)),
                JobFixture(id: "a", started: .seconds(400))
            )
            #expect(try await Cleaner(store).findStuckJobs().map(\.id) == ["b", "z", "a", "c"])
        }
    }

    @Test("no more are found than requested, and the cursor continues after them", arguments: StoreBackend.available)
    func limit(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<7).map { JobFixture(id: "job-\($0)", started: .seconds(900 - $0 / 3)) })
            let now = try await store.now()
            var cursor: StuckCursor?
            var pages: [[String]] = []
            repeat {
                let page = try await store.stuckJobs(asOf: now, .timeout(), after: cursor, limit: 3)
                pages.append(page.map(\.id))
                cursor = page.last.map { StuckCursor(since: $0.since, id: $0.id) } ?? cursor
            } while pages.last?.isEmpty == false
            #expect(pages.map(\.count) == [3, 3, 1, 0])
            #expect(Set(pages.joined()).count == 7)
        }
    }

    @Test("an empty store has no stuck jobs", arguments: StoreBackend.available)
    func empty(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            #expect(try await Cleaner(store).findStuckJobs().isEmpty)
            let backlog = try await store.backlog(Policy())
            #expect(backlog.stuck == 0 && backlog.guarded.first?.groups.reduce(0) { $0 + $1.jobs } ?? 0 == 0)
        }
    }

    @Test("a backlog counts the stuck and the running jobs", arguments: StoreBackend.available)
    func backlog(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<5).map { JobFixture(id: "old-\($0)") })
            try await store.add((0..<4).map { JobFixture(id: "young-\($0)", started: .seconds(1)) })
            let backlog = try await store.backlog(Policy(massFailureGuard: .init(minimum: 5)))
            #expect(backlog.stuck == 5 && backlog.guarded.first?.groups.reduce(0) { $0 + $1.jobs } ?? 0 == 9)
            #expect(try await store.backlog(Policy(massFailureGuard: .init(minimum: 6))).guarded.isEmpty)
        }
    }

    @Test("finding changes nothing and leaves no record", arguments: StoreBackend.available)
    func noTrace(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add(JobFixture(id: "job"))
            let before = try await store.job("job")
            _ = try await Cleaner(store).findStuckJobs()
            #expect(try await store.job("job") == before)
            #expect(try await store.runs(before: nil, limit: 10).isEmpty)
        }
    }

    @Test("options out of range are refused", arguments: StoreBackend.available)
    func ranges(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let cleaner = Cleaner(store)
            for options in [
                CleanupOptions(timeout: .zero), CleanupOptions(timeout: .milliseconds(999)),
                CleanupOptions(timeout: .milliseconds(315_360_000_001)),
                CleanupOptions(batchSize: 0), CleanupOptions(batchSize: 10_001),
            ] {
                let error = await #expect(throws: UnstickError.self) { try await cleaner.cleanupStuckJobs(options) }
                #expect(error?.code == .invalidArgument)
            }
            await #expect(throws: UnstickError.self) { try await cleaner.findStuckJobs(limit: 0) }
            await #expect(throws: UnstickError.self) { try await cleaner.findStuckJobs(timeout: .milliseconds(300)) }
            let runs = try await store.runs(before: nil, limit: 1)
            #expect(runs.isEmpty)
        }
    }
}
