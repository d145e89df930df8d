import Foundation
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL

@testable import StoreSuite
@testable import UnstickPostgres

/// Whether a server for the tests is available.
enum PostgresServer {
    static var isThere: Bool { PostgresCluster.shared != nil }
}

@Suite("PostgreSQL store", .tags(.alone), .enabled(if: PostgresServer.isThere))
struct PostgresTests {
    private func with(_ body: (PostgresCluster, PostgresStore, _ url: String) async throws -> Void) async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withStore { store, url in try await body(cluster, store, url) }
    }

    @Test("the ledger refuses updates, deletes and truncation")
    func appendOnly() async throws {
        try await self.with { cluster, store, url in
            try await TokenBalanceManager(store: store).addTokens(5, to: "ada")
            for sql in [
                "UPDATE unstick.token_transactions SET amount = 6", "DELETE FROM unstick.token_transactions",
                "TRUNCATE unstick.token_transactions",
            ] {
                let error = #expect(throws: (any Error).self) { try cluster.sql(sql, in: url) }
                #expect("\(error as Any)".contains("append-only"))
            }
            try await store.expectClean()
        }
    }

    @Test("tables have constraints")
    func checks() async throws {
        try await self.with { cluster, _, url in
            func job(_ costAndStatus: String) -> String {
                """
                INSERT INTO unstick.jobs
                    (user_id, id, kind, cost, status, attempt, charge, created_at, available_at, updated_at)
                VALUES ('u', 'a', 'k', \(costAndStatus), 0, 1, 0, 0, 0)
                """
            }
            try cluster.sql(job("1, 'PENDING'").replacing("'a'", with: "'good'"), in: url)
            for sql in [
                "INSERT INTO unstick.balances (user_id, balance, sequence, updated_at) VALUES ('ada', 9007199254740992, 0, 0)",
                "INSERT INTO unstick.balances (user_id, balance, sequence, updated_at) VALUES ('ada', -1, 0, 0)",
                job("1, 'DONE'"), job("-1, 'PENDING'"),
                "INSERT INTO unstick.token_transactions VALUES ('u',1,'x',0,'GRANT','s',NULL,0,'{}',0)",
                "INSERT INTO unstick.token_transactions VALUES ('u',1,'x',1,'GIFT','s',NULL,1,'{}',0)",
                "INSERT INTO unstick.token_transactions VALUES ('u',1,'x',1,'GRANT','s',NULL,1,'no json',0)",
            ] {
                #expect(throws: (any Error).self, "\(sql)") { try cluster.sql(sql, in: url) }
            }
        }
    }

    @Test("a refused batch leaves no partial result", arguments: RefusedBatch.tables)
    func refusedBatch(table: String) async throws {
        try await self.with { cluster, store, url in
            let batch = RefusedBatch(table: table)
            try await batch.expectNoPartialResult(in: store) {
                let (event, condition) = batch.refused
                try cluster.sql(
                    """
                    CREATE FUNCTION boom() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''boom''; END';
                    CREATE TRIGGER boom BEFORE \(event) ON unstick.\(table) FOR EACH ROW WHEN (\(condition))
                        EXECUTE FUNCTION boom();
                    """,
                    in: url
                )
            } accept: {
                try cluster.sql("DROP TRIGGER boom ON unstick.\(table)", in: url)
            }
        }
    }

    @Test("eight cleaners and 2,000 shared users: every job once, every refund once, no deadlock")
    func cleaners() async throws {
        try await self.with { cluster, store, url in
            try await store.add(
                (0..<12_000).map { JobFixture(id: "job-\($0)", user: "user-\($0 * 7919 % 2000)", cost: 2) }
            )
            let stores = try await withThrowingTaskGroup(of: PostgresStore.self) { opening in
                for _ in 0..<8 { opening.addTask { try await PostgresStore(url: url) } }
                return try await opening.reduce(into: []) { $0.append($1) }
            }
            let cleaned = try await withThrowingTaskGroup(of: CleanupResult.self) { tasks in
                for node in stores {
                    tasks.addTask {
                        try await Cleaner(node)
                            .cleanupStuckJobs(CleanupOptions(batchSize: 250, drain: true, force: true))
                    }
                }
                return try await tasks.reduce(into: [CleanupResult]()) { $0.append($1) }
            }
            #expect(cleaned.map(\.cleanedUp).reduce(0, +) == 12_000)
            #expect(cleaned.map(\.tokensRefunded).reduce(0, +) == 24_000)
            #expect(cleaned.filter { $0.cleanedUp > 0 }.count > 1, "the work was shared")
            #expect(cleaned.allSatisfy { $0.failed == 0 })
            let deadlocks = try cluster.sql(
                "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
                in: url
            )
            #expect(deadlocks == "0")
            try await store.expectClean()
            for node in stores { try node.close() }
        }
    }

    @Test(
        "ten nodes that migrate at once create one schema, and one of an old version gets its index while others write"
    )
    func migrations() async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withDatabase { url in
            try await withThrowingTaskGroup(of: Void.self) { nodes in
                for _ in 0..<10 {
                    nodes.addTask {
                        let store = try await PostgresStore(url: url)
                        try await store.checkReady()
                        try store.close()
                    }
                }
                try await nodes.waitForAll()
            }
            let steps = "SELECT count(*), count(DISTINCT name) FROM unstick.migrations"
            let all = "\(PostgresSchema.migrations.count)|\(PostgresSchema.migrations.count)"
            #expect(try cluster.sql(steps, in: url) == all)

            // The state of the version before, with a writer in the middle of a transaction.
            try cluster.sql(
                "DROP INDEX unstick.runs_running; DELETE FROM unstick.migrations WHERE name LIKE '003%'",
                in: url
            )
            let writer = try PostgresConnection(url: url)
            let row = "INSERT INTO unstick.schedules (name) VALUES ('w')"
            _ = try writer.send([SQLCall("BEGIN"), SQLCall(row)], limit: .seconds(10))
            try await withThrowingTaskGroup(of: Void.self) { nodes in
                for _ in 0..<4 {
                    nodes.addTask { try await PostgresStore(url: url).close() }
                }
                // Writers continue during the build of the index, and the build does not wait for them forever.
                try await eventually("a node builds the index") {
                    let begun = "SELECT count(*) FROM pg_class WHERE relname = 'runs_running'"
                    return try cluster.sql(begun, in: url) != "0" ? () : nil
                }
                try cluster.sql("INSERT INTO unstick.schedules (name) VALUES ('x')", in: url)
                _ = try writer.send([SQLCall("COMMIT")], limit: .seconds(10))
                try await nodes.waitForAll()
            }
            #expect(try cluster.sql(steps, in: url) == all)
            #expect(
                try cluster.sql(
                    "SELECT indisvalid FROM pg_index WHERE indexrelid = 'unstick.runs_running'::regclass",
                    in: url
                ) == "t"
            )
        }
    }

    @Test("the printed migrations create the same schema, and a granted role can do all but migrate")
    func printed() async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withDatabase { url in
            let role = "unstick_app_\(UInt32.random(in: 0..<UInt32.max))"
            try cluster.sql("CREATE ROLE \(role) LOGIN", in: url)
            let file = FileManager.default.temporaryDirectory.appending(path: "\(role).sql")
            defer { try? FileManager.default.removeItem(at: file) }
            try PostgresStore.migrationScript(role: role).write(to: file, atomically: true, encoding: .utf8)
            try cluster.script(file, in: url)
            let store = try await PostgresStore(url: url.replacing("test@", with: "\(role)@"), missing: .leave)
            try await store.expectRightsOfRuns()
            try store.close()
        }
    }

    @Test("a newer version's database is refused, and one without our tables has advice")
    func versions() async throws {
        let cluster = try #require(PostgresCluster.shared)
        try await cluster.withDatabase { url in
            let bare = try await PostgresStore(url: url, missing: .leave)
            let missing = await #expect(throws: UnstickError.self) { try await bare.balance(of: "ada") }
            #expect(missing?.code == .schemaMismatch && missing?.message.contains("unstick migrate") == true)
            await #expect(throws: UnstickError.self) { try await bare.checkReady() }
            _ = try await PostgresStore(url: url)
            try cluster.sql("INSERT INTO unstick.migrations VALUES ('999 later', 0)", in: url)
            let newer = await #expect(throws: UnstickError.self) { try await PostgresStore(url: url) }
            #expect(newer?.code == .schemaMismatch && newer?.message.contains("newer version") == true)
        }
    }

    @Test(
        "keys start with the user, no id is from a sequence, and no statement has what a distributed table refuses"
    )
    func distributable() async throws {
        try await self.with { cluster, _, url in
            let keys = try cluster.sql(
                """
                SELECT c.relname || '.' || i.relname || ' ' || a.attname FROM pg_index AS x
                JOIN pg_class AS c ON c.oid = x.indrelid JOIN pg_class AS i ON i.oid = x.indexrelid
                JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = x.indkey[0]
                WHERE x.indisunique AND c.relnamespace = 'unstick'::regnamespace
                    AND c.relname IN ('jobs', 'balances', 'token_transactions', 'refunds', 'run_items', 'events', 'webhook_deliveries')
                """,
                in: url
            ).split(separator: "\n")
            #expect(keys.count >= 7)
            // The only exception, which the migration leaves out where the engine refuses it.
            #expect(
                keys.filter { !$0.hasSuffix(" user_id") } == [
                    "jobs.jobs_by_id id", "jobs.jobs_by_idempotency_key idempotency_key",
                ]
            )
            #expect(
                try cluster.sql(
                    "SELECT count(*) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'unstick'::regnamespace",
                    in: url
                ) == "0"
            )
        }
        let map = ResolvedTables.own(.postgres)
        let statements = LookStatements(map: map)
        let everything = Rule(
            heartbeatTimeout: .seconds(60),
            deadline: .seconds(900),
            retry: Retry(attempts: 3),
            refund: .byProgress,
            quarantine: 2
        )
        let shape = StuckSearch.Shape(
            RuleMatches(
                phase: .processing,
                groups: [
                    RuleMatch(kind: "a", tier: nil, rule: everything), RuleMatch(kind: "b", tier: nil, rule: Rule()),
                ]
            )
        )
        let search = StuckSearch(map: map, shape: shape)
        let steps = CleanupStatements(map: map).steps(shape, from: .cursor).map(\.sql)
        let texts =
            steps + [
                statements.candidates(StuckPhase.allCases), search.tally,
                search.list(from: .cursor), RunStatements.record, RunStatements.insertItem,
                LedgerStatements.ensureBalance, LedgerStatements.insert, LedgerStatements.move, JobStatements.create,
                JobStatements.start(.postgres), JobStatements.complete, ScheduleStatements.claim,
            ]
        for text in texts {
            #expect(!text.contains("ctid") && !text.contains("advisory"), "\(text)")
            #expect(!text.contains("NOT EXISTS") && !text.contains("NOT IN"), "anti-joins are on the key: \(text)")
            #expect(!text.contains("random()") && !text.contains("clock_timestamp"), "\(text)")
            if let update = text.range(of: "DO UPDATE SET") {
                #expect(
                    !text[update.upperBound...].contains("now") || text[update.upperBound...].contains("excluded"),
                    "\(text)"
                )
            }
        }
        for text in steps where text.contains("unstick.run_items AS i") && !text.hasPrefix("SELECT") {
            #expect(
                text.contains("user_id = i.user_id")
                    || text.contains("(user_id, job_id) IN (SELECT i.user_id, i.job_id")
                    || text.contains("SELECT i.user_id"),
                "joined by the user: \(text)"
            )
        }
    }

    @Test("finding reads the same pages at a thousand rows and at a hundred thousand: two when no job is stuck")
    func pages() async throws {
        for rows in [1000, 100_000] {
            try await self.with { cluster, store, url in
                func insert(_ count: Int, _ status: String) throws {
                    try cluster.sql(
                        """
                        INSERT INTO unstick.jobs (user_id, id, kind, cost, status, attempt, charge, created_at,
                            available_at, processing_started_at, updated_at)
                        SELECT 'u' || i, '\(status)' || i, 'k', 1, '\(status)', 1, 1, i, i, i, i
                        FROM generate_series(1, \(count)) AS i
                        """,
                        in: url
                    )
                    try cluster.sql("VACUUM ANALYZE unstick.jobs", in: url)
                }
                try insert(rows, "COMPLETED")
                // A page or two for each job, and as many for the key of its refund.
                for (stuck, most) in [(0, 5), (300, 405)] {
                    try insert(stuck, "PROCESSING")
                    let sql =
                        stuck == 0
                        ? LookStatements(map: store.map).candidates([.processing])
                        : StuckSearch(map: store.map, shape: StuckSearch.Shape(.timeout())).list(from: .oldest)
                    let plan = try self.plan(of: sql, cluster, url)
                    let line = plan.split(separator: "\n").first { $0.contains("Buffers:") } ?? ""
                    let pages = line.split(separator: " ").compactMap { word in
                        word.hasPrefix("hit=") || word.hasPrefix("read=") ? Int(word.split(separator: "=")[1]) : nil
                    }.reduce(0, +)
                    #expect(pages <= most, "\(stuck) stuck of \(rows) rows: \(plan)")
                    #expect(plan.contains("jobs_stuck") && !plan.contains("Seq Scan"), "\(plan)")
                }
            }
        }
    }

    private func plan(of sql: String, _ cluster: PostgresCluster, _ url: String) throws -> String {
        let statement = PostgresStatement.parsed(sql, bindsNow: true)
        let values = [
            "now": "100000000000", "cutoff": "100000000000", "limit": "100", "processing": "0",
        ]
        var sql = statement.sql
        for (index, name) in statement.parameters.enumerated().reversed() {
            sql = sql.replacing("$\(index + 1)", with: values[name] ?? "NULL")
        }
        return try cluster.sql(
            (PostgresDialect().indexOnlyPlanner ?? "").replacing("true)", with: "false)")
                + "; SET search_path = unstick; EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF) " + sql,
            in: url
        )
    }

    @Test("a run whose process died is closed by the next one")
    func interrupted() async throws {
        try await self.with { _, store, _ in
            let dead = Run(
                id: RandomID.timeOrdered(at: try await store.now() - .seconds(600)),
                trigger: .cli,
                options: CleanupOptions(),
                timeout: .seconds(300),
                startedAt: try await store.now() - .seconds(600)
            )
            try await store.record(dead, items: [])
            try await Cleaner(store).cleanupStuckJobs()
            let run = try #require(try await store.run(dead.id))
            #expect(run.status == .failed && run.error?.contains("interrupted") == true && run.more)
        }
    }

    @Test("a refund that another caller books during a batch is not booked twice")
    func raced() async throws {
        try await self.with { _, store, _ in
            try await store.add((0..<60).map { JobFixture(id: "job-\($0)", user: "user-\($0 % 5)", cost: 3) })
            async let run = Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: 7, drain: true, force: true))
            let tokens = TokenBalanceManager(store: store)
            for job in (0..<60).reversed() {
                try await tokens.refundTokens(3, to: "user-\(job % 5)", for: "job-\(job)", reason: "support")
            }
            let result = try await run
            #expect(result.cleanedUp == 60 && result.failed == 0)
            for user in 0..<5 { #expect(try await store.balance(of: "user-\(user)") == 36) }
            try await store.expectClean()
        }
    }
}
