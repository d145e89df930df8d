import Foundation
import GRDB
import TestSupport
import Testing
import Unstick
import UnstickSQL

@testable import StoreSuite
@testable import UnstickMySQL
@testable import UnstickPostgres
@testable import UnstickSQLite

@Suite("Schema upgrades")
struct UpgradeTests {
    @Test("from the first version", arguments: OldDatabase.first)
    func first(_ old: OldDatabase) async throws {
        try await old.upgrade([Self.firstRows], self.checkFirst)
    }

    @Test(
        "with 10,000 jobs, from the first version and from 0.1.0",
        arguments: OldDatabase.first + OldDatabase.released
    )
    func many(_ old: OldDatabase) async throws {
        let rows = ManyRows(countsSums: old.countsSums)
        try await old.upgrade(rows.statements) { store in
            try await store.expectClean()
            let run = try await Cleaner(store).cleanupStuckJobs(
                CleanupOptions(batchSize: 1000, drain: true, force: true)
            )
            #expect(run.cleanedUp == 2000 && run.tokensRefunded == 20 * rows.costs)
            for user in [0, 57, 99] {
                let (id, cost) = (rows.user(user), rows.cost(user))
                #expect(try await store.balance(of: id) == 1000 - 60 * cost)
                let sums = try await store.sums(of: id)
                #expect(sums.spent == 100 * cost && sums.charges == 100)
                #expect(sums.refunded == 40 * cost && sums.refunds == 40 && sums.lastRefund == 141)
            }
            try await store.expectClean()
        }
    }

    @Test("a mapping whose runs changed jobs needs no first check", arguments: OldDatabase.withSources)
    func sources(_ old: OldDatabase) async throws {
        func item(_ source: String, _ action: String) -> String {
            """
            INSERT INTO unstick.run_items (user_id, job_id, run_id, position, kind, attempt, charge, since, duration, amount, action,
                rule, limit_kind, limit_ms, measured_ms, source)
            VALUES ('ada', '1', 'of-\(source)', 1, 'image', 1, 1, 0, 1, 0, '\(action)', 'default', 'timeout', 1, 1, '\(source)')
            """
        }
        let sources = ["aaaa", "bbbb", "cccc"].map { id in
            """
            INSERT INTO unstick.sources (id, name, "database", "schema", "table", old_keys, created_at)
            VALUES ('\(id)', 'mapping \(id)', '', '', 'gone', 'none', 1700000000000)
            """
        }
        try await old.upgrade(sources + [item("aaaa", "FAILED"), item("bbbb", "WOULD_FAIL")]) { store in
            let store = try #require(store as? any SQLStore)
            let ran = try await store.query("SELECT id, ran_at FROM unstick.sources WHERE ran_at IS NOT NULL") {
                [$0.text("id"), $0.integer("ran_at").map(String.init)]
            }
            #expect(ran == [["aaaa", "1700000000000"]])
        }
    }

    /// The data of the first version: a user with a refund by a run and one by a call, a job that is stuck, and runs.
    private static let firstRows = """
        INSERT INTO unstick.balances (user_id, balance, sequence, updated_at) VALUES ('ada', 95, 6, 1700000000000);
        INSERT INTO unstick.token_transactions
            (user_id, sequence, id, amount, type, source, source_id, balance_after, metadata, created_at)
        VALUES ('ada', 1, 'grant:1', 100, 'GRANT', 'grant', NULL, 100, '{}', 1700000000000),
            ('ada', 2, 'spend:failed:1', -8, 'SPEND', 'job', 'failed', 92, '{}', 1700000000001),
            ('ada', 3, 'refund:failed:1', 8, 'REFUND', 'job', 'failed', 100, '{"runId":"run-2"}', 1700000000002),
            ('ada', 4, 'spend:stuck:1', -5, 'SPEND', 'job', 'stuck', 95, '{}', 1700000000003),
            ('ada', 5, 'spend:called:1', -2, 'SPEND', 'job', 'called', 93, '{}', 1700000000004),
            ('ada', 6, 'refund:called:1', 2, 'REFUND', 'job', 'called', 95, '{}', 1700000000005);
        INSERT INTO unstick.jobs (id, user_id, kind, cost, status, attempt, charge, created_at, available_at,
            processing_started_at, updated_at, processing_completed_at)
        VALUES ('failed', 'ada', 'image', 8, 'FAILED', 1, 1, 1700000000001, 1700000000001, 1700000000001, 1700000000002,
                1700000000002),
            ('stuck', 'ada', 'video', 5, 'PROCESSING', 1, 1, 1700000000003, 1700000000003, 1700000000003, 1700000000003,
                NULL),
            ('called', 'ada', 'image', 2, 'CANCELLED', 0, 1, 1700000000004, 1700000000004, NULL, 1700000000005,
                1700000000005);
        INSERT INTO unstick.runs (id, "trigger", status, dry_run, timeout_ms, batch_size, total_found, cleaned_up, retried, failed,
            tokens_refunded, more, error, started_at, updated_at, duration_ms)
        VALUES ('run-1', 'cli', 'COMPLETED', true, NULL, 100, 2, 2, 0, 0, 13, false, NULL,
                1700000000001, 1700000000001, 1),
            ('run-2', 'cli', 'COMPLETED', false, NULL, 100, 5, 5, 4, 0, 8, false, NULL,
                1700000000002, 1700000000002, 1);
        """

