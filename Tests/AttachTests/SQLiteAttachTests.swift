import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQL
import UnstickSQLite

/// An app on Laravel: its queue by the preset, and its own images, paid for with credits.
@Suite("Laravel tables in SQLite", .tags(.alone))
struct SQLiteLaravelTests {
    private static let images = """
        {"jobs": {"table": "images", "id": "id", "user": "user_id", "cost": "credits",
            "state": {"column": "status", "values": {"pending": ["queued"], "processing": ["running"], "completed": ["done"],
                "failed": ["failed"]}},
            "started": {"column": "started_at", "kind": "timestamp_utc"},
            "created": {"column": "created_at", "kind": "timestamp_utc"},
            "error": {"column": "error", "kind": "text"}, "touch": {"updated_at": "now"}},
         "balances": {"table": "users", "user": "id", "balance": "credits",
            "updated": {"column": "updated_at", "kind": "timestamp_utc"}},
         "ledger": {"table": "credit_lines", "id": "id", "user": "user_id", "amount": "amount",
            "type": {"column": "type", "value": "refund"}, "job": "image_id", "balanceAfter": "balance_after",
            "created": {"column": "created_at", "kind": "timestamp_utc"}}}
        """

    /// Two users, and images that are stuck for an hour, running, done.
    private func withImages(_ body: (SQLiteTeam) async throws -> Void) async throws {
        try await SQLiteTeam.with(schema: "laravel") { team in
            try team.sql(
                """
                INSERT INTO users (id, email, credits) VALUES (1, 'ada', 10), (2, 'bob', 0), (3, 'nul', NULL);
                INSERT INTO images (id, user_id, credits, status, started_at, created_at) VALUES
                    (1, 1, 5, 'running', datetime('now', '-1 hour'), datetime('now', '-1 day')),
                    (2, 1, 7, 'running', datetime('now', '-2 hours'), datetime('now', '-1 day')),
                    (3, 2, 3, 'running', strftime('%Y-%m-%d %H:%M:%f', 'now', '-1 hour'), datetime('now', '-1 day')),
                    (4, 2, 9, 'running', datetime('now'), datetime('now')),
                    (5, 2, 9, 'done', datetime('now', '-1 day'), datetime('now', '-1 day'));
                """
            )
            try await body(team)
        }
    }

    @Test("doctor and stuck read the file, and change nothing in it")
    func reading() async throws {
        try await self.withImages { team in
            let mapping = try MappingFile(Self.images)
            let schema = "SELECT group_concat(name) FROM sqlite_schema"
            let before = try team.row(schema)
            let findings = try await team.doctor(mapping)
            #expect(findings.filter { $0.level == .error } == [])
            for subject in ["connection", "file", "mapping", "rights", "index", "finding", "ages"] {
                #expect(findings.first { $0.subject == subject }?.level == .ok, "\(subject)")
            }
            #expect(findings.first { $0.subject == "tables unstick_…" }?.level == .warning)
            #expect(findings.first { $0.subject == "balances" }?.detail.hasPrefix("1 are NULL") == true)
            let store = try await team.store(mapping, .reading)
            #expect(try await Cleaner(store).findStuckJobs().map(\.id) == ["2", "1", "3"])
            #expect(try team.row(schema) == before)
            #expect(try team.row("PRAGMA journal_mode") == "delete")
        }
    }

    @Test("a mapping that does not fit the file is refused with all its problems")
    func refused() async throws {
        try await self.withImages { team in
            var mapping = try MappingFile(Self.images)
            mapping.jobs.started?.kind = .timestamptz
            mapping.balances?.table = "accounts"
            let error = await #expect(throws: UnstickError.self) { try await team.store(mapping, .reading) }
            #expect(error?.code == .schemaMismatch && error?.message.contains("mapped as timestamptz") == true)
            #expect(error?.message.contains("accounts") == true)
        }
    }

