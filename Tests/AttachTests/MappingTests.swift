import Foundation
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickPostgres

@Suite("Mappings", .tags(.alone), .enabled(if: Attached.isPossible))
struct MappingTests {
    private struct Shape: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// The columns of a table named `work`, and three rows: stuck for an hour, running, done.
        let columns: String
        let rows: String
        let mapping: String
        let state: String
        let failed: String
    }

    private static let shapes = [
        Shape(
            testDescription: "uuid key, integer states, epoch seconds, lock version, JSON array of errors",
            columns: """
                id uuid PRIMARY KEY DEFAULT gen_random_uuid(), state smallint NOT NULL, started int, lock_version int,
                errors jsonb
                """,
            rows: """
                (state, started, lock_version) VALUES (1, extract(epoch FROM now())::int - 3600, 4),
                    (1, extract(epoch FROM now())::int - 10, 0), (2, 0, 0)
                """,
            mapping: """
                "state": {"column": "state", "values": {"processing": ["1"], "completed": ["2"], "failed": ["3", "9"]}},
                "started": {"column": "started", "kind": "epoch_s"}, "touch": {"lock_version": "increment"},
                "error": {"column": "errors", "kind": "append"}
                """,
            state: """
                SELECT state, lock_version, jsonb_array_length(errors), errors -> 0 ->> 'error' LIKE 'Job timed out after 36__s.%'
                FROM work WHERE started BETWEEN 1 AND extract(epoch FROM now())::int - 3600
                """,
            failed: "3|5|1|t"
        ),
        Shape(
            testDescription: "bigint key, text states, epoch milliseconds in a bigint",
            columns: "id bigserial PRIMARY KEY, state text NOT NULL, started bigint, ended bigint, error json",
            rows: """
                (state, started) VALUES ('run''ning', (extract(epoch FROM now()) * 1000)::bigint - 3600000),
                    ('run''ning', (extract(epoch FROM now()) * 1000)::bigint), ('ok', 0)
                """,
            mapping: """
                "state": {"column": "state", "values": {"processing": ["run'ning", "busy"], "failed": ["bad \\"x\\""]}},
                "started": {"column": "started", "kind": "epoch_ms"}, "completed": {"column": "ended", "kind": "epoch_ms"},
                "error": {"column": "error", "kind": "json"}
                """,
            state: "SELECT state, ended > started, error ->> 'error' IS NOT NULL FROM work ORDER BY id LIMIT 1",
            failed: "bad \"x\"|t|t"
        ),
        Shape(
            testDescription: "derived status, timestamps without zone, an array of errors",
            columns: "id text PRIMARY KEY, began timestamp(6), finished timestamp, broke timestamp, errors jsonb[]",
            rows: """
                (id, began, finished) VALUES ('a "b"', timezone('UTC', now()) - interval '1 hour', NULL),
                    ('c', timezone('UTC', now()), NULL), ('d', timezone('UTC', now()) - interval '1 day', timezone('UTC', now()))
                """,
            mapping: """
                "state": {"derived": {"processing": {"began": "not_null", "finished": "null", "broke": "null"},
                    "completed": {"finished": "not_null"}, "failed": {"broke": "not_null"}}},
                "started": {"column": "began", "kind": "timestamp_utc"}, "fail": {"broke": "now"},
                "error": {"column": "errors", "kind": "append"}
                """,
            state: """
                SELECT abs(extract(epoch FROM broke - timezone('UTC', now()))) < 60, array_length(errors, 1), finished IS NULL
                FROM work WHERE id = 'a "b"'
                """,
            failed: "t|1|t"
        ),
        Shape(
            testDescription: "an enum with its type, timestamps with zone, a heartbeat in another table",
            columns:
                "id int PRIMARY KEY, status \"Job State\" NOT NULL, at timestamptz, changed timestamptz, worker int",
            rows: """
                (id, status, at, changed, worker) VALUES (1, 'Running', now() - interval '1 hour', now(), 1),
                    (2, 'Running', now() - interval '1 hour', now(), 2), (3, 'Done', now() - interval '1 day', now(), 1)
                """,
            mapping: """
                "state": {"column": "status", "values": {"processing": ["Running"], "completed": ["Done"], "failed": ["Dead"]}},
                "started": {"column": "at", "kind": "timestamptz"}, "touch": {"changed": "now"},
                "heartbeat": {"table": "workers", "column": "beat", "match": {"id": "worker"}, "kind": "epoch_s"}
                """,
            state: "SELECT status, changed > at FROM work WHERE id = 1",
            failed: "Dead|t"
        ),
    ]

    private static let prelude = """
        CREATE TYPE "Job State" AS ENUM ('Running', 'Done', 'Dead');
        CREATE TABLE workers (id int PRIMARY KEY, beat int);
        INSERT INTO workers VALUES (1, 0), (2, extract(epoch FROM now())::int);
        """

    @Test("jobs are found and failed in every form of a table", arguments: shapes)
    private func shape(shape: Shape) async throws {
        try await Attached.with { database in
            try database.sql(Self.prelude)
            try database.sql("CREATE TABLE work (\(shape.columns)); INSERT INTO work \(shape.rows)")
            let mapping = try MappingFile("{\"jobs\": {\"table\": \"work\", \"id\": \"id\", \(shape.mapping)}}")
            let store = try await database.store(mapping)
            let found = try await Cleaner(store).findStuckJobs()
            #expect(found.count == 1)
            #expect((3590...3700).contains((found.first?.stuckFor.inMilliseconds ?? 0) / 1000))
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.cleanedUp == 1 && result.errors.isEmpty && result.tokensRefunded == 0)
            #expect(try database.sql(shape.state) == shape.failed)
            #expect(try await Cleaner(store).cleanupStuckJobs().totalFound == 0)
        }
    }

    private static let paid = """
        {"jobs": {"table": "work", "id": "id", "user": "owner", "cost": "cost",
            "state": {"column": "state", "values": {"processing": ["busy"], "completed": ["done"], "failed": ["dead"]}},
            "started": {"column": "at", "kind": "timestamptz"}},
         "balances": {"table": "accounts", "user": "id", "balance": "tokens"}}
        """

    private func withPaid(_ cost: String, _ body: (Attached) async throws -> Void) async throws {
        try await Attached.with { database in
            try database.sql(
                """
                CREATE TABLE accounts (id text PRIMARY KEY, tokens bigint NOT NULL);
                CREATE TABLE work (id text PRIMARY KEY, owner text, cost \(cost), state text, at timestamptz);
                INSERT INTO accounts VALUES ('ada', 100);
                """
            )
            try await body(database)
        }
    }

    @Test("costs that are NULL, zero, broken, negative or huge affect only their own job")
    func costs() async throws {
        try await self.withPaid("numeric") { database in
            try database.sql(
                """
                INSERT INTO work SELECT i::text, 'ada', c, 'busy', now() - interval '1 hour' FROM (VALUES
                    (1, NULL), (2, 0), (3, 7), (4, 1.5), (5, -3), (6, 9007199254740991), (7, 9007199254740992),
                    (8, 1e30), (9, 3)) AS v(i, c)
                """
            )
            let store = try await database.store(MappingFile(Self.paid))
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(Set(result.errors.map(\.jobID)) == ["4", "5", "7", "8"])
            #expect(result.cleanedUp == 5 && result.tokensRefunded == 10 + 9_007_199_254_740_991)
            #expect(try database.sql("SELECT tokens FROM accounts") == "9007199254741101")
            #expect(try database.sql("SELECT string_agg(id, '' ORDER BY id) FROM work WHERE state = 'busy'") == "4578")
        }
    }

    @Test("without mapped balances, an event notifies the team's own billing once")
    func webhook() async throws {
        try await self.withPaid("int") { database in
            try database.sql("INSERT INTO work VALUES ('a', 'ada', 7, 'busy', now() - interval '1 hour')")
            var mapping = try MappingFile(Self.paid)
            mapping.balances = nil
            mapping.compensation = .webhook
            let store = try await database.store(mapping)
            #expect(try await Cleaner(store).cleanupStuckJobs().tokensRefunded == 7)
            try database.sql("UPDATE work SET state = 'busy'")
            #expect(try await Cleaner(store).cleanupStuckJobs().tokensRefunded == 0)
            let key = "refund:\(try #require(try await store.makeSource()?.id)):a:1"
            let run = try #require(try await store.runs(before: nil, limit: 2).last)
            func state() async throws -> RefundRequest? {
                try await store.items(of: run.id, after: 0, limit: 1).first?.refundRequest
            }
            #expect(try await state() == .asked)
            // No subscriber existed for the refund: a new one receives it, until it confirms.
            try await store.put(.fixture(events: ["tokens.refund_due"]))
            for _ in 0..<RetrySchedule.tries + 3 {
                let claim = try await store.claimDeliveries(to: "hook", limit: 10, lease: .seconds(60))
                let delivery = try #require(claim.deliveries.first)
                #expect(claim.deliveries.count == 1 && delivery.type == "tokens.refund_due")
                #expect(delivery.payload.contains(#""amount":7"#) && delivery.transactionID == key)
                let wait = RetrySchedule.wait(after: delivery.attempts + 1, isEndless: true)
                #expect(wait != nil)
                let attempt = DeliveryAttempt(
                    delivery: delivery,
                    status: .pending,
                    httpStatus: 500,
                    error: "no",
                    took: .seconds(1)
                )
                _ = try await store.settle(claim, [attempt], .failing(pause: .zero))
            }
            #expect(try await state() == .asked)
            let claim = try await store.claimDeliveries(to: "hook", limit: 10, lease: .seconds(60))
            let taken = claim.deliveries.map {
                DeliveryAttempt(delivery: $0, status: .delivered, httpStatus: 200, error: nil, took: .seconds(1))
            }
            _ = try await store.settle(claim, taken, .healthy)
            #expect(try await state() == .confirmed)
            // A later subscriber does not receive confirmed refunds.
            try await store.put(.fixture(id: "other", events: ["tokens.refund_due"]))
            #expect(try await store.claimDeliveries(to: "other", limit: 1, lease: .seconds(1)).deliveries.isEmpty)
            #expect(try database.sql("SELECT user_id, id, amount FROM unstick.refunds") == "ada|\(key)|7")
            #expect(try database.sql("SELECT tokens FROM accounts") == "100")
        }
    }

    @Test("times below a millisecond keep their order, and no job is taken twice or left out")
    func microseconds() async throws {
        try await self.withPaid("int") { database in
            try database.sql(
                """
                INSERT INTO work SELECT 'job-' || (97 - i), 'ada', -1, 'busy',
                    date_trunc('second', now()) - interval '1 hour' + i * interval '7 microseconds'
                FROM generate_series(1, 40) AS i
                """
            )
            let store = try await database.store(MappingFile(Self.paid))
            let preview = try await Cleaner(store)
                .cleanupStuckJobs(CleanupOptions(dryRun: true, batchSize: 3, drain: true))
            #expect(preview.jobs.map(\.id) == (1...40).map { "job-\(97 - $0)" })
            let result = try await Cleaner(store)
                .cleanupStuckJobs(CleanupOptions(batchSize: 7, drain: true, force: true))
            #expect(result.failed == 40 && Set(result.errors.map(\.jobID)).count == 40)
        }
    }

    @Test("names with SQL in them are quoted")
    func hostileNames() async throws {
        try await Attached.with { database in
            try database.sql(Self.prelude)
            try database.sql(
                """
                CREATE TABLE "work""; DROP TABLE workers; --" ("i d""x" text PRIMARY KEY, "s'" text, at timestamptz);
                INSERT INTO "work""; DROP TABLE workers; --" VALUES ('a', 'it''s', now() - interval '1 hour')
                """
            )
            let mapping = try MappingFile(
                #"""
                {"jobs": {"table": "work\"; DROP TABLE workers; --", "id": "i d\"x",
                    "state": {"column": "s'", "values": {"processing": ["it's"], "failed": ["'; DROP TABLE workers; --"]}},
                    "started": {"column": "at", "kind": "timestamptz"}}}
                """#
            )
            let store = try await database.store(mapping)
            #expect(try await Cleaner(store).cleanupStuckJobs().cleanedUp == 1)
            #expect(try database.sql("SELECT count(*) FROM workers") == "2")
        }
    }

    @Test(
        "a mapping that does not fit is refused with all its problems",
        arguments: [
            (#""table": "nowhere""#, "nowhere"), (#""id": "ident""#, "ident"), (#""cost": "state""#, "whole numbers"),
            (#""started": {"column": "at", "kind": "timestamp_utc"}"#, "timestamp with time zone"),
            (#""started": null, "updated": null"#, "neither is mapped"), (#""attempt": "owner""#, "whole number"),
            (#""state": {"column": "state", "values": {"completed": ["x"]}}"#, "no value of 'state'"),
            (#""state": {}"#, "neither a column"),
        ]
    )
    func refused(change: String, complaint: String) async throws {
        try await self.withPaid("int") { database in
            var object = try #require(
                try JSONSerialization.jsonObject(with: Data(Self.paid.utf8)) as? [String: Any]
            )
            var jobs = try #require(object["jobs"] as? [String: Any])
            let changes = try #require(
                try JSONSerialization.jsonObject(with: Data("{\(change)}".utf8)) as? [String: Any]
            )
            for (key, value) in changes { jobs[key] = value is NSNull ? nil : value }
            object["jobs"] = jobs
            let mapping = try MappingFile(json: JSONSerialization.data(withJSONObject: object))
            let error = await #expect(throws: UnstickError.self) { try await database.store(mapping) }
            #expect(error?.code == .schemaMismatch && error?.message.contains(complaint) == true, "\(error as Any)")
            let findings = try await database.doctor(mapping)
            #expect(
                findings.contains {
                    $0.level == .error && $0.detail.contains(complaint) || $0.subject.contains(complaint)
                }
            )
        }
    }

    @Test(
        "a mapping that cannot be read says where",
        arguments: [
            (#"{"jobs": {"id": "id"}}"#, "/jobs/table is missing"),
            (#"{"jobs": {"table": "t", "id": "id", "state": {}}, "ballances": {}}"#, "/ballances"),
            (#"{"jobs": {"table": "t", "id": "id", "state": {"colum": "x"}}}"#, "/jobs/state/colum"),
            (#"{"jobs": {"table": "t", "id": 7, "state": {}}}"#, "/jobs/id has the wrong type"),
            (#"{"jobs": {"table": "t", "id": "i", "state": {}, "started": {"column": "a", "kind": "iso"}}}"#, "kind"),
            (#"{"jobs": {"table": "t", "id": "i", "state": {"values": {"running": ["x"]}}}}"#, "/jobs/state/values"),
        ]
    )
    func unreadable(json: String, complaint: String) {
        let error = #expect(throws: UnstickError.self) { try MappingFile(json) }
        #expect(error?.code == .invalidInput && error?.message.contains(complaint) == true, "\(error as Any)")
    }

    @Test("a large table without an index is searched only on request")
    func fullScan() async throws {
        try await self.withPaid("int") { database in
            try database.sql(
                """
                INSERT INTO work SELECT i::text, 'ada', 1, 'done', now() FROM generate_series(1, 120000) AS i;
                ANALYZE work;
                """
            )
            let mapping = try MappingFile(Self.paid)
            let error = await #expect(throws: UnstickError.self) { try await database.store(mapping) }
            #expect(error?.message.contains("CREATE INDEX CONCURRENTLY") == true)
            let findings = try await database.doctor(mapping)
            let advice = try #require(findings.first { $0.subject == "index" && $0.level == .error }?.advice)
            _ = try await PostgresStore(url: database.url, mapping: mapping, allowsFullScan: true)
            try database.sql(advice)
            let store = try await database.store(mapping)
            #expect(try await Cleaner(store).findStuckJobs().isEmpty)
            #expect(try await database.doctor(mapping).contains { $0.subject == "index" && $0.level == .ok })
        }
    }
}
