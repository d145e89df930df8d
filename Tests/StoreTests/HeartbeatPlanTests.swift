import Foundation
import TestSupport
import Testing
import Unstick
import UnstickSQL

@testable import StoreSuite
@testable import UnstickPostgres

@Suite("Query plans of heartbeats on PostgreSQL", .enabled(if: PostgresServer.isThere))
struct HeartbeatPlanTests {
    /// Creates further running jobs, each with a lease.
    private static func grow(from first: Int, to count: Int) -> String {
        """
        INSERT INTO unstick.jobs (user_id, id, kind, cost, status, attempt, charge, created_at, available_at, updated_at)
            SELECT 'user-' || n % 100, 'job-' || n, 'image', 0, 'PROCESSING', 1, 1, 1, 1, 1
            FROM generate_series(\(first), \(count - 1)) AS n;
        INSERT INTO unstick.leases (user_id, job_id, attempt, beat_at, progress)
            SELECT 'user-' || n % 100, 'job-' || n, 1, 1, 0 FROM generate_series(\(first), \(count - 1)) AS n;
        """
    }

    @Test("whatever the statistics say, with up to 100,000 running jobs")
    func plans() async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withStore { _, url in
            let connection = try PostgresConnection(url: url)
            let tables = "unstick.leases, unstick.jobs"
            for table in ["leases", "jobs"] {
                try cluster.sql("ALTER TABLE unstick.\(table) SET (autovacuum_enabled = false)", in: url)
            }
            try Self.expectKeys(connection, "never analyzed, empty")
            try cluster.sql("VACUUM ANALYZE \(tables)", in: url)
            try Self.expectKeys(connection, "analyzed, empty")
            var count = 0
            for next in [100, 1000, 10_000, 100_000] {
                try cluster.sql(Self.grow(from: count, to: next), in: url)
                try Self.expectKeys(connection, "\(next), as if there were \(count)")
                try cluster.sql("ANALYZE \(tables)", in: url)
                try Self.expectKeys(connection, "\(next), analyzed")
                count = next
            }
            try cluster.sql("VACUUM \(tables)", in: url)
            try Self.expectKeys(connection, "\(count), vacuumed")
        }
    }

    private static func expectKeys(_ connection: PostgresConnection, _ state: String) throws {
        let one = Heartbeat(jobID: "job-7", attempt: 1, progress: 0.5, message: "x")
        let ids = (0..<100).map { "job-\($0)" }
        let rows = ids.map { #"{"id":"\#($0)","attempt":1}"# }.joined(separator: ",")
        let many: SQLArguments = ["beats": .text("[\(rows)]"), "ids": .array(ids.lazy.map { .text($0) })]
        for (sql, arguments) in [
            (LeaseStatements.beat, one.arguments), (LeaseStatements.beatAll, many), (LeaseStatements.beginAll, many),
        ] {
            for mode in ["force_generic_plan", "force_custom_plan"] {
                let plan = try self.plan(of: SQLCall(sql, arguments), mode, connection)
                let scans = plan.filter { $0.contains("Index Scan using") || $0.contains("Bitmap Index Scan on") }
                let keys = plan.filter { $0.contains("Index Cond:") && $0.contains("id = ") }
                #expect(
                    !plan.contains { $0.contains("Seq Scan") } && !scans.isEmpty && keys.count == scans.count,
                    "\(state), \(mode): \(sql)\n\(plan.joined(separator: "\n"))"
                )
            }
        }
    }

    private static func plan(of call: SQLCall, _ mode: String, _ connection: PostgresConnection) throws -> [String] {
        let values = try call.values().map { $0.map { "'" + $0.replacing("'", with: "''") + "'" } ?? "NULL" }
        let results = try connection.send(
            [
                PostgresTransaction.settings(.byKey, limit: .seconds(60)),
                SQLCall("SELECT set_config('plan_cache_mode', '\(mode)', true)"),
                SQLCall("PREPARE explained AS \(call.statement.sql)"),
                SQLCall("EXPLAIN (COSTS OFF) EXECUTE explained (\(values.joined(separator: ", ")))"),
                SQLCall("DEALLOCATE explained"),
            ],
            limit: .seconds(60)
        )
        return results[3].rows.compactMap { $0.text("QUERY PLAN") }
    }

    @Test("the store reads only the rows of the jobs with heartbeats")
    func rowsRead() async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withStore { _, url in
            // The plans are made and cached while the tables are empty.
            let store = try await PostgresStore(url: url)
            let jobs = (0..<20).map { Heartbeat(jobID: "job-\($0)", attempt: 1) }
            func beat() async throws -> [HeartbeatAnswer] {
                var answers: [HeartbeatAnswer] = []
                for job in jobs { answers += try await store.heartbeat([job]) }
                return try await answers + store.heartbeat(jobs)
            }
            for _ in 0..<6 { _ = try await beat() }
            try cluster.sql(Self.grow(from: 0, to: 20_000), in: url)
            let before = try Self.rowsRead(cluster, url)
            let answers = try await beat()
            #expect(answers.count == 40 && answers.allSatisfy { $0 == .alive })
            try store.close()
            // A connection reports its reads when it ends.
            var tries = 0
            while tries < 500, try cluster.sql(Self.others, in: url).first != "0" { tries += 1 }
            let read = try Self.rowsRead(cluster, url) - before
            #expect((0...400).contains(read), "\(read) rows were read for 40 heartbeats")
        }
    }

    private static let others = """
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
        """

    /// How many rows of jobs and leases have been read.
    private static func rowsRead(_ cluster: PostgresCluster, _ url: String) throws -> Int {
        let sum = try cluster.sql(
            """
            SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables
            WHERE relname IN ('leases', 'jobs')
            """,
            in: url
        )
        return try #require(Int(sum.filter(\.isNumber)))
    }
}
