import TestSupport
import TestTags
import Testing
import Unstick
import UnstickPostgres

@Suite("The source of a mapping", .tags(.alone), .enabled(if: Attached.isPossible))
struct SourceTests {
    private static let work = """
        (id int PRIMARY KEY, owner text, cost int, state text NOT NULL, at timestamptz)
        """

    private static func mapping(
        _ table: String,
        schema: String = "public",
        name: String? = nil,
        compensation: MappingFile.Compensation = .balances
    ) throws -> MappingFile {
        var mapping = try MappingFile(
            """
            {"jobs": {"schema": "\(schema)", "table": "\(table)", "id": "id", "user": "owner", "cost": "cost",
                "state": {"column": "state", "values": {"processing": ["busy"], "completed": ["done"], "failed": ["dead"]}},
                "started": {"column": "at", "kind": "timestamptz"}},
             "balances": {"schema": "public", "table": "accounts", "user": "id", "balance": "tokens"},
             "ledger": {"schema": "public", "table": "lines", "id": "id", "user": "owner", "amount": "amount"}}
            """
        )
        mapping.name = name
        mapping.compensation = compensation
        if compensation == .webhook { mapping.balances = nil }
        return mapping
    }

    /// Two tables of jobs whose ids are 1, 2, 3 …, and one balance.
    private func with(_ body: (Attached) async throws -> Void) async throws {
        try await Attached.with { database in
            try database.sql(
                """
                CREATE TABLE accounts (id text PRIMARY KEY, tokens bigint NOT NULL);
                CREATE TABLE lines (id text PRIMARY KEY, owner text, amount int);
                INSERT INTO accounts VALUES ('ada', 0);
                CREATE TABLE images \(Self.work); CREATE TABLE films \(Self.work);
                """
            )
            for table in ["images", "films"] { try self.stick(table, 1...10, in: database) }
            try await body(database)
        }
    }

    private func stick(_ table: String, _ ids: ClosedRange<Int>, in database: Attached) throws {
        try database.sql(
            """
            INSERT INTO \(table) SELECT i, 'ada', 20, 'busy', now() - interval '67 minutes'
            FROM generate_series(\(ids.lowerBound), \(ids.upperBound)) AS i
            ON CONFLICT (id) DO UPDATE SET state = 'busy', at = excluded.at
            """
        )
    }

    private func tokens(_ database: Attached) throws -> String { try database.sql("SELECT tokens FROM accounts") }

