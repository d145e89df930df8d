import BenchSupport
import Foundation
import TestSupport
import UnstickPostgres

/// The databases of a bench: filled by the server itself, and copied file by file, so that all contestants start with
/// the same data.
struct BenchDatabases {
    /// The content of a database.
    struct Contents {
        var jobs: Int
        var stuck: Int
        /// Running jobs that are not stuck.
        var running = 0
        /// Jobs that wait for a worker; their ids are `pending-0`, `pending-1`, ….
        var pending = 0
        var users: Int
        /// The number of kinds: `k0`, `k1`, …; `image` for one.
        var kinds = 1
    }

    let cluster: PostgresCluster

    func url(of name: String) -> String { self.cluster.url(of: name) }

    @discardableResult
    func sql(_ sql: String, in name: String) throws -> String {
        try self.cluster.sql(sql, in: self.url(of: name))
    }

    /// Creates a database with Unstick's own tables and fills them.
    func make(_ name: String, _ contents: Contents) async throws {
        say("Filling \(name): \(contents.jobs) jobs, \(contents.stuck) of them stuck …")
        try self.sql("CREATE DATABASE \(name)", in: "postgres")
        try await PostgresStore(url: self.url(of: name)).close()
        try self.sql(Self.users(contents.users), in: name)
        try self.withoutIndices(of: "unstick.jobs", in: name) {
            let step = 1_000_000
            for start in stride(from: 0, to: contents.jobs, by: step) {
                try self.sql(Self.jobs(start..<min(start + step, contents.jobs), contents), in: name)
                if contents.jobs > step { say("  \(min(start + step, contents.jobs)) rows …") }
            }
            try self.sql(Self.pending(contents), in: name)
        }
        try self.sql("CREATE EXTENSION IF NOT EXISTS pg_prewarm", in: name)
        try self.sql("VACUUM (ANALYZE)", in: name)
        try self.sql("CHECKPOINT", in: name)
    }

    /// Copies a database, and reads it once so that each contestant starts equally warm.
    func copy(_ name: String, to copy: String) throws {
        try self.sql("CREATE DATABASE \(copy) TEMPLATE \(name) STRATEGY file_copy", in: "postgres")
        try self.warm(copy)
    }

    func warm(_ name: String) throws {
        try self.sql(
            """
            SELECT sum(pg_prewarm(oid)) FROM pg_class
            WHERE relnamespace = 'unstick'::regnamespace AND relkind IN ('r', 'i')
            """,
            in: name
        )
    }

    func drop(_ name: String) throws {
        try self.sql("DROP DATABASE IF EXISTS \(name) WITH (FORCE)", in: "postgres")
    }

    /// Building indices afterwards is faster than updating them while millions of rows are inserted.
    private func withoutIndices(of table: String, in name: String, _ body: () throws -> Void) throws {
        let key = try self.sql(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '\(table)'::regclass AND contype = 'p'",
            in: name
        )
        try self.sql("ALTER TABLE \(table) DROP CONSTRAINT jobs_pkey", in: name)
        let indices = try self.sql(
            "SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = '\(table)'::regclass",
            in: name
        ).split(separator: "\n").map { $0.split(separator: "|", maxSplits: 1) }
        for index in indices { try self.sql("DROP INDEX \(index[0])", in: name) }
        try body()
        try self.sql("ALTER TABLE \(table) ADD CONSTRAINT jobs_pkey \(key)", in: name)
        for index in indices { try self.sql(String(index[1]), in: name) }
    }

    private static let now = "CAST(extract(epoch FROM now()) * 1000 AS bigint)"

    /// Users with granted balances, so that the ledger is consistent.
    private static func users(_ count: Int) -> String {
        """
        INSERT INTO unstick.balances (user_id, balance, sequence, updated_at)
        SELECT 'user-' || n, 1000000, 1, \(self.now) FROM generate_series(0, \(count - 1)) AS n;
        INSERT INTO unstick.token_transactions
            (user_id, sequence, id, amount, type, source, balance_after, metadata, created_at)
        SELECT user_id, 1, 'grant', 1000000, 'GRANT', 'bench', 1000000, '{}', updated_at FROM unstick.balances;
        """
    }

    /// A range of the jobs.
    ///
    /// The stuck ones are spread over the whole table: the worst case for the pages that a run touches.
    private static func jobs(_ range: Range<Int>, _ contents: Contents) -> String {
        let kind = contents.kinds == 1 ? "'image'" : "'k' || chance / 9 % \(contents.kinds)"
        return """
            INSERT INTO unstick.jobs (user_id, id, kind, tier, cost, status, attempt, charge, created_at,
                available_at, processing_started_at, updated_at, processing_completed_at)
            SELECT 'user-' || chance % \(contents.users), md5(n::text), \(kind), 'TIER_4K', 1 + chance % 9,
                CASE WHEN is_open THEN 'PROCESSING' ELSE 'COMPLETED' END, 1, 1, since - 5000, since - 5000, since,
                since,
                CASE WHEN is_open THEN NULL ELSE since + 1000 + chance / 7 % 60000 END
            FROM (
                SELECT n, chance, place < \(contents.stuck + contents.running) AS is_open,
                    -- What is well stays well however long the bench runs.
                    CASE WHEN place BETWEEN \(contents.stuck) AND \(contents.stuck + contents.running - 1)
                        THEN \(self.now) + 86400000 ELSE \(self.now) - 600000 - chance / 1000 % 89400000 END AS since
                FROM (
                    SELECT n, n * 7919 % \(contents.jobs) AS place,
                        hashint8extended(n, 7) & 9223372036854775807 AS chance
                    FROM generate_series(CAST(\(range.lowerBound) AS bigint), \(range.upperBound - 1)) AS n
                ) AS numbers
            ) AS jobs
            """
    }

    private static func pending(_ contents: Contents) -> String {
        """
        INSERT INTO unstick.jobs (user_id, id, kind, cost, status, attempt, charge, created_at, available_at,
            updated_at)
        SELECT 'user-' || n % \(contents.users), 'pending-' || n, 'image', 0, 'PENDING', 0, 1, \(self.now), \(self.now),
            \(self.now)
        FROM generate_series(0, \(contents.pending - 1)) AS n
        """
    }
}
