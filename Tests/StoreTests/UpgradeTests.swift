import Foundation
import GRDB
import TestSupport
import Testing
import Unstick
import UnstickPostgres
import UnstickSQL
import UnstickSQLite

@testable import StoreSuite

@Suite("Schema upgrades")
struct UpgradeTests {
    /// Where the first version ended.
    private static let firstOnSQLite = 3
    private static let firstOnPostgres = 4

    /// What the first version left: a user with a refund by a run and one by a call, a job that is stuck, and runs.
    private static func rows(_ boolean: (Bool) -> String) -> String {
        """
        INSERT INTO balances (user_id, balance, sequence, updated_at) VALUES ('ada', 95, 6, 1700000000000);
        INSERT INTO token_transactions
            (user_id, sequence, id, amount, type, source, source_id, balance_after, metadata, created_at)
        VALUES ('ada', 1, 'grant:1', 100, 'GRANT', 'grant', NULL, 100, '{}', 1700000000000),
            ('ada', 2, 'spend:failed:1', -8, 'SPEND', 'job', 'failed', 92, '{}', 1700000000001),
            ('ada', 3, 'refund:failed:1', 8, 'REFUND', 'job', 'failed', 100, '{"runId":"run-2"}', 1700000000002),
            ('ada', 4, 'spend:stuck:1', -5, 'SPEND', 'job', 'stuck', 95, '{}', 1700000000003),
            ('ada', 5, 'spend:called:1', -2, 'SPEND', 'job', 'called', 93, '{}', 1700000000004),
            ('ada', 6, 'refund:called:1', 2, 'REFUND', 'job', 'called', 95, '{}', 1700000000005);
        INSERT INTO jobs (id, user_id, kind, cost, status, attempt, charge, created_at, available_at,
            processing_started_at, updated_at, processing_completed_at)
        VALUES ('failed', 'ada', 'image', 8, 'FAILED', 1, 1, 1700000000001, 1700000000001, 1700000000001, 1700000000002,
                1700000000002),
            ('stuck', 'ada', 'video', 5, 'PROCESSING', 1, 1, 1700000000003, 1700000000003, 1700000000003, 1700000000003,
                NULL),
            ('called', 'ada', 'image', 2, 'CANCELLED', 0, 1, 1700000000004, 1700000000004, NULL, 1700000000005,
                1700000000005);
        INSERT INTO runs (id, "trigger", status, dry_run, timeout_ms, batch_size, total_found, cleaned_up, retried, failed,
            tokens_refunded, more, error, started_at, updated_at, duration_ms)
        VALUES ('run-1', 'cli', 'COMPLETED', \(boolean(true)), NULL, 100, 2, 2, 0, 0, 13, \(boolean(false)), NULL,
                1700000000001, 1700000000001, 1),
            ('run-2', 'cli', 'COMPLETED', \(boolean(false)), NULL, 100, 5, 5, 4, 0, 8, \(boolean(false)), NULL,
                1700000000002, 1700000000002, 1);
        """
    }

    @Test("SQLite")
    func sqlite() async throws {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "old.db").path
            let old = try DatabaseQueue(path: path)
            var first = DatabaseMigrator()
            for step in SQLiteSchema.migrations.prefix(Self.firstOnSQLite) {
                first.registerMigration(step.name) { try $0.execute(sql: step.sql) }
            }
            try first.migrate(old)
            try await old.write { try $0.execute(sql: Self.rows { $0 ? "1" : "0" }) }
            try old.close()
            try await self.check(SQLiteStore(path: path))
        }
    }

    @Test("PostgreSQL", .enabled(if: PostgresCluster.shared != nil))
    func postgres() async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withDatabase { url in
            try cluster.sql(PostgresSchema.bookkeeping, in: url)
            for step in PostgresSchema.migrations.prefix(Self.firstOnPostgres) {
                try cluster.sql(step.sqlOnNewTables, in: url)
                try cluster.sql("INSERT INTO unstick.migrations VALUES ('\(step.name)', 0)", in: url)
            }
            try cluster.sql("SET search_path = unstick; " + Self.rows { $0 ? "true" : "false" }, in: url)
            let store = try await PostgresStore(url: url)
            try await self.check(store)
            try store.close()
        }
    }

    private func check(_ store: some Store) async throws {
        try await store.expectClean()
        let before = try await store.sums(of: "ada")
        #expect(before.spent == 15 && before.charges == 3 && before.refunded == 10 && before.refunds == 2)
        #expect(before.lastRefund == 6)
        let runs = try await store.runs(before: nil, limit: 10)
        #expect(runs.map(\.id) == ["run-2", "run-1"])
        #expect(runs.map(\.cleanedUp) == [1, 0] && runs.map(\.retried) == [4, 0])
        #expect(runs.map(\.tokensRefunded) == [8, 0] && runs.map(\.tokensOwed) == [0, 13])
        #expect(try await store.lastSuccess()?.id == "run-2")

        let run = try await Cleaner(store).cleanupStuckJobs()
        #expect(run.cleanedUp == 1 && run.tokensRefunded == 5)
        #expect(try await Cleaner(store).cleanupStuckJobs().totalFound == 0)
        let sums = try await store.sums(of: "ada")
        #expect(sums.refunded == 15 && sums.refunds == 3 && sums.lastRefund == 7)
        #expect(try await store.balance(of: "ada") == 100)
        try await store.expectClean()
    }
}
