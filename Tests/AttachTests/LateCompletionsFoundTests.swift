import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL

/// Jobs of a team's own tables that a run failed and that the app completed later.
@Suite("late completions in a team's tables", .tags(.alone))
struct LateCompletionsFoundTests {
    private static let mapping = """
        {"jobs": {"table": "renders", "id": "id", "user": "owner", 
            "state": {"column": "state", "values": {"processing": ["running"], "completed": ["done"], "failed": ["failed"]}},
            "started": {"column": "started", "kind": "epoch_ms"}, "completed": {"column": "ended", "kind": "epoch_ms"}}}
        """

    private static let table = """
        CREATE TABLE renders (id bigint PRIMARY KEY, owner text, state text, started bigint, ended bigint);
        CREATE INDEX renders_running ON renders (started, id) WHERE state = 'running';
        """

    /// Four jobs that started ten minutes ago.
    private static func jobs(at now: Timestamp) -> String {
        let rows = (1...4).map { "(\($0), 'ada', 'running', \(now.milliseconds - 600_000), NULL)" }
        return "INSERT INTO renders (id, owner, state, started, ended) VALUES \(rows.joined(separator: ", "));"
    }

    private func check(_ store: any Store, sql: (String) throws -> Void) async throws {
        let now = try await store.now()
        try sql(Self.jobs(at: now))
        #expect(try await Cleaner(store).cleanupStuckJobs().cleanedUp == 4)
        #expect(try await store.findLateCompletions().isEmpty)
        // The app completes two of the attempts, one without its end. It starts another one again before it is done.
        try sql("UPDATE renders SET state = 'done', ended = started + 700000 WHERE id = 1;")
        try sql("UPDATE renders SET state = 'done' WHERE id = 2;")
        try sql("UPDATE renders SET state = 'done', started = \(now.milliseconds + 60_000), ended = NULL WHERE id = 3;")
        // The search goes on after the last item, then starts again.
        var found: [LateCompletion] = []
        for _ in 1...3 { found += try await store.findLateCompletions() }
        #expect(found.map(\.jobID).sorted() == ["1", "2"])
        #expect(found.allSatisfy { !$0.isRefused && $0.kind == "renders" })
        #expect(found.first { $0.jobID == "1" }?.duration == .seconds(700))
        #expect(try await store.lateCompletions(since: now, limit: 10).count == 2)
    }

    @Test("on PostgreSQL", .enabled(if: Attached.isPossible))
    func postgres() async throws {
        try await Attached.with { database in
            try database.sql(Self.table)
            let store = try await database.store(MappingFile(Self.mapping))
            try await self.check(store) { try database.sql($0) }
        }
    }

    @Test("on SQLite")
    func sqlite() async throws {
        try await SQLiteTeam.with { team in
            try team.sql(Self.table)
            let store = try await team.store(MappingFile(Self.mapping))
            try await self.check(store) { try team.sql($0) }
        }
    }
}
