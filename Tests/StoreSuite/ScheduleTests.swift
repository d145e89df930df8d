import Logging
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization
import Testing
import Unstick
import UnstickSQLite

@Suite("Scheduled runs")
struct ScheduleTests {
    private func scheduler(over store: any Store, _ expression: String = "*/15 * * * *") throws -> Scheduler {
        try self.scheduler(over: store, cleaner: Cleaner(store), expression)
    }

    private func scheduler(over gone: Unreachable, _ expression: String) throws -> Scheduler {
        try self.scheduler(over: gone, cleaner: Cleaner(gone.store), expression)
    }

    private func scheduler(
        over store: any ScheduleStore & HistoryStore,
        cleaner: Cleaner,
        _ expression: String
    ) throws -> Scheduler {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return Scheduler(
            expression: try CronExpression(expression),
            options: CleanupOptions(batchSize: 2),
            cleanup: ScheduledCleanup(cleaner: cleaner, store: store, logger: logger),
            store: store,
            logger: logger
        )
    }

    @Test("a tick is run once, by the first node, and drains the backlog", arguments: StoreBackend.available)
    func once(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<7).map { JobFixture(id: "job-\($0)") })
            let now = try await store.now()
            let nodes = [try self.scheduler(over: store), try self.scheduler(over: store)]
            for node in nodes { await node.tick(now) }
            await nodes[0].tick(now - .seconds(900))
            let runs = try await store.runs(before: nil, limit: 10)
            #expect(runs.count == 1 && runs[0].trigger == .scheduler && runs[0].cleanedUp == 7 && !runs[0].more)
            #expect(try await store.lastTick(of: ScheduledCleanup.name) == now)
            await nodes[1].tick(now + .seconds(900))
            #expect(try await store.runs(before: nil, limit: 10).count == 2)
        }
    }

    @Test("a tick is skipped during another run", arguments: StoreBackend.available)
    func busy(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let now = try await store.now()
            #expect(try await store.claim("cleanup", due: nil, holder: "other", lease: .seconds(60)) == .claimed)
            #expect(try await store.claim("cleanup", due: now, holder: "me", lease: .seconds(60)) == .busy)
            await (try self.scheduler(over: store)).tick(now)
            #expect(try await store.runs(before: nil, limit: 1).isEmpty)
            #expect(try await store.renew("cleanup", holder: "other", lease: .seconds(60)))
            #expect(try await store.renew("cleanup", holder: "me", lease: .seconds(60)) == false)
            try await store.release("cleanup", holder: "me")
            #expect(try await store.claim("cleanup", due: now, holder: "me", lease: .seconds(60)) == .busy)
            try await store.release("cleanup", holder: "other")
            #expect(try await store.claim("cleanup", due: now, holder: "me", lease: .seconds(60)) == .claimed)
            #expect(try await store.claim("cleanup", due: now, holder: "x", lease: .seconds(60)) == .alreadyTaken)
        }
    }

    @Test("the lease of a dead node expires", arguments: StoreBackend.available)
    func expires(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let claim = try await store.claim("cleanup", due: nil, holder: "dead", lease: .milliseconds(-1))
            #expect(claim == .claimed)
            #expect(try await store.renew("cleanup", holder: "dead", lease: .milliseconds(-1)), "nobody took it over")
            #expect(try await store.claim("cleanup", due: nil, holder: "alive", lease: .seconds(60)) == .claimed)
            #expect(try await store.renew("cleanup", holder: "dead", lease: .seconds(60)) == false)
        }
    }

    @Test("a run whose lease was taken over stops and reports that", arguments: StoreBackend.available)
    func takenOver(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<1500).map { JobFixture(id: "job-\($0)") })
            let cleanup = ScheduledCleanup(cleaner: Cleaner(store), store: store, lease: .milliseconds(-1))
            let options = CleanupOptions(batchSize: 1, drain: true, force: true)
            async let outcome = cleanup.run(options, trigger: .scheduler)
            var claim = TickClaim.busy
            while try await store.runs(before: nil, limit: 1).isEmpty { await Task.yield() }
            while claim != .claimed {
                claim = try await store.claim("cleanup", due: nil, holder: "other", lease: .seconds(60))
            }
            do {
                _ = try await outcome
                Issue.record("the run continued without its lease")
            } catch let error as UnstickError {
                #expect(error.code == .conflict)
            }
            let run = try #require(try await store.runs(before: nil, limit: 1).first)
            #expect(run.status == .failed && 1..<1500 ~= run.cleanedUp && run.more && run.error != nil)
            try await store.expectClean()
        }
    }

    @Test("missed ticks are made up for once", arguments: StoreBackend.available)
    func missed(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            // A schedule without a tick near: a tick during the test would run as well.
            let yearly = "0 0 29 2 *"
            let scheduler = try self.scheduler(over: store, yearly)
            await scheduler.catchUp()
            #expect(try await store.runs(before: nil, limit: 5).isEmpty, "a first start has missed nothing")
            let now = try await store.now()
            #expect(
                try await store.claim("cleanup", due: now - .seconds(9 * 366 * 86_400), holder: "x", lease: .seconds(1))
                    == .claimed
            )
            try await store.release("cleanup", holder: "x")
            await scheduler.catchUp()
            await scheduler.catchUp()
            await (try self.scheduler(over: store, yearly)).catchUp()
            #expect(try await store.runs(before: nil, limit: 5).count == 1)
        }
    }

    @Test("a running scheduler runs the next tick, and stops on request", .timeLimit(.minutes(5)))
    func runs() async throws {
        // A second before a full minute, continuing from there once the scheduler runs.
        let start = Mutex<ContinuousClock.Instant?>(nil)
        let nearMinute = Timestamp(seconds: 1_799_999_999)
        let store = try SQLiteStore.inMemory(clock: {
            nearMinute + (start.withLock { $0 }.map { ContinuousClock.now - $0 } ?? .zero)
        })
        let scheduler = try self.scheduler(over: store, "* * * * *")
        start.withLock { $0 = .now }
        try await self.run(scheduler) {
            while try await store.runs(before: nil, limit: 1).first?.status != .completed { await Task.yield() }
        }
        let runs = try await store.runs(before: nil, limit: 5)
        // On a busy machine the next minute may have begun before the stop.
        let first = try #require(runs.last)
        #expect(
            first.trigger == .scheduler && first.totalFound == 0 && first.startedAt >= Timestamp(seconds: 1_800_000_000)
        )
        let last = try #require(try await store.lastTick(of: ScheduledCleanup.name))
        #expect(last >= Timestamp(seconds: 1_800_000_000) && last.milliseconds % 60_000 == 0)
    }

    /// Runs a scheduler during the body, and stops it.
    private func run(_ scheduler: Scheduler, during body: @escaping @Sendable () async throws -> Void) async throws {
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await scheduler.run() }
                try await body()
                trigger.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }

    @Test("a running scheduler runs when a job reaches its limit", .timeLimit(.minutes(5)))
    func runsWhenDue() async throws {
        let store = try SQLiteStore.inMemory()
        try await store.add(JobFixture(id: "job", started: .milliseconds(299_500)))
        try await self.run(try self.scheduler(over: store, "0 0 29 2 *")) {
            while try await store.job("job")?.status != .failed { await Task.yield() }
        }
        let runs = try await store.runs(before: nil, limit: 5)
        #expect(runs.count == 1 && runs[0].trigger == .due && runs[0].cleanedUp == 1)
    }

    @Test(
        "jobs that reached their limits are cleaned by one node, and an empty run leaves no record",
        arguments: StoreBackend.available
    )
    func due(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<3).map { JobFixture(id: "job-\($0)") })
            let nodes = [try self.scheduler(over: store), try self.scheduler(over: store)]
            let cleanup = ScheduledCleanup(cleaner: Cleaner(store), store: store)
            let now = try await store.now()
            for node in nodes {
                var jobs = DueJobs()
                #expect(try await (jobs.next(in: cleanup, at: now) ?? now) <= now)
                await node.runDue(&jobs, at: now)
                #expect(try await jobs.next(in: cleanup, at: now) == nil)
            }
            let runs = try await store.runs(before: nil, limit: 5)
            #expect(runs.count == 1 && runs[0].trigger == .due && runs[0].cleanedUp == 3)
            try await store.expectClean()
        }
    }

    @Test("due runs record a hold once and go on; a pause stops them", arguments: StoreBackend.available)
    func dueHeld(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<30).map { JobFixture(id: "job-\($0)") })
            try await store.add(JobFixture(id: "young", started: .seconds(200)))
            let scheduler = try self.scheduler(over: store)
            let cleanup = ScheduledCleanup(cleaner: Cleaner(store), store: store)
            var jobs = DueJobs()
            let now = try await store.now()
            await scheduler.runDue(&jobs, at: now)
            let young = try #require(try await store.job("young")?.processingStartedAt) + .seconds(300)
            #expect(try await jobs.next(in: cleanup, at: now) == young)
            await scheduler.runDue(&jobs, at: now)
            #expect(try await store.runs(before: nil, limit: 5).map(\.status) == [.held])

            var paused = DueJobs()
            _ = try await store.pause(for: .seconds(60), by: "ada")
            await scheduler.runDue(&paused, at: now)
            for isHeld in [nil, true] as [Bool?] {
                paused.ran(at: now, isHeld: isHeld)
                #expect(try await paused.next(in: cleanup, at: now) == nil)
            }
            _ = try await store.resume()
            #expect(try await paused.next(in: cleanup, at: now) == young, "at once after the pause")
        }
    }

    @Test("two runs for due jobs are some time apart")
    func dueApart() async throws {
        let store = try SQLiteStore.inMemory()
        try await store.add(JobFixture(id: "job", started: .seconds(200)))
        let due = try #require(try await store.job("job")?.processingStartedAt) + .seconds(300)
        var jobs = DueJobs()
        jobs.ran(at: due - .seconds(1), isHeld: false)
        let cleanup = ScheduledCleanup(cleaner: Cleaner(store), store: store)
        #expect(try await jobs.next(in: cleanup, at: due) == due - .seconds(1) + Scheduler.minInterval)
    }

    /// A store that refuses every batch.
    private struct Refusing: ForwardingStore {
        let store: any Store

        func clean(_ batch: CleanupBatch) async throws -> CleanedBatch { throw UnstickError(.databaseUnusable, "no") }
    }

    @Test("after a run for due jobs that failed, the next one waits for the tick")
    func dueFailed() async throws {
        let store = try SQLiteStore.inMemory()
        try await store.add(JobFixture(id: "job"), JobFixture(id: "young", started: .seconds(200)))
        let scheduler = try self.scheduler(over: store, cleaner: Cleaner(Refusing(store: store)), "0 0 29 2 *")
        var jobs = DueJobs()
        let now = try await store.now()
        await scheduler.runDue(&jobs, at: now)
        #expect(try await store.runs(before: nil, limit: 5).map(\.status) == [.failed])
        let cleanup = ScheduledCleanup(cleaner: Cleaner(store), store: store)
        #expect(try await jobs.next(in: cleanup, at: now) == nil)
    }

    @Test("a run while the clock was ahead hides no job that reaches its limit later")
    func dueAfterClockAhead() async throws {
        let store = try SQLiteStore.inMemory()
        try await store.add(JobFixture(id: "job", started: .seconds(200)))
        let due = try #require(try await store.job("job")?.processingStartedAt) + .seconds(300)
        var jobs = DueJobs()
        jobs.ran(at: due + .seconds(7200), isHeld: false)
        let cleanup = ScheduledCleanup(cleaner: Cleaner(store), store: store)
        #expect(try await jobs.next(in: cleanup, at: due - .seconds(60)) == due)
    }

    @Test("a scheduler without its database waits for it, and still stops", .timeLimit(.minutes(5)))
    func waits() async throws {
        let store = try SQLiteStore.inMemory()
        try await self.run(try self.scheduler(over: Unreachable(store: store), "* * * * *")) {
            for _ in 0..<100 { await Task.yield() }
        }
        #expect(try await store.runs(before: nil, limit: 1).isEmpty)
    }

    /// A schedule whose database never answers.
    private struct Unreachable: ScheduleStore, HistoryStore {
        let store: SQLiteStore
        private let error = UnstickError(.databaseUnavailable, "gone")

        init(store: SQLiteStore) { self.store = store }

        func now() async throws -> Timestamp { throw self.error }
        func state(of schedule: String) async throws -> ScheduleState? { throw self.error }
        func announce(_ schedule: String, next: Timestamp?) async throws { throw self.error }
        func claim(_: String, due: Timestamp?, holder: String, lease: Duration) async throws -> TickClaim {
            throw self.error
        }
        func renew(_: String, holder: String, lease: Duration) async throws -> Bool { throw self.error }
        func release(_: String, holder: String) async throws { throw self.error }
        func run(_ id: String) async throws -> Run? { throw self.error }
        func runs(_: RunFilter, before: String?, limit: Int) async throws -> Window<Run, String> { throw self.error }
        func lastSuccess() async throws -> Run? { throw self.error }
        func lastWholeRun() async throws -> Run? { throw self.error }
        func totals(since: Timestamp) async throws -> RunTotals { throw self.error }
        func hourlyTotals(since: Timestamp) async throws -> [HourTotals] { throw self.error }
        func items(of runID: String, after position: Int, limit: Int) async throws -> [RunItem] { throw self.error }
        func items(ofJob job: Job, limit: Int) async throws -> [JobItem] { throw self.error }
        func lateCompletions(of job: Job, limit: Int) async throws -> [LateCompletion] { throw self.error }
        func lateCompletions(since: Timestamp, limit: Int) async throws -> [LateCompletion] { throw self.error }
    }

    @Test(
        "a node that died in a run leaves the rest to the others, after its lease",
        arguments: StoreBackend.available
    )
    func diedInRun(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<7).map { JobFixture(id: "job-\($0)") })
            let other = try self.scheduler(over: store, "0 0 29 2 *")
            let now = try await store.now()
            // A server took the tick and died before its record was written.
            #expect(try await store.claim("cleanup", due: now, holder: "dead", lease: .seconds(60)) == .claimed)
            await other.resumeInterrupted()
            await other.tick(now)
            #expect(try await store.runs(before: nil, limit: 5).isEmpty, "its lease holds")
            #expect(try await store.renew("cleanup", holder: "dead", lease: .milliseconds(-1)))
            await other.resumeInterrupted()
            let runs = try await store.runs(before: nil, limit: 5)
            #expect(runs.count == 1 && runs[0].trigger == .scheduler && runs[0].cleanedUp == 7)
            await other.resumeInterrupted()
            #expect(try await store.runs(before: nil, limit: 5).count == 1, "once")
            try await store.expectClean()
        }
    }

    @Test(
        "a failed run with work left resumes after the lease, and later after each failure",
        arguments: StoreBackend.available
    )
    func failedRun(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<3).map { JobFixture(id: "job-\($0)") })
            let scheduler = try self.scheduler(over: store, "0 0 29 2 *")
            let now = try await store.now()
            func failed(_ ago: Int) -> Run {
                Run(
                    id: RandomID.timeOrdered(at: now - .seconds(ago)),
                    trigger: .scheduler,
                    status: .failed,
                    dryRun: false,
                    timeout: .seconds(300),
                    batchSize: 100,
                    more: true,
                    startedAt: now - .seconds(ago),
                    updatedAt: now - .seconds(ago)
                )
            }
            try await store.record(failed(300), items: [])
            try await store.record(failed(90), items: [])
            await scheduler.resumeInterrupted()
            #expect(try await store.runs(before: nil, limit: 5).count == 2, "the second failure waits for two leases")
            try await store.record(failed(500), items: [])
            await scheduler.resumeInterrupted()
            let runs = try await store.runs(before: nil, limit: 5)
            #expect(runs.count == 4 && runs[0].status == .completed && runs[0].cleanedUp == 3)
        }
    }

    @Test("a run is recorded before its first batch", arguments: StoreBackend.available)
    func recordedFirst(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            try await store.add((0..<3).map { JobFixture(id: "job-\($0)") })
            let watching = Watching(store: store)
            try await Cleaner(watching).cleanupStuckJobs(CleanupOptions(batchSize: 1, drain: true))
            #expect(watching.known.withLock { $0 } == Array(repeating: .running, count: 4))
        }
    }

    /// A store that reads the run's record before each batch.
    private final class Watching: ForwardingStore {
        let store: any Store
        let known = Mutex<[Run.Status?]>([])

        init(store: any Store) { self.store = store }

        func clean(_ batch: CleanupBatch) async throws -> CleanedBatch {
            let status = try await self.store.run(batch.run.id)?.status
            self.known.withLock { $0.append(status) }
            return try await self.store.clean(batch)
        }
    }

    @Test("what a clock that was ahead left behind blocks no node", arguments: StoreBackend.available)
    func clockAhead(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let now = try await store.now()
            let years = Duration.seconds(5 * 366 * 86_400)
            #expect(try await store.claim("cleanup", due: now + years, holder: "fast", lease: years) == .claimed)
            #expect(try await store.lastTick(of: "cleanup") == nil)
            #expect(try await store.claim("cleanup", due: now, holder: "right", lease: .seconds(60)) == .claimed)
            try await store.release("cleanup", holder: "right")
            #expect(try await store.lastTick(of: "cleanup") == now)
            #expect(try await store.claim("cleanup", due: now, holder: "late", lease: .seconds(60)) == .alreadyTaken)
        }
    }

    @Test("a scheduler announces itself and its next run", arguments: StoreBackend.available)
    func announces(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            #expect(try await store.state(of: "cleanup") == nil)
            let now = try await store.now()
            try await store.announce("cleanup", next: now + .seconds(900))
            let state = try #require(try await store.state(of: "cleanup"))
            #expect(state.nextDue == now + .seconds(900) && state.lastDue == nil && state.lapsedAt == nil)
            #expect(state.nextRun(at: now) == now + .seconds(900))
            #expect(state.nextRun(at: now + .seconds(300)) == nil, "it has gone")
            try await store.announce("cleanup", next: nil)
            #expect(try await store.state(of: "cleanup")?.nextDue == nil)
        }
    }

    @Test("an unreachable database fails the tick, not the scheduler", arguments: StoreBackend.available)
    func unreachable(backend: StoreBackend) async throws {
        try await backend.withStore { store in
            let scheduler = try self.scheduler(over: store)
            try store.close()
            await scheduler.tick(Timestamp(seconds: 1_800_000_000))
            await scheduler.catchUp()
        }
    }
}