    @Test("two tables with the same ids, and a schema for each tenant: every charge is refunded, once")
    func twoTables() async throws {
        try await self.with { database in
            try database.sql("CREATE SCHEMA tenant; CREATE TABLE tenant.images \(Self.work)")
            try self.stick("tenant.images", 1...10, in: database)
            let mappings = try [
                Self.mapping("images"), Self.mapping("films"), Self.mapping("images", schema: "tenant"),
            ]
            for round in 0..<2 {
                for (index, mapping) in mappings.enumerated() {
                    let store = try await database.store(mapping)
                    let result = try await Cleaner(store).cleanupStuckJobs()
                    #expect(result.cleanedUp == 10 && result.failed == 0)
                    #expect(result.tokensRefunded == (round == 0 ? 200 : 0))
                    #expect(try await store.reconcile(limit: 5).isClean)
                    let source = try #require(try await store.makeSource())
                    #expect(
                        source.id.utf8.count == 4
                            && source.name == ["public.images", "public.films", "tenant.images"][index]
                    )
                    let items = try await store.items(of: result.runID, after: 0, limit: 20)
                    #expect(items.count == 10 && items.allSatisfy { $0.source == source.id })
                    let keys =
                        "SELECT count(*) FROM unstick.refunds WHERE id LIKE 'refund:\(source.id):%:1' AND source = '\(source.id)'"
                    #expect(try database.sql(keys) == "10")
                }
                // Run again without a new charge: no refund is due.
                for table in ["images", "films", "tenant.images"] { try self.stick(table, 1...10, in: database) }
            }
            #expect(try self.tokens(database) == "600")
            #expect(try database.sql("SELECT count(*), sum(amount) FROM lines") == "30|600")
        }
    }

    @Test("a mapping without a schema never finds Unstick's own tables, whatever the search path is")
    func searchPath() async throws {
        try await Attached.with { database in
            try database.sql(
                """
                CREATE TABLE jobs \(Self.work); CREATE TABLE balances (id text PRIMARY KEY, tokens bigint NOT NULL);
                CREATE TABLE lines (id text PRIMARY KEY, owner text, amount int); INSERT INTO balances VALUES ('ada', 0);
                """
            )
            try self.stick("jobs", 1...2, in: database)
            var mapping = try Self.mapping("jobs")
            mapping.jobs.schema = nil
            mapping.balances?.schema = nil
            mapping.balances?.table = "balances"
            // What PostgreSQL's default search path is for a role named unstick.
            let url = database.url + (database.url.contains("?") ? "&" : "?") + "options=-csearch_path%3Dunstick,public"
            try await PostgresStore(url: url).close()
            let store = try await PostgresStore(url: url, mapping: mapping.exact)
            #expect(try await Cleaner(store).cleanupStuckJobs().tokensRefunded == 40)
            try store.close()
            #expect(try database.sql("SELECT tokens FROM public.balances") == "40")
            #expect(try database.sql("SELECT count(*) FROM unstick.balances") == "0")
        }
    }

    @Test("each part of a key is escaped, so that no two jobs share one")
    func escaped() async throws {
        try await self.with { database in
            try database.sql(
                """
                CREATE TABLE odd (id text PRIMARY KEY, owner text, cost int, state text NOT NULL, at timestamptz);
                INSERT INTO odd SELECT i, 'ada', 1, 'busy', now() - interval '1 hour'
                    FROM unnest(ARRAY['a:1', 'a%3A1', 'a', '%', ':', 'a:1:1']) AS i
                """
            )
            let store = try await database.store(Self.mapping("odd"))
            #expect(try await Cleaner(store).cleanupStuckJobs().tokensRefunded == 6)
            let keys = try database.sql(
                "SELECT count(DISTINCT id) FROM unstick.refunds WHERE id ~ '^refund:[a-z0-9]{4}:[^:]+:1$'"
            )
            #expect(keys == "6")
            try database.sql("UPDATE odd SET state = 'busy'")
            #expect(try await Cleaner(store).cleanupStuckJobs().tokensRefunded == 0)
        }
    }

    @Test("a renamed table keeps its keys: by the mapping's name, or by a rename")
    func rename() async throws {
        try await self.with { database in
            let named = try await database.store(Self.mapping("images", name: "pictures"))
            try await Cleaner(named).cleanupStuckJobs()
            let unnamed = try await database.store(Self.mapping("films"))
            try await Cleaner(unnamed).cleanupStuckJobs()
            try database.sql("ALTER TABLE images RENAME TO images_v2; ALTER TABLE films RENAME TO movies")
            for table in ["images_v2", "movies"] { try self.stick(table, 1...10, in: database) }
            let moved = try await database.store(Self.mapping("images_v2", name: "pictures"))
            #expect(try await moved.makeSource()?.id == named.makeSource()?.id)
            #expect(try await Cleaner(moved).cleanupStuckJobs().tokensRefunded == 0)
            try await unnamed.renameSource("public.films", to: "public.movies")
            let movies = try await database.store(Self.mapping("movies"))
            #expect(try await Cleaner(movies).cleanupStuckJobs().tokensRefunded == 0)
            #expect(try await movies.sources().map(\.table) == ["images_v2", "movies"])
            #expect(try self.tokens(database) == "400")
            // A name in use, and unknown names.
            for (name, newName, code) in [
                ("public.movies", "pictures", UnstickError.Code.conflict), ("nothing", "other", .notFound),
                ("nothing", "pictures", .notFound),
            ] {
                let error = await #expect(throws: UnstickError.self) {
                    try await movies.renameSource(name, to: newName)
                }
                #expect(error?.code == code)
            }
        }
    }

    @Test("a mapping that would lose its refunds, or share another's, is refused before anything is cleaned")
    func refused() async throws {
        try await self.with { database in
            _ = try await database.store(Self.mapping("images"))
            let renamed = await #expect(throws: UnstickError.self) {
                _ = try await database.store(Self.mapping("images", name: "pictures"))
            }
            #expect(renamed?.message.contains("unstick mapping rename public.images pictures") == true)
            _ = try await database.store(Self.mapping("films", name: "jobs"))
            try database.sql("CREATE TABLE copies \(Self.work)")
            let copied = await #expect(throws: UnstickError.self) {
                _ = try await database.store(Self.mapping("copies", name: "jobs"))
            }
            #expect(copied?.message.contains("still exists") == true)
            let finding = try await database.doctor(Self.mapping("copies", name: "jobs")).first {
                $0.subject == "source"
            }
            #expect(finding?.level == .error)
            #expect(try database.sql("SELECT count(*) FROM unstick.sources") == "2")
        }
    }

    @Test("a table that was renamed in the database only, or has two names, is refused")
    func renamedSilently() async throws {
        try await self.with { database in
            for table in ["images", "films"] {
                let store = try await database.store(Self.mapping(table))
                #expect(try await Cleaner(store).cleanupStuckJobs().tokensRefunded == 200)
            }
            try database.sql("ALTER TABLE images RENAME TO pictures")
            try self.stick("pictures", 1...10, in: database)
            let renamed = await #expect(throws: UnstickError.self) {
                _ = try await database.store(Self.mapping("pictures"))
            }
            #expect(renamed?.message.contains("unstick mapping rename public.images public.pictures") == true)
            // The other table, under the name of the one that is gone.
            let second = await #expect(throws: UnstickError.self) {
                _ = try await database.store(Self.mapping("films", name: "public.images"))
            }
            #expect(second?.message.contains("known under the name 'public.films'") == true)
            #expect(try self.tokens(database) == "400")
            // With its own name it is another table.
            let other = try await database.store(Self.mapping("pictures", name: "other"))
            #expect(try await Cleaner(other).cleanupStuckJobs().tokensRefunded == 200)
        }
    }

    /// Changes the database to the state of the version before sources: refunds of these tables, each under the old
    /// key.
    private func age(_ tables: [String], _ ids: ClosedRange<Int>, in database: Attached, asked: Bool = false) throws {
        try database.sql(
            """
            DROP TABLE unstick.sources; ALTER TABLE unstick.run_items DROP COLUMN source;
            ALTER TABLE unstick.refunds DROP COLUMN source;
            DELETE FROM unstick.migrations WHERE name LIKE '%sources';
            INSERT INTO unstick.runs (id, "trigger", status, dry_run, batch_size, total_found, cleaned_up, retried, failed,
                tokens_refunded, more, started_at, updated_at)
            VALUES ('0', 'cli', 'COMPLETED', false, 100, 10, 10, 0, 0, 200, false, 1, 1);
            """
        )
        for table in tables {
            try database.sql(
                """
                INSERT INTO unstick.run_items (user_id, job_id, run_id, position, kind, attempt, charge, since, duration,
                    amount, action, rule, limit_kind, limit_ms, measured_ms)
                SELECT 'ada', i::text, '0', i, '\(table)', 0, 1, 0, 600000, 20, 'FAILED_AND_REFUNDED', 'default', 'timeout',
                    300000, 600000 FROM generate_series(\(ids.lowerBound), \(ids.upperBound)) AS i;
                INSERT INTO unstick.refunds (user_id, id, job_id, amount, run_id, created_at, asked_at)
                SELECT 'ada', 'refund:' || i || ':1', i::text, 20, '0', 1, \(asked ? "1" : "NULL")
                FROM generate_series(\(ids.lowerBound), \(ids.upperBound)) AS i;
                """
            )
        }
    }

    @Test("old keys belong to the one known mapping: its old refunds are not repeated, its new ones are made")
    func upgrade() async throws {
        try await self.with { database in
            _ = try await PostgresStore(url: database.url)
            try self.age(["images"], 1...6, in: database)
            let store = try await database.store(Self.mapping("images"))
            #expect(try await store.makeSource()?.oldKeys == .assumed)
            #expect(try await Cleaner(store).stuckReport().jobs.map(\.tokensOwed).reduce(0, +) == 80)
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.cleanedUp == 10 && result.tokensRefunded == 80 && result.failed == 0)
            #expect(try await store.reconcile(limit: 5).isClean)
            // A late completion of a job that was refunded under an old key is found.
            try database.sql("UPDATE images SET state = 'done' WHERE id = 3")
            #expect(try await store.reconcile(limit: 5).mismatches.map(\.subject) == ["3"])
        }
    }

    @Test("old keys that fit a second table have no owner until an operator decides: those jobs are set aside")
    func disputed() async throws {
        try await self.with { database in
            _ = try await PostgresStore(url: database.url)
            try self.age(["images"], 1...6, in: database)
            let images = try await database.store(Self.mapping("images"))
            let films = try await database.store(Self.mapping("films"))
            #expect(try await films.makeSource()?.oldKeys == .unknown)
            for store in [images, films] {
                let result = try await Cleaner(store).cleanupStuckJobs()
                #expect(result.cleanedUp == 4 && result.tokensRefunded == 80)
                #expect(Set(result.errors.map(\.jobID)) == Set((1...6).map(String.init)))
                #expect(result.errors.allSatisfy { $0.error.contains("--old-keys-of") })
            }
            let finding = try await database.doctor(Self.mapping("films")).first { $0.subject == "source" }
            #expect(finding?.level == .error)
            try await films.assignOldKeys(to: "public.images")
            // A running server learns it with its next run.
            let refunded = try await Cleaner(images).cleanupStuckJobs()
            #expect(refunded.cleanedUp == 6 && refunded.tokensRefunded == 0 && refunded.failed == 0)
            let owed = try await Cleaner(films).cleanupStuckJobs()
            #expect(owed.cleanedUp == 6 && owed.tokensRefunded == 120 && owed.failed == 0)
            // The decision is final: a third table that they fit changes nothing.
            try database.sql("CREATE TABLE songs \(Self.work)")
            try self.stick("songs", 1...6, in: database)
            let songs = try await database.store(Self.mapping("songs"))
            #expect(try await Cleaner(songs).cleanupStuckJobs().tokensRefunded == 120)
        }
    }

    @Test("old keys that fit no second table need no decision")
    func undisputed() async throws {
        try await self.with { database in
            _ = try await PostgresStore(url: database.url)
            try self.age(["images"], 101...106, in: database)
            _ = try await database.store(Self.mapping("images"))
            let films = try await database.store(Self.mapping("films"))
            #expect(try await films.makeSource()?.oldKeys == Source.OldKeys.none)
            #expect(try await Cleaner(films).cleanupStuckJobs().tokensRefunded == 200)
        }
    }

    @Test("a refund due under its old key is sent and confirmed under that key")
    func openRequest() async throws {
        try await self.with { database in
            _ = try await PostgresStore(url: database.url)
            try self.age(["images"], 1...1, in: database, asked: true)
            let store = try await database.store(Self.mapping("images", compensation: .webhook))
            try await store.put(.fixture(events: ["tokens.refund_due"]))
            try await Cleaner(store).cleanupStuckJobs()
            let source = try #require(try await store.makeSource())
            let claim = try await store.claimDeliveries(to: "hook", limit: 20, lease: .seconds(60))
            let keys = Set(claim.deliveries.compactMap(\.transactionID))
            #expect(keys == Set(["refund:1:1"] + (2...10).map { "refund:\(source.id):\($0):1" }))
            for delivery in claim.deliveries {
                #expect(
                    delivery.payload.contains("\"source\":\"\(source.id)\"") == (delivery.transactionID != "refund:1:1")
                )
            }
            let taken = claim.deliveries.map {
                DeliveryAttempt(delivery: $0, status: .delivered, httpStatus: 200, error: nil, took: .seconds(1))
            }
            _ = try await store.settle(claim, taken, .healthy)
            #expect(try database.sql("SELECT count(*) FROM unstick.refunds WHERE confirmed_at IS NULL") == "0")
        }
    }

    @Test("a fence checks the jobs of its own table only")
    func fence() async throws {
        try await self.with { database in
            let images = try await database.store(Self.mapping("images"))
            try await Cleaner(images).cleanupStuckJobs()
            let films = try await database.store(Self.mapping("films"))
            try await films.fence(mapping: Self.mapping("films")).install()
            // The app itself failed it: job 3 of the other table does not concern it.
            try database.sql(
                "UPDATE films SET state = 'dead' WHERE id = 3; UPDATE films SET state = 'busy' WHERE id = 3"
            )
            try await Cleaner(films).cleanupStuckJobs()
            #expect(throws: (any Error).self) { try database.sql("UPDATE films SET state = 'done' WHERE id = 4") }
        }
    }

    @Test("a role that could clean before the migration can clean after it")
    func rights() async throws {
        try await self.with { database in
            _ = try await PostgresStore(url: database.url)
            try self.age([], 1...1, in: database)
            try database.sql(
                """
                DO $$ BEGIN
                    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'old_cleaner') THEN CREATE ROLE old_cleaner LOGIN; END IF;
                END $$;
                GRANT USAGE ON SCHEMA unstick TO old_cleaner; GRANT SELECT ON ALL TABLES IN SCHEMA unstick TO old_cleaner;
                GRANT INSERT, UPDATE ON unstick.runs, unstick.refunds TO old_cleaner;
                GRANT INSERT ON unstick.run_items, unstick.webhook_deliveries, unstick.events TO old_cleaner;
                GRANT SELECT, UPDATE ON images, accounts TO old_cleaner; GRANT INSERT ON lines TO old_cleaner;
                """
            )
            _ = try await PostgresStore(url: database.url)
            let url = database.url.replacing("test@", with: "old_cleaner@")
            let store = try await PostgresStore(url: url, mapping: Self.mapping("images").exact)
            #expect(try await Cleaner(store).cleanupStuckJobs().tokensRefunded == 200)
        }
    }
}
