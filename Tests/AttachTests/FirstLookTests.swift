import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL
import UnstickSQLite

/// Jobs whose times another program wrote, by a clock that may be hours off.
@Suite("first and second looks", .tags(.alone))
struct FirstLookTests {
    private static let mapping = """
        {"jobs": {"table": "renders", "id": "id", "user": "owner",
            "state": {"column": "state", "values": {"processing": ["running"], "completed": ["done"], "failed": ["failed"]}},
            "started": {"column": "started", "kind": "epoch_ms"}, "created": {"column": "made", "kind": "epoch_ms"}}}
        """

    private static let table = """
        CREATE TABLE renders (id bigint PRIMARY KEY, owner text, state text, started bigint, made bigint);
        CREATE INDEX renders_running ON renders (started, id) WHERE state = 'running';
        """

    private func with(
        exact: Bool = false,
        _ body: (SQLiteStore, SQLiteTeam, MovedClock) async throws -> Void
    ) async throws {
        try await SQLiteTeam.with { team in
            try team.sql(Self.table)
            let clock = MovedClock(at: SQLiteStore.machineClock())
            let mapping = try MappingFile(Self.mapping)
            try await body(team.store(mapping, exact: exact, clock: { clock.now }), team, clock)
        }
    }

    /// Adds running jobs.
    ///
    /// - Parameter age: how long ago they started, by the clock of the program that wrote them.
    private func add(_ ids: ClosedRange<Int>, age: Duration, to team: SQLiteTeam, _ clock: MovedClock) throws {
        let started = (clock.now - age).milliseconds
        let rows = ids.map { "(\($0), 'ada', 'running', \(started), \(started))" }.joined(separator: ", ")
        try team.sql("INSERT INTO renders VALUES \(rows);")
    }

    @Test("a job is failed when it is found twice, one limit apart, unchanged")
    func twice() async throws {
        try await self.with { store, team, clock in
            try self.add(1...2, age: .seconds(3600), to: team, clock)
            let cleaner = Cleaner(store)
            #expect(try await cleaner.findStuckJobs().count == 2, "the list shows them")
            let first = try await cleaner.cleanupStuckJobs()
            #expect(first.totalFound == 0 && first.waiting == 2 && first.waitingUntil == clock.now + .seconds(300))
            let due = clock.now + .seconds(300)
            #expect(first.message == "No stuck jobs found; 2 wait for a second look, the first at \(due)")
            #expect(try await store.run(first.runID)?.status == .completed)
            #expect(try await cleaner.nextDue(after: clock.now) == clock.now + .seconds(300))
            clock.advance(.seconds(299))
            #expect(try await cleaner.cleanupStuckJobs().waiting == 2)
            // One of them starts again.
            try team.sql("UPDATE renders SET started = started + 1000 WHERE id = 2;")
            clock.advance(.seconds(1))
            let second = try await cleaner.cleanupStuckJobs()
            #expect(second.cleanedUp == 1 && second.jobs.map(\.id) == ["1"] && second.waiting == 1)
            clock.advance(.seconds(300))
            #expect(try await cleaner.cleanupStuckJobs().jobs.map(\.id) == ["2"])
        }
    }

    @Test("19 running jobs an hour back, and 5 that are six hours back: none is failed")
    func wrongClocks() async throws {
        for (jobs, offset) in [(19, Duration.seconds(3600)), (5, .seconds(6 * 3600))] {
            try await self.with { store, team, clock in
                // Each takes three minutes; a worker takes the next job at once.
                var finished = 0
                for minute in 0..<40 {
                    if minute % 3 == 0 {
                        try team.sql("UPDATE renders SET state = 'done' WHERE state = 'running';")
                        try self.add((finished + 1)...(finished + jobs), age: offset, to: team, clock)
                        finished += jobs
                    }
                    #expect(try await Cleaner(store).cleanupStuckJobs().cleanedUp == 0)
                    clock.advance(.seconds(60))
                }
                #expect(try team.row("SELECT count(*) FROM renders WHERE state = 'failed'") == "0")
            }
        }
    }

    @Test("no time zone explains an age of more than 26 hours over the limit")
    func farOver() async throws {
        try await self.with { store, team, clock in
            try self.add(1...1, age: .seconds(26 * 3600 + 300), to: team, clock)
            try self.add(2...2, age: .seconds(26 * 3600 + 299), to: team, clock)
            let run = try await Cleaner(store).cleanupStuckJobs()
            #expect(run.jobs.map(\.id) == ["1"] && run.waiting == 1)
        }
    }

    @Test("a dry run looks too, and a forced run looks once")
    func options() async throws {
        try await self.with { store, team, clock in
            try self.add(1...1, age: .seconds(3600), to: team, clock)
            let preview = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(dryRun: true))
            #expect(preview.totalFound == 0 && preview.waiting == 1 && preview.tokensOwed == 0)
            clock.advance(.seconds(300))
            #expect(try await Cleaner(store).cleanupStuckJobs(CleanupOptions(dryRun: true)).totalFound == 1)
            try self.add(2...2, age: .seconds(3600), to: team, clock)
            let forced = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(force: true))
            #expect(forced.cleanedUp == 2 && forced.waiting == 0)
        }
    }

    @Test("one look is enough where the database writes the time")
    func exact() async throws {
        try await self.with(exact: true) { store, team, clock in
            try self.add(1...1, age: .seconds(301), to: team, clock)
            let run = try await Cleaner(store).cleanupStuckJobs()
            #expect(run.cleanedUp == 1 && run.waiting == 0)
        }
    }

    @Test("it is said per column: a deadline by another program's time is checked twice")
    func perColumn() async throws {
        try await SQLiteTeam.with { team in
            try team.sql(Self.table)
            let clock = MovedClock(at: SQLiteStore.machineClock())
            var mapping = try MappingFile(Self.mapping)
            mapping.jobs.started?.clock = .database
            let store = try await team.store(mapping, exact: false, clock: { clock.now })
            try self.add(1...1, age: .seconds(3600), to: team, clock)
            let deadline = Policy(standard: Rule(timeout: nil, deadline: .seconds(600)))
            let cleaner = Cleaner(store: store, policy: PolicySource(deadline))
            #expect(try await cleaner.cleanupStuckJobs().waiting == 1)
            #expect(try await Cleaner(store).cleanupStuckJobs().cleanedUp == 1)
        }
    }

    @Test("the guard and an approval meet the second look", .enabled(if: Attached.isPossible))
    func postgres() async throws {
        try await Attached.with { database in
            try database.sql(Self.table)
            let store = try await database.store(MappingFile(Self.mapping), exact: false)
            let started = try await store.now().milliseconds - 3_600_000
            let rows = (1...30).map { "(\($0), 'ada', 'running', \(started), \(started))" }.joined(separator: ", ")
            try database.sql("INSERT INTO renders VALUES \(rows)")
            #expect(try await Cleaner(store).cleanupStuckJobs().waiting == 30)
            try database.sql("UPDATE unstick.first_looks SET looked_at = looked_at - 300000")
            let held = try await Cleaner(store).cleanupStuckJobs()
            #expect(held.heldCount == 30 && held.waiting == 0 && held.cleanedUp == 0)
            try await store.approveHolds()
            #expect(try await Cleaner(store).cleanupStuckJobs().cleanedUp == 30)
        }
    }
}