    @Test("stuck images fail, and their credits are refunded to the users' own column, once")
    func refunds() async throws {
        try await self.withImages { team in
            try team.sql("PRAGMA user_version = 7")
            let store = try await team.store(MappingFile(Self.images))
            let preview = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(dryRun: true))
            #expect(preview.jobs.map(\.id) == ["2", "1", "3"] && preview.tokensOwed == 15)
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.cleanedUp == 3 && result.tokensRefunded == 15 && result.errors.isEmpty)
            #expect(try team.row("SELECT group_concat(credits) FROM users WHERE id < 3 ORDER BY id") == "22,3")
            #expect(
                try team.row("SELECT count(*) FROM images WHERE status = 'failed' AND error LIKE '%refunded.'") == "3"
            )
            #expect(try team.row("SELECT count(*), sum(amount), max(balance_after) FROM credit_lines") == "3|15|22")
            let age = "SELECT abs(unixepoch('now') - unixepoch(updated_at)) < 60 FROM images WHERE id = 1"
            #expect(try team.row(age) == "1")
            #expect(try await Cleaner(store).cleanupStuckJobs().totalFound == 0)
            #expect(try await store.reconcile(limit: 5).isClean)
            // Run again without a new charge: no refund is due.
            try team.sql("UPDATE images SET status = 'running' WHERE id = 1")
            #expect(try await Cleaner(store).cleanupStuckJobs().tokensRefunded == 0)
            try team.sql("UPDATE images SET status = 'done' WHERE id = 3")
            #expect(try await store.reconcile(limit: 5).mismatches.map(\.subject) == ["3"])
            #expect(try team.row("PRAGMA journal_mode") == "delete" && team.row("PRAGMA user_version") == "7")
            #expect(try team.row("SELECT count(*) FROM sqlite_schema WHERE name IN ('runs', 'grdb_migrations')") == "0")
        }
    }

    @Test("a NULL balance and a time that cannot be read set their jobs aside")
    func setAside() async throws {
        try await self.withImages { team in
            try team.sql(
                """
                INSERT INTO images (id, user_id, credits, status, started_at) VALUES
                    (11, 3, 4, 'running', datetime('now', '-1 hour')),
                    (12, 1, 4, 'running', strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-2 days')),
                    (13, 1, 4, 'running', 'yesterday'), (14, 1, 4, 'running', strftime('%s', 'now', '-1 hour')),
                    (15, 1, 4, 'running', datetime('now', '-1 hour') || '+02:00'), (16, 1, 2.5, 'running', datetime('now', '-1 hour'));
                """
            )
            let store = try await team.store(MappingFile(Self.images))
            for round in 0..<2 {
                let result = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(force: true))
                #expect(result.cleanedUp == (round == 0 ? 3 : 0))
                #expect(result.errors.map(\.jobID).sorted() == ["11", "12", "13", "14", "15", "16"])
            }
            #expect(try team.row("SELECT credits FROM users WHERE id = 1") == "22")
        }
    }

    @Test("the queue's jobs are reported by the preset, and failed in Laravel's way")
    func queue() async throws {
        let uuid = "0b0ce0a0-0000-4000-8000-000000000001"
        for stuck in [MappingFile.OnStuck.report, .fail] {
            try await SQLiteTeam.with(schema: "laravel") { team in
                try team.sql(
                    """
                    INSERT INTO jobs (queue, payload, attempts, reserved_at, available_at, created_at) VALUES
                        ('default', '{"uuid":"\(uuid)"}', 1, unixepoch('now', '-1 hour'), 0, 0),
                        ('default', '{"uuid":"\(uuid)","copy":true}', 1, unixepoch('now', '-1 hour'), 0, 0),
                        ('default', 'not JSON', 1, unixepoch('now', '-1 hour'), 0, 0),
                        ('default', '{"uuid":7}', 1, unixepoch('now', '-1 hour'), 0, 0),
                        ('default', '{"uuid":"7"}', 1, unixepoch('now', '-1 hour'), 0, 0),
                        ('default', '{}', 1, unixepoch('now'), 0, 0);
                    """
                )
                let preset = try Preset.named("laravel")
                let store = try await team.store(preset.on(stuck), preset: preset)
                let result = try await Cleaner(store).cleanupStuckJobs(CleanupOptions(force: true))
                #expect(result.reported + result.cleanedUp == 5 && result.errors.isEmpty, "\(stuck)")
                let left = stuck == .fail ? "1|5|5|\(uuid)" : "6|0|0|NULL"
                let state = """
                    SELECT (SELECT count(*) FROM jobs), (SELECT count(*) FROM failed_jobs),
                        (SELECT count(DISTINCT payload) FROM failed_jobs),
                        (SELECT uuid FROM failed_jobs ORDER BY id LIMIT 1)
                    """
                #expect(try team.row(state) == left, "\(stuck)")
                #expect(try await Cleaner(store).cleanupStuckJobs().totalFound == 0)
            }
        }
    }
}