    private func checkFirst(_ store: any Store) async throws {
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

/// Rows that every version of the schema takes: 100 users with a grant and 100 jobs each, of which 20 are stuck, 10 wait, 20
/// failed and were refunded, and 50 are complete.
private struct ManyRows {
    /// Whether the schema keeps the sums of a user.
    let countsSums: Bool

    func user(_ number: Int) -> String { "user-\(number)" }

    func cost(_ number: Int) -> Int { 1 + number % 7 }

    /// The sum of what a job of each user costs.
    var costs: Int { (0..<100).map(self.cost).reduce(0, +) }

    var statements: [String] {
        let sums =
            self.countsSums
            ? (
                ", spent, charges, refunded, refunds, last_refund, counted",
                ", 100 * u.cost, 100, 20 * u.cost, 20, 121, 121"
            )
            : ("", "")
        return [
            """
            INSERT INTO unstick.balances (user_id, balance, sequence, updated_at\(sums.0))
            \(Self.users) SELECT u.id, 1000 - 80 * u.cost, 121, 1700000000000\(sums.1) FROM u
            """,
            """
            INSERT INTO unstick.jobs (id, user_id, kind, cost, status, attempt, charge, created_at, available_at,
                processing_started_at, updated_at, processing_completed_at)
            \(Self.users) SELECT 'job-' || u.id || '-' || n.i, u.id, CASE WHEN n.i < 50 THEN 'image' ELSE 'video' END, u.cost,
                CASE WHEN n.i % 10 < 2 THEN 'PROCESSING' WHEN n.i % 10 = 2 THEN 'PENDING' WHEN n.i % 10 < 5 THEN 'FAILED'
                    ELSE 'COMPLETED' END,
                CASE WHEN n.i % 10 = 2 THEN 0 ELSE 1 END, 1, 1700000000001 + n.i, 1700000000001 + n.i,
                CASE WHEN n.i % 10 <> 2 THEN 1700000000001 + n.i END, 1700000000101 + n.i,
                CASE WHEN n.i % 10 > 2 THEN 1700000000101 + n.i END
            FROM u CROSS JOIN n
            """,
            self.lines(
                "SELECT u.id, 1, 'grant:' || u.id, 1000, 'GRANT', 'grant', NULL, 1000, '{}', 1700000000000 FROM u"
            ),
            self.lines(
                """
                SELECT u.id, 2 + n.i, 'spend:job-' || u.id || '-' || n.i || ':1', -u.cost, 'SPEND', 'job',
                    'job-' || u.id || '-' || n.i, 1000 - u.cost * (n.i + 1), '{}', 1700000000001 + n.i FROM u CROSS JOIN n
                """
            ),
            self.lines(
                """
                SELECT r.id, 102 + r.place, 'refund:job-' || r.id || '-' || r.i || ':1', r.cost, 'REFUND', 'job',
                    'job-' || r.id || '-' || r.i, 1000 - 100 * r.cost + r.cost * (r.place + 1), '{}', 1700000000101 + r.i
                FROM (SELECT u.id, u.cost, n.i, n.i / 10 * 2 + n.i % 10 - 3 AS place FROM u CROSS JOIN n
                    WHERE n.i % 10 IN (3, 4)) AS r
                """
            ),
        ]
    }

    private func lines(_ select: String) -> String {
        """
        INSERT INTO unstick.token_transactions
            (user_id, sequence, id, amount, type, source, source_id, balance_after, metadata, created_at)
        \(Self.users) \(select)
        """
    }

    private static let users = """
        WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 99),
            u AS (SELECT 'user-' || i AS id, 1 + i % 7 AS cost FROM n)
        """
}

/// A database at an earlier step of its schema; to open it is to upgrade it.
struct OldDatabase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Whether the schema keeps the sums of a user.
    let countsSums: Bool
    /// Makes the database, runs statements on it, and opens it.
    let upgrade: @Sendable ([String], (any Store) async throws -> Void) async throws -> Void

    /// Where the first version ended.
    static let first = [Self.sqlite(3, countsSums: false)] + [Self.postgres(4, countsSums: false)].compactMap { $0 }
    /// Where 0.1.0 ended.
    static let released = [Self.sqlite(10)] + [Self.postgres(13), Self.mariaDB(2)].compactMap { $0 }

    /// Where 0.1.0 ended, with sources of mappings.
    static let withSources = [Self.attachedSQLite(1)] + [Self.postgres(13)].compactMap { $0 }

    /// A team's file with Unstick's own tables beside the team's.
    ///
    /// - Parameter steps: how many of the steps only for such files it has.
    private static func attachedSQLite(_ steps: Int) -> OldDatabase {
        OldDatabase(testDescription: "a team's SQLite file at step \(steps)", countsSums: true) { statements, body in
            try await withTemporaryFolder { folder in
                let path = folder.appending(path: "app.db").path
                let old = try DatabaseQueue(path: path)
                try await old.write { db in
                    try db.execute(sql: "CREATE TABLE work (id integer PRIMARY KEY, state text, started text)")
                    try db.execute(
                        sql:
                            "CREATE TABLE unstick_migrations (name TEXT NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL)"
                    )
                    for step in SQLiteSchema.steps.prefix(10) + SQLiteSchema.attached.prefix(steps) {
                        try db.execute(sql: step.named(.prefixed).sql)
                        try db.execute(sql: "INSERT INTO unstick_migrations VALUES (?, 0)", arguments: [step.name])
                    }
                    for sql in statements { try db.execute(sql: StatementText.parsed(sql, .prefixed).text) }
                }
                try old.close()
                let mapping = """
                    {"name": "own", "jobs": {"table": "work", "id": "id",
                        "state": {"column": "state", "values": {"processing": ["busy"], "failed": ["dead"]}},
                        "started": {"column": "started", "kind": "timestamp_utc", "clock": "database"}}}
                    """
                let file = try MappingFile(json: Data(mapping.utf8))
                try await body(SQLiteStore(path: path, mapping: file, attaching: .migrating))
            }
        }
    }

    private static func sqlite(_ steps: Int, countsSums: Bool = true) -> OldDatabase {
        OldDatabase(testDescription: "SQLite at step \(steps)", countsSums: countsSums) { statements, body in
            try await withTemporaryFolder { folder in
                let path = folder.appending(path: "old.db").path
                let old = try DatabaseQueue(path: path)
                var migrator = DatabaseMigrator()
                for step in SQLiteSchema.migrations.prefix(steps) {
                    migrator.registerMigration(step.name) { try $0.execute(sql: step.sql) }
                }
                try migrator.migrate(old)
                try await old.write { db in
                    for sql in statements { try db.execute(sql: StatementText.parsed(sql, .plain).text) }
                }
                try old.close()
                try await body(SQLiteStore(path: path))
            }
        }
    }

    private static func postgres(_ steps: Int, countsSums: Bool = true) -> OldDatabase? {
        guard let cluster = PostgresCluster.shared else { return nil }
        return OldDatabase(testDescription: "PostgreSQL at step \(steps)", countsSums: countsSums) { statements, body in
            try await cluster.withDatabase { url in
                try cluster.sql(PostgresSchema.bookkeeping, in: url)
                for step in PostgresSchema.migrations.prefix(steps) {
                    try cluster.sql(step.sqlOnNewTables, in: url)
                    try cluster.sql("INSERT INTO unstick.migrations VALUES ('\(step.name)', 0)", in: url)
                }
                for sql in statements { try cluster.sql(sql, in: url) }
                let store = try await PostgresStore(url: url)
                try await body(store)
                try store.close()
            }
        }
    }

    private static func mariaDB(_ steps: Int) -> OldDatabase? {
        guard let cluster = MariaDBCluster.shared else { return nil }
        return OldDatabase(testDescription: "MariaDB at step \(steps)", countsSums: true) { statements, body in
            let url = try cluster.makeDatabase()
            defer { cluster.dropDatabase(url) }
            let connection = try MySQLConnection(url: url, names: MySQLDialect.names)
            let schema = MySQLSchema(MySQLDialect(collation: connection.server.collation))
            func define(_ sql: String) throws {
                let text = StatementText.parsed(MySQLSpelling(sql).sql, MySQLDialect.names).text
                try connection.define(text, limit: .seconds(60))
            }
            try define(schema.bookkeeping)
            for step in schema.migrations.prefix(steps) {
                for statement in SQLScript.statements(step.sql) { try define(statement) }
                try define("INSERT INTO unstick.migrations VALUES ('\(step.name)', 0)")
            }
            for sql in statements { try define(sql) }
            let store = try await MySQLStore(url: url)
            try await body(store)
            try store.close()
        }
    }
}
