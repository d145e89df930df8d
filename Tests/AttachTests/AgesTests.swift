import TestTags
import Testing
import Unstick
import UnstickSQL

@Suite("Times against the clock", .tags(.alone))
struct AgesTests {
    /// A state of a team's table, and what is true of it.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var rows: [AgedJobs.Row]
        var times = ["created", "started", "updated", "completed"]
        /// The worst level of the doctor's findings about ages, with a part of the text.
        var worst: Finding.Level
        var text: String
        /// How many jobs a run fails.
        var cleaned = 0
    }

    private static let hour = 3600
    /// Ten jobs that were just started, and twenty that were just completed.
    private static func live(behind: Int = 0) -> [AgedJobs.Row] {
        (1...10).map { .live($0, behind: behind) } + (1...20).map { .done($0, behind: behind) }
    }
    /// A job that is stuck, at an age that no time zone explains.
    private static let stuck = AgedJobs.Row.live(2 * hour + 7 * 60)

    static let cases: [Case] = [
        Case(
            testDescription: "New York's local time read as UTC",
            rows: live(behind: 5 * hour),
            worst: .error,
            text: "5h old: they look like local time of"
        ),
        Case(
            testDescription: "a zone with a quarter of an hour",
            rows: live(behind: 5 * hour + 45 * 60),
            times: ["started"],
            worst: .error,
            text: "UTC-5:45"
        ),
        Case(
            testDescription: "an hour back after a clock change",
            rows: live(behind: hour),
            worst: .error,
            text: "a clock that was changed by an hour"
        ),
        Case(
            testDescription: "an hour ahead after a clock change",
            rows: live(behind: -hour) + [stuck],
            worst: .error,
            text: "ahead of the database's clock"
        ),
        Case(
            testDescription: "jobs are created by the right clock and started by a wrong one",
            rows: live(behind: 6 * hour).map { row in
                var row = row
                row.created = 5
                return row
            },
            worst: .error,
            text: "6h old"
        ),
        Case(
            testDescription: "one slow writer of several, known by the creation of its jobs",
            rows: live() + [AgedJobs.Row(created: 9, started: 6 * hour + 7, updated: 6 * hour)],
            worst: .error,
            text: "before it was created"
        ),
        Case(
            testDescription: "one slow writer of several, without a time of creation",
            rows: live() + (1...10).map { .live($0, behind: 6 * hour) } + [stuck],
            times: ["started", "completed"],
            worst: .error,
            text: "10 running jobs are 6h old"
        ),
        Case(testDescription: "a healthy table", rows: live() + [stuck], worst: .ok, text: "newest time", cleaned: 1),
        Case(
            testDescription: "a quiet table",
            rows: [stuck, .done(3 * hour)],
            worst: .warning,
            text: "nothing was written since",
            cleaned: 1
        ),
        Case(testDescription: "an old table", rows: [.live(40 * 24 * hour)], worst: .warning, text: "40d", cleaned: 1),
        Case(
            testDescription: "running jobs far older than completed ones take",
            rows: [.live(hour), .live(hour + 500), .live(2 * hour)] + (1...20).map { .done($0) },
            times: ["started", "completed"],
            worst: .warning,
            text: "completed jobs took at most 20s",
            cleaned: 3
        ),
        Case(testDescription: "an empty table", rows: [], worst: .ok, text: "no job has a time yet"),
    ]

    @Test(
        "the doctor compares the newest times with the clock, and no live job fails",
        arguments: cases,
        AgedJobs.Engine.allCases
    )
    func judged(_ example: Case, _ engine: AgedJobs.Engine) async throws {
        try await AgedJobs.with(engine, example.rows) { jobs in
            let mapping = try AgedJobs.mapping(example.times)
            let store = try await jobs.store(mapping)
            let ages = try await jobs.doctor(mapping).filter { $0.subject == "ages" }
            let worst = ages.filter { $0.level == example.worst }
            #expect(worst.contains { $0.detail.contains(example.text) }, "\(ages)")
            #expect(example.worst == .error || !ages.contains { $0.level == .error }, "\(ages)")
            #expect(example.worst != .ok || ages.allSatisfy { $0.level == .ok }, "\(ages)")
            let cleaner = Cleaner(store)
            if example.worst == .error {
                let error = await #expect(throws: UnstickError.self) {
                    try await cleaner.cleanupStuckJobs(CleanupOptions(force: true))
                }
                #expect(error?.code == .conflict)
            } else {
                #expect(try await cleaner.cleanupStuckJobs().cleanedUp == example.cleaned)
            }
            #expect(try jobs.failed == example.cleaned)
        }
    }

    @Test("the text for New York's local time names its zone, and what to change", .enabled(if: Attached.isPossible))
    func newYork() async throws {
        try await Attached.with { database in
            try database.sql(
                """
                CREATE TABLE work (id int PRIMARY KEY, state text, created timestamp, started timestamp, updated timestamp,
                    completed timestamp);
                INSERT INTO work SELECT i, 'busy', at, at, at FROM generate_series(1, 10) AS i,
                    timezone('America/New_York', now() - interval '3 seconds') AS at;
                """
            )
            let mapping = try AgedJobs.mapping()
            let store = try await database.store(mapping, accepts: false)
            let finding = try #require(
                await database.doctor(mapping).first { $0.level == .error && $0.subject == "ages" }
            )
            #expect(finding.detail.contains("local time of America/New_York (UTC-"), "\(finding)")
            #expect(finding.advice?.contains("'kind: timestamptz' for 'created'") == true, "\(finding)")
            #expect(
                finding.advice?.contains("USING \"created\" AT TIME ZONE 'America/New_York';") == true,
                "\(finding)"
            )
            await #expect(throws: UnstickError.self) { try await Cleaner(store).cleanupStuckJobs() }
            #expect(try database.sql("SELECT count(*) FROM work WHERE state = 'busy'") == "10")
        }
    }

    @Test(
        "a refused run says what was found and the two ways on, whatever starts it; a dry run says it too",
        arguments: AgedJobs.Engine.allCases
    )
    func refused(_ engine: AgedJobs.Engine) async throws {
        try await AgedJobs.with(engine, Self.live(behind: 5 * Self.hour)) { jobs in
            let store = try await jobs.store(AgedJobs.mapping())
            for trigger in [RunTrigger.cli, .cron, .scheduler, .library, .admin("ada")] {
                for options in [CleanupOptions(), CleanupOptions(drain: true), CleanupOptions(force: true)] {
                    let error = await #expect(throws: UnstickError.self) {
                        try await Cleaner(store).cleanupStuckJobs(options, trigger: trigger)
                    }
                    for part in ["5h old", "correct the mapping", "unstick doctor --accept ages"] {
                        #expect(error?.message.contains(part) == true, "\(error as Any)")
                    }
                }
            }
            let last = try #require(await store.runs(RunFilter(), before: nil, limit: 1).rows.first)
            #expect(last.status == .failed && last.error?.contains("--accept ages") == true)
            let preview = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(dryRun: true))
            #expect(preview.totalFound == 10 && preview.refused?.contains("5h old") == true)
            let report = try await Cleaner(store).stuckReport()
            #expect(report.totalFound == 10 && report.refused == preview.refused)
            #expect(try jobs.failed == 0)
        }
    }

    @Test("an operator accepts the times, until the mapping reads others", arguments: AgedJobs.Engine.allCases)
    func accepted(_ engine: AgedJobs.Engine) async throws {
        try await AgedJobs.with(engine, Self.live(behind: 5 * Self.hour)) { jobs in
            let mapping = try AgedJobs.mapping()
            let store = try await jobs.store(mapping)
            try await store.acceptAges(by: "cli:ada")
            let findings = try await jobs.doctor(mapping).filter { $0.subject == "ages" }
            let accepted = try #require(findings.first { $0.detail.contains("accepted by cli:ada on 20") })
            #expect(accepted.level == .warning && !findings.contains { $0.level == .error }, "\(findings)")
            // Other columns were not accepted.
            let other = try AgedJobs.mapping(["started", "completed"])
            #expect(try await jobs.doctor(other).contains { $0.subject == "ages" && $0.level == .error })
            let otherStore = try await jobs.store(other)
            await #expect(throws: UnstickError.self) { try await Cleaner(otherStore).cleanupStuckJobs() }
            #expect(try jobs.failed == 0)
            #expect(try await Cleaner(store).cleanupStuckJobs().cleanedUp == 10)
        }
    }

    @Test("the doctor reads tables of an older version, which know no acceptance", .enabled(if: Attached.isPossible))
    func older() async throws {
        try await AgedJobs.with(.postgres, Self.live(behind: 5 * Self.hour)) { jobs in
            let mapping = try AgedJobs.mapping()
            try await jobs.store(mapping).acceptAges(by: "ada")
            _ = try jobs.sql(
                """
                ALTER TABLE unstick.sources DROP COLUMN ran_at; DELETE FROM unstick.migrations WHERE name LIKE '014 %';
                """
            )
            let findings = try await jobs.doctor(mapping)
            #expect(findings.contains { $0.subject == "ages" && $0.level == .error }, "\(findings)")
            #expect(findings.contains { $0.subject == "tables unstick.…" && $0.level == .warning })
        }
    }

    @Test("only the first run with these times is checked", arguments: AgedJobs.Engine.allCases)
    func firstRun(_ engine: AgedJobs.Engine) async throws {
        try await AgedJobs.with(engine, Self.live() + [Self.stuck]) { jobs in
            let mapping = try AgedJobs.mapping()
            #expect(try await Cleaner(jobs.store(mapping)).cleanupStuckJobs().cleanedUp == 1)
            try jobs.age(Self.hour)
            let refused = try await jobs.store(AgedJobs.mapping(["started"]))
            await #expect(throws: UnstickError.self) { try await Cleaner(refused).cleanupStuckJobs() }
            // Another process.
            #expect(try await Cleaner(jobs.store(mapping)).cleanupStuckJobs().cleanedUp == 10)
        }
    }

    @Test("a run that finds nothing stuck is no first run", arguments: AgedJobs.Engine.allCases)
    func empty(_ engine: AgedJobs.Engine) async throws {
        try await AgedJobs.with(engine, []) { jobs in
            let store = try await jobs.store(AgedJobs.mapping())
            #expect(try await Cleaner(store).cleanupStuckJobs().totalFound == 0)
            try jobs.add(.live(3, behind: 5 * Self.hour), 1)
            await #expect(throws: UnstickError.self) { try await Cleaner(store).cleanupStuckJobs() }
            #expect(try jobs.failed == 0)
        }
    }

    @Test(
        "a large table is read through indexes only, and what was not read is listed",
        arguments: AgedJobs.Engine.allCases
    )
    func large(_ engine: AgedJobs.Engine) async throws {
        try await AgedJobs.with(engine, Self.live(behind: 5 * Self.hour)) { jobs in
            _ = try jobs.sql(
                """
                WITH RECURSIVE n AS (SELECT 1000 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 101100)
                INSERT INTO work (id, state, created) SELECT i, 'done', '2026-01-01 00:00:00' FROM n
                """
            )
            if engine == .postgres { _ = try jobs.sql("ANALYZE work") }
            let mapping = try AgedJobs.mapping()
            let unread = try await jobs.doctor(mapping).filter { $0.subject == "ages" }
            #expect(
                unread.contains {
                    $0.level == .warning
                        && $0.detail.contains("'created', 'started', 'updated', 'completed' was not compared")
                },
                "\(unread)"
            )
            #expect(unread.contains { $0.level == .warning && $0.detail.contains("no index finds them") }, "\(unread)")
            _ = try jobs.sql("CREATE INDEX by_start ON work (started)")
            let read = try await jobs.doctor(mapping).filter { $0.subject == "ages" }
            #expect(read.contains { $0.level == .error && $0.detail.contains("'started'") }, "\(read)")
            #expect(
                read.contains {
                    $0.level == .ok && $0.detail.contains("'created', 'updated', 'completed' was not compared")
                },
                "\(read)"
            )
        }
    }
}