@Suite("Solid Queue tables in SQLite", .tags(.alone))
struct SQLiteSolidQueueTests {
    private static let micro = "strftime('%Y-%m-%d %H:%M:%f000', 'now'"

    /// A job that a dead process claimed an hour ago, another that waits for it, and one of a live process.
    private func withQueue(
        _ stuck: MappingFile.OnStuck,
        _ attaching: SQLiteStore.Attaching = .migrating,
        _ body: (SQLiteTeam, SQLiteStore) async throws -> Void
    ) async throws {
        try await SQLiteTeam.with(schema: "solid_queue") { team in
            let (now, hourAgo) = ("\(Self.micro))", "\(Self.micro), '-1 hour')")
            try team.sql(
                """
                INSERT INTO solid_queue_jobs (id, queue_name, class_name, concurrency_key, created_at, updated_at) VALUES
                    (1, 'default', 'Enhance', 'user/1', \(hourAgo), \(hourAgo)),
                    (2, 'default', 'Enhance', 'user/1', \(hourAgo), \(hourAgo)),
                    (3, 'default', 'Enhance', NULL, \(hourAgo), \(hourAgo));
                INSERT INTO solid_queue_processes (id, kind, last_heartbeat_at, pid, created_at, name) VALUES
                    (1, 'Worker', \(hourAgo), 1, \(hourAgo), 'a'), (2, 'Worker', \(now), 2, \(hourAgo), 'b');
                INSERT INTO solid_queue_semaphores (key, value, expires_at, created_at, updated_at)
                    VALUES ('user/1', 0, \(hourAgo), strftime('%Y-%m-%d %H:%M:%f000', 'now', '-2 hours'), \(hourAgo));
                INSERT INTO solid_queue_claimed_executions (job_id, process_id, created_at)
                    VALUES (1, 1, \(hourAgo)), (3, 2, \(hourAgo));
                INSERT INTO solid_queue_blocked_executions
                    (job_id, queue_name, concurrency_key, expires_at, created_at)
                    VALUES (2, 'default', 'user/1', \(now), strftime('%Y-%m-%d %H:%M:%f000', 'now', '-3 minutes'));
                """
            )
            let preset = try Preset.named("solid_queue")
            try await body(team, try await team.store(preset.on(stuck), preset: preset, attaching))
        }
    }

    private let state = """
        SELECT (SELECT group_concat(job_id) FROM solid_queue_claimed_executions),
            (SELECT group_concat(job_id) FROM solid_queue_failed_executions),
            (SELECT group_concat(job_id) FROM solid_queue_ready_executions),
            (SELECT group_concat(job_id) FROM solid_queue_blocked_executions),
            (SELECT value FROM solid_queue_semaphores)
        """

    @Test("the doctor has no errors, and the job of the dead process is found")
    func finding() async throws {
        try await self.withQueue(.report, .reading) { team, store in
            let preset = try Preset.named("solid_queue")
            #expect(try await team.doctor(preset.mapping, preset: preset).filter { $0.level == .error } == [])
            let found = try await Cleaner(store).findStuckJobs()
            #expect(found.map(\.id) == ["1"] && found.first?.kind == "Enhance")
        }
    }

    @Test("a stuck job is reported once, and its row does not change")
    func report() async throws {
        try await self.withQueue(.report) { team, store in
            let before = try team.row(self.state)
            #expect(try await Cleaner(store).cleanupStuckJobs().reported == 1)
            #expect(try team.row(self.state) == before)
            #expect(try await Cleaner(store).cleanupStuckJobs().totalFound == 0)
            #expect(try await store.reconcile(limit: 5).isClean)
        }
    }

    @Test("a stuck job fails, and its permit moves to the waiting job")
    func fail() async throws {
        try await self.withQueue(.fail) { team, store in
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.cleanedUp == 1 && result.errors.isEmpty)
            #expect(try team.row(self.state) == "3|1|2|NULL|0")
            let lease = "SELECT round((julianday(expires_at) - julianday('now')) * 1440) FROM solid_queue_semaphores"
            #expect(try team.row(lease) == "3.0")
            #expect(
                try team.row("SELECT json_extract(error, '$.exception_class') FROM solid_queue_failed_executions")
                    == "Unstick::StuckJob"
            )
        }
    }

    @Test("a stuck job returns to the queue")
    func retry() async throws {
        try await self.withQueue(.retry) { team, store in
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.retried == 1 && result.errors.isEmpty)
            #expect(try team.row(self.state) == "3|NULL|1|2|0")
        }
    }
}
