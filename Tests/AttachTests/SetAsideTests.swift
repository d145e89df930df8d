import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL

@testable import UnstickPostgres

@Suite("Set-aside jobs of a mapping", .tags(.alone), .enabled(if: Attached.isPossible))
struct SetAsideTests {
    @Test("a NULL balance: the job is set aside, the others are refunded, and doctor and reconcile count it")
    func nullBalance() async throws {
        try await PaidTables.with(users: ["nul": "NULL", "ok": "10"]) { database in
            let store = try await database.store(PaidTables.mapping())
            let preview = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(dryRun: true))
            #expect(preview.errors.map(\.jobID) == ["j-nul"])
            for round in 0..<2 {
                let result = try await Cleaner(store).cleanupStuckJobs()
                #expect(result.cleanedUp == (round == 0 ? 1 : 0) && result.tokensRefunded == (round == 0 ? 5 : 0))
                #expect(result.errors.map(\.jobID) == ["j-nul"])
                #expect(result.errors.first?.error.contains("NULL") == true)
            }
            #expect(try database.tokens("nul") == "NULL" && database.tokens("ok") == "15")
            #expect(try database.status("j-nul") == "PROCESSING")
            #expect(try database.sql("SELECT user_id FROM unstick.refunds") == "ok")
            let found = try await store.reconcile(limit: 5)
            #expect(found.mismatchCount == 1 && found.mismatches.first?.check == .nullBalance)
            #expect(found.mismatches.first?.userID == "nul")
            let finding = try await database.doctor(PaidTables.mapping()).first { $0.subject == "balances" }
            #expect(finding?.level == .warning && finding?.detail.hasPrefix("1 are NULL") == true)
        }
    }

    @Test("a NULL balance counts as 0 if the mapping says so")
    func nullIsZero() async throws {
        try await PaidTables.with(users: ["nul": "NULL", "ok": "10"]) { database in
            var mapping = try PaidTables.mapping()
            mapping.balances?.nullBalance = .zero
            let store = try await database.store(mapping)
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.cleanedUp == 2 && result.tokensRefunded == 10 && result.failed == 0)
            #expect(try database.tokens("nul") == "5" && database.tokens("ok") == "15")
            #expect(try await store.reconcile(limit: 5).isClean)
            #expect(try database.sql("SELECT \"balanceAfter\" FROM \"Txn\" WHERE \"userId\" = 'nul'") == "5")
        }
    }

    @Test("a refund must equal the change of the balance: triggers that drop or increase it roll it back")
    func change() async throws {
        try await PaidTables.with(users: ["cap": "10", "twice": "10", "ok": "10"]) { database in
            try database.sql(
                """
                CREATE FUNCTION cap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF old.id = 'cap' THEN new.tokens := least(new.tokens, 12); END IF; RETURN new; END $$;
                CREATE TRIGGER cap BEFORE UPDATE ON "Usr" FOR EACH ROW EXECUTE FUNCTION cap();
                CREATE FUNCTION booked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    UPDATE "Usr" SET tokens = tokens + new.amount WHERE id = new."userId" AND id = 'twice'; RETURN new; END $$;
                CREATE TRIGGER booked AFTER INSERT ON "Txn" FOR EACH ROW EXECUTE FUNCTION booked();
                """
            )
            let store = try await database.store(PaidTables.mapping())
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.cleanedUp == 1 && Set(result.errors.map(\.jobID)) == ["j-cap", "j-twice"])
            #expect(result.errors.first { $0.jobID == "j-cap" }?.error.contains("changed by 2 instead of 5") == true)
            #expect(result.errors.first { $0.jobID == "j-twice" }?.error.contains("changed by 10 instead of 5") == true)
            for (user, tokens) in ["cap": "10", "twice": "10", "ok": "15"] {
                #expect(try database.tokens(user) == tokens)
            }
            #expect(try database.sql("SELECT count(*) FROM \"Txn\"") == "1")
        }
    }

    private static let kinds: [(type: String, kind: String, hourAgo: String, values: [String])] = [
        (
            "timestamp(3)", "timestamp_utc", "now() AT TIME ZONE 'utc' - interval '1 hour'",
            ["'-infinity'", "'infinity'", "'4713-01-01 BC'"]
        ),
        ("timestamptz", "timestamptz", "now() - interval '1 hour'", ["'-infinity'", "'infinity'", "'12345-01-01'"]),
        (
            "float8", "epoch_s", "extract(epoch FROM now()) - 3600",
            ["'-Infinity'", "'Infinity'", "'NaN'", "1e300", "-1e300", "1764380000000"]
        ),
        (
            "bigint", "epoch_ms", "extract(epoch FROM now())::bigint * 1000 - 3600000",
            ["9223372036854775807", "-9223372036854775808"]
        ),
    ]

    @Test("a job with an unreadable start is set aside by name, and the others are cleaned", arguments: kinds)
    func unreadable(type: String, kind: String, hourAgo: String, values: [String]) async throws {
        try await Attached.with { database in
            try database.sql(PaidTables.schema(type))
            try database.sql("INSERT INTO \"Usr\" VALUES ('ok', 10)")
            let bad = values.indices.map { "bad-\($0)" }
            for (id, value) in Array(zip(bad, values)) + [("j-ok", hourAgo)] {
                try database.sql(
                    "INSERT INTO \"Job\" VALUES ('\(id)', 'ok', 5, 'PROCESSING', \(value), \(hourAgo), NULL)"
                )
            }
            let store = try await database.store(PaidTables.mapping(kind))
            let report = try await Cleaner(store).stuckReport()
            #expect(report.totalFound == bad.count + 1 && report.jobs.map(\.id).sorted() == bad + ["j-ok"])
            #expect(report.jobs.filter { $0.problem != nil }.count == bad.count)
            for dryRun in [true, false] {
                let result = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(dryRun: dryRun, batchSize: 1))
                #expect(result.errors.map(\.jobID).sorted() == bad && result.totalFound == bad.count + 1)
                #expect(result.errors.allSatisfy { $0.error.contains("cannot be read") })
            }
            #expect(try database.tokens("ok") == "15")
            #expect(try database.sql("SELECT string_agg(id, ',') FROM \"Job\" WHERE status = 'FAILED'") == "j-ok")
            let finding = try await database.doctor(PaidTables.mapping(kind)).first { $0.subject == "times" }
            #expect(finding?.level == .warning && finding?.detail.hasPrefix("\(bad.count) running jobs") == true)
        }
    }

    @Test(
        "a job with any other unreadable time is set aside",
        arguments: ["updatedAt", "createdAt", "beatAt"],
        ["-infinity", "infinity"]
    )
    func otherColumns(column: String, value: String) async throws {
        try await PaidTables.with(users: ["ok": "10", "bad": "10"]) { database in
            try database.sql(
                """
                ALTER TABLE "Job" ADD COLUMN "createdAt" timestamptz DEFAULT now() - interval '1 day',
                    ADD COLUMN "beatAt" timestamptz DEFAULT now() - interval '1 hour';
                UPDATE "Job" SET "\(column)" = '\(value)' WHERE id = 'j-bad'
                """
            )
            let extra = """
                , "created": {"column": "createdAt", "kind": "timestamptz"},
                "heartbeat": {"column": "beatAt", "kind": "timestamptz"}
                """
            let mapping = try PaidTables.mapping(extra: extra)
            let store = try await database.store(mapping)
            let policy = Policy(standard: Rule(deadline: .seconds(7200)))
            let cleaner = Cleaner(store: store, policy: PolicySource(policy))
            #expect(try await cleaner.stuckReport().jobs.count == 2)
            let result = try await cleaner.cleanupStuckJobs()
            #expect(result.cleanedUp == 1 && result.errors.map(\.jobID) == ["j-bad"])
            #expect(try database.status("j-bad") == "PROCESSING" && database.tokens("ok") == "15")
            #expect(try await database.doctor(mapping).contains { $0.subject == "times" })
        }
    }

    @Test(
        "a trigger that refuses a change, raises or restores the status: that job does not change, the others are cleaned"
    )
    func veto() async throws {
        let users = [
            "cancel": "10", "raise": "10", "revert": "10", "done": "10", "odd": "10", "late": "10", "right": "10",
            "ok": "10",
        ]
        try await PaidTables.with(users: users) { database in
            try database.sql(
                """
                CREATE FUNCTION veto() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF old.id = 'j-cancel' THEN RETURN NULL;
                    ELSIF old.id = 'j-raise' THEN RAISE EXCEPTION 'business rule 17';
                    ELSIF old.id = 'j-revert' THEN new.status := old.status;
                    ELSIF old.id = 'j-done' THEN new.status := 'COMPLETED';
                    ELSIF old.id = 'j-odd' THEN new.status := 'WEIRD';
                    ELSIF old.id = 'j-right' THEN RAISE EXCEPTION 'not yours' USING ERRCODE = '42501'; END IF;
                    RETURN new; END $$;
                CREATE TRIGGER veto BEFORE UPDATE ON "Job" FOR EACH ROW EXECUTE FUNCTION veto();
                CREATE TABLE log (id text);
                CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    INSERT INTO log VALUES (new.id);
                    UPDATE "Job" SET status = 'PROCESSING' WHERE id = old.id AND id = 'j-late' AND new.status = 'FAILED';
                    RETURN NULL; END $$;
                CREATE CONSTRAINT TRIGGER later AFTER UPDATE ON "Job" DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION later()
                """
            )
            let store = try await database.store(PaidTables.mapping())
            for round in 0..<2 {
                let result = try await Cleaner(store).cleanupStuckJobs()
                #expect(result.cleanedUp == (round == 0 ? 1 : 0))
                #expect(
                    result.errors.map(\.jobID).sorted()
                        == ["j-cancel", "j-done", "j-late", "j-odd", "j-raise", "j-revert", "j-right"]
                )
                #expect(result.errors.allSatisfy { !$0.error.isEmpty })
            }
            for (user, _) in users { #expect(try database.tokens(user) == (user == "ok" ? "15" : "10")) }
            #expect(
                try database.sql("SELECT count(*) FROM \"Job\" WHERE status = 'PROCESSING' AND error IS NULL") == "7"
            )
            #expect(try database.sql("SELECT string_agg(id, ',') FROM log") == "j-ok")
        }
    }

    @Test("a broken trigger refuses every job, and the run fails")
    func brokenTrigger() async throws {
        let users = Dictionary(uniqueKeysWithValues: (0..<40).map { ("u\($0)", "10") })
        try await PaidTables.with(users: users) { database in
            try database.sql(
                """
                CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    PERFORM no_function(1); RETURN new; END $$;
                CREATE TRIGGER broken BEFORE UPDATE ON "Job" FOR EACH ROW EXECUTE FUNCTION broken()
                """
            )
            let store = try await database.store(PaidTables.mapping())
            let error = await #expect(throws: UnstickError.self) {
                try await Cleaner(store).cleanupStuckJobs(CleanupOptions(force: true))
            }
            #expect(error?.code == .databaseUnusable)
            let run = try #require(try await store.runs(before: nil, limit: 1).first)
            #expect(run.status == .failed && run.cleanedUp == 0)
            #expect(try database.sql("SELECT count(*) FROM \"Job\" WHERE status = 'PROCESSING'") == "40")
        }
    }

    @Test("rows that another transaction has locked still count: more is stuck")
    func lockedRows() async throws {
        try await PaidTables.with(users: ["ann": "10", "bob": "10"]) { database in
            let store = try await database.store(PaidTables.mapping())
            let session = try PostgresConnection(url: database.url)
            _ = try session.send(
                [SQLCall("BEGIN"), SQLCall(#"SELECT 1 FROM "Job" WHERE id = 'j-bob' FOR UPDATE"#)],
                limit: .seconds(10)
            )
            for drain in [false, true] {
                let result = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(drain: drain))
                #expect(result.cleanedUp == (drain ? 0 : 1) && result.more)
            }
            _ = try session.send([SQLCall("COMMIT")], limit: .seconds(10))
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.cleanedUp == 1 && !result.more)
        }
    }

    @Test("unreadable rows are listed by a run of their kind only, and do not count as left")
    func unreadableOfKind() async throws {
        try await PaidTables.with(users: ["ann": "10", "bob": "10", "cid": "10"]) { database in
            try database.sql(
                """
                ALTER TABLE "Job" ADD COLUMN kind text NOT NULL DEFAULT 'image';
                UPDATE "Job" SET kind = 'video', "startedAt" = '-infinity' WHERE id = 'j-cid'
                """
            )
            let store = try await database.store(PaidTables.mapping(extra: #", "kind": "kind""#))
            let some = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(batchSize: 1))
            #expect(some.cleanedUp == 1 && some.failed == 1 && some.more)
            let images = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(kinds: ["image"]))
            #expect(images.cleanedUp == 1 && images.failed == 0 && !images.more)
        }
    }

    @Test("keys of a fixed length keep it: a run and a dry run succeed with any batch size")
    func fixedLength() async throws {
        try await Attached.with { database in
            try database.sql(
                """
                CREATE TABLE users (id char(26) PRIMARY KEY, credits int NOT NULL);
                CREATE TABLE jobs (id char(26) PRIMARY KEY, user_id char(26), cost int, status char(12) NOT NULL,
                    started_at timestamptz, error char(200));
                CREATE TABLE lines (id char(60) PRIMARY KEY, user_id char(26), amount int, type char(10), job char(26));
                INSERT INTO users SELECT '01USER' || lpad(i::text, 20, '0'), 1 FROM generate_series(1, 5) AS i;
                INSERT INTO jobs SELECT '01JOB' || lpad(i::text, 21, '0'), '01USER' || lpad((i % 5 + 1)::text, 20, '0'), 3,
                    'running', now() - interval '1 hour' FROM generate_series(1, 40) AS i;
                """
            )
            let mapping = try MappingFile(
                """
                {"jobs": {"table": "jobs", "id": "id", "user": "user_id", "cost": "cost",
                    "state": {"column": "status", "values": {"processing": ["running"], "failed": ["failed"]}},
                    "started": {"column": "started_at", "kind": "timestamptz"}, "error": {"column": "error", "kind": "json"}},
                 "balances": {"table": "users", "user": "id", "balance": "credits"},
                 "ledger": {"table": "lines", "id": "id", "user": "user_id", "amount": "amount",
                    "type": {"column": "type", "value": "REFUND"}, "job": "job"}}
                """
            )
            let store = try await database.store(mapping)
            let preview = try await Cleaner(store)
                .cleanupStuckJobs(CleanupOptions(dryRun: true, batchSize: 7, drain: true))
            #expect(preview.totalFound == 40 && Set(preview.jobs.map(\.id)).count == 40)
            let result = try await Cleaner(store).cleanupStuckJobs(
                CleanupOptions(batchSize: 7, drain: true, force: true)
            )
            #expect(result.cleanedUp == 40 && result.failed == 0 && result.tokensRefunded == 120)
            #expect(try database.sql("SELECT DISTINCT credits FROM users") == "25")
            #expect(
                try database.sql("SELECT count(*) FROM jobs WHERE status = 'failed' AND error LIKE '%\"error\"%'")
                    == "40"
            )
            #expect(
                try database.sql("SELECT count(*), min(type), max(type) FROM lines AS l JOIN jobs AS j ON j.id = l.job")
                    .replacing(" ", with: "") == "40|REFUND|REFUND"
            )
        }
    }

    @Test("a balance that the app has locked excludes its user, and no other")
    func locked() async throws {
        try await PaidTables.with(users: ["locked": "10", "ok": "10", "other": "10"]) { database in
            let session = try PostgresConnection(url: database.url)
            let lock = "SELECT 1 FROM \"Usr\" WHERE id = 'locked' FOR UPDATE"
            _ = try session.send([SQLCall("BEGIN"), SQLCall(lock)], limit: .seconds(10))
            let store = try await database.store(PaidTables.mapping())
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.cleanedUp == 2 && result.tokensRefunded == 10)
            #expect(result.errors.map(\.jobID) == ["j-locked"])
            #expect(result.errors.first?.error.contains("locked the balance") == true)
            #expect(try database.status("j-locked") == "PROCESSING")
            _ = try session.send([SQLCall("COMMIT")], limit: .seconds(10))
            #expect(try await Cleaner(store).cleanupStuckJobs().tokensRefunded == 5)
            #expect(try database.tokens("locked") == "15")
            #expect(try await store.reconcile(limit: 5).isClean)
        }
    }

    @Test("a user without a balance, or with an invalid id, is reported in a dry run as in a run")
    func noBalance() async throws {
        try await Attached.with { database in
            try database.sql(
                """
                CREATE TABLE accounts (id int PRIMARY KEY, tokens int NOT NULL);
                INSERT INTO accounts VALUES (1, 0);
                CREATE TABLE work (id bigint PRIMARY KEY, owner text, cost int, state text, at timestamptz);
                INSERT INTO work SELECT i, o, 3, 'busy', now() - interval '1 hour'
                    FROM (VALUES (1, '1'), (2, '2'), (3, 'x'), (4, '99999999999')) AS v(i, o)
                """
            )
            let mapping = try MappingFile(
                """
                {"jobs": {"table": "work", "id": "id", "user": "owner", "cost": "cost",
                    "state": {"column": "state", "values": {"processing": ["busy"], "failed": ["dead"]}},
                    "started": {"column": "at", "kind": "timestamptz"}},
                 "balances": {"table": "accounts", "user": "id", "balance": "tokens"}}
                """
            )
            let store = try await database.store(mapping)
            for dryRun in [true, false] {
                let result = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(dryRun: dryRun))
                #expect(result.errors.map(\.jobID) == ["2", "3", "4"])
                #expect(result.errors.allSatisfy { $0.error.contains("no balance") })
            }
            #expect(try database.sql("SELECT tokens FROM accounts") == "3")
        }
    }
}
