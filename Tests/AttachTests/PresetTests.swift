import Foundation
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickPostgres

/// A queue's schema, built by hand from its documented columns, with a job whose worker died an hour ago.
struct ForeignQueue: Sendable, CustomTestStringConvertible {
    let name: String
    let schema: String
    /// Adds a stuck job and returns its id.
    let stuck: String
    /// Reads the job's state after it was failed, and after it returned to the queue.
    let state: String
    let failed: String
    let retried: String?

    var testDescription: String { self.schema }

    private static let utc = "timezone('UTC', now())"

    static let all = [
        ForeignQueue(
            name: "river",
            schema: "river",
            stuck: """
                INSERT INTO river_job (state, attempt, max_attempts, attempted_at, kind, args)
                VALUES ('running', 25, 25, now() - interval '1 hour', 'enhance', '{}') RETURNING id
                """,
            state: "SELECT state, finalized_at IS NOT NULL, max_attempts, errors[1] ->> 'attempt' FROM river_job",
            failed: "discarded|t|25|25",
            retried: "available|f|26|25"
        ),
        ForeignQueue(
            name: "oban",
            schema: "oban_elixir",
            stuck: """
                INSERT INTO oban_jobs (worker, state, attempt, max_attempts, attempted_at, meta)
                VALUES ('W', 'executing', 20, 20, \(utc) - interval '1 hour', '{}') RETURNING id
                """,
            state: "SELECT state, discarded_at IS NOT NULL, max_attempts FROM oban_jobs",
            failed: "discarded|t|20",
            retried: "available|f|21"
        ),
        ForeignQueue(
            name: "solid_queue",
            schema: "solid_queue",
            stuck: """
                WITH j AS (INSERT INTO solid_queue_jobs (queue_name, class_name, arguments, created_at, updated_at)
                    VALUES ('default', 'Enhance', '{}', \(utc) - interval '2 hours', \(utc)) RETURNING id)
                INSERT INTO solid_queue_claimed_executions (job_id, process_id, created_at)
                SELECT id, 1, \(utc) - interval '1 hour' FROM j RETURNING job_id
                """,
            state: """
                SELECT (SELECT count(*) FROM solid_queue_claimed_executions),
                    (SELECT count(*) FROM solid_queue_failed_executions), (SELECT count(*) FROM solid_queue_ready_executions)
                """,
            failed: "0|1|0",
            retried: "0|0|1"
        ),
        ForeignQueue(
            name: "good_job",
            schema: "good_job",
            stuck: """
                WITH j AS (INSERT INTO good_jobs (id, active_job_id, performed_at, scheduled_at, created_at, updated_at,
                        executions_count, job_class)
                    SELECT g, g, \(utc) - interval '1 hour', \(utc), \(utc), \(utc) - interval '1 hour', 1, 'Enhance'
                    FROM (SELECT gen_random_uuid()) AS x(g) RETURNING id),
                e AS (INSERT INTO good_job_executions (active_job_id, created_at, updated_at)
                    SELECT id, \(utc) - interval '1 hour', \(utc) FROM j)
                SELECT id FROM j
                """,
            state: """
                SELECT j.performed_at IS NULL, j.finished_at IS NULL, j.error_event, e.finished_at IS NULL
                FROM good_jobs AS j JOIN good_job_executions AS e ON e.active_job_id = j.id
                """,
            failed: "f|f|5|f",
            retried: "t|t|0|f"
        ),
        ForeignQueue(
            name: "delayed_job",
            schema: "delayed_job",
            stuck: """
                INSERT INTO delayed_jobs (handler, run_at, locked_at, locked_by, attempts, queue)
                VALUES ('--- !ruby', \(utc), \(utc) - interval '1 hour', 'host:a pid:1', 1, 'default') RETURNING id
                """,
            state: "SELECT failed_at IS NULL, locked_at IS NULL, attempts FROM delayed_jobs",
            failed: "f|t|2",
            retried: "t|t|2"
        ),
        ForeignQueue(
            name: "pg_boss",
            schema: "pg_boss",
            stuck: """
                INSERT INTO pgboss.job (name, state, started_on, heartbeat_on, retry_count)
                SELECT name, 'active', now() - interval '1 hour', now() - interval '1 hour', 2
                FROM pgboss.queue ORDER BY dead_letter NULLS LAST LIMIT 1 RETURNING id
                """,
            state: "SELECT state, completed_on IS NULL, heartbeat_on IS NULL FROM pgboss.job",
            failed: "failed|f|t",
            retried: "retry|t|t"
        ),
        ForeignQueue(
            name: "graphile_worker",
            schema: "graphile_worker",
            stuck: """
                WITH t AS (INSERT INTO graphile_worker._private_tasks (identifier) VALUES ('enhance') RETURNING id),
                q AS (INSERT INTO graphile_worker._private_job_queues (queue_name, locked_at, locked_by)
                    VALUES ('q', now() - interval '1 hour', 'w') RETURNING id)
                INSERT INTO graphile_worker._private_jobs (task_id, job_queue_id, attempts, locked_at, locked_by)
                SELECT t.id, q.id, 25, now() - interval '1 hour', 'w' FROM t, q RETURNING id
                """,
            state: """
                SELECT j.locked_at IS NULL, j.is_available, q.locked_at IS NULL FROM graphile_worker._private_jobs AS j
                JOIN graphile_worker._private_job_queues AS q ON q.id = j.job_queue_id
                """,
            failed: "t|f|t",
            retried: "t|t|t"
        ),
        ForeignQueue(
            name: "laravel",
            schema: "laravel",
            stuck: """
                INSERT INTO jobs (queue, payload, attempts, reserved_at, available_at, created_at)
                VALUES ('default', '{"uuid":"0b0ce0a0-0000-4000-8000-000000000001"}', 1,
                    extract(epoch FROM now())::int - 3600, 0, 0) RETURNING id
                """,
            state: "SELECT (SELECT count(*) FROM jobs), (SELECT uuid FROM failed_jobs)",
            failed: "0|0b0ce0a0-0000-4000-8000-000000000001",
            retried: nil
        ),
    ]
}

@Suite("Presets", .tags(.alone), .enabled(if: Attached.isPossible))
struct PresetTests {
    @Test("a foreign queue's stuck job is reported once, and its row does not change", arguments: ForeignQueue.all)
    func report(queue: ForeignQueue) async throws {
        try await Attached.with(schema: queue.schema) { database in
            let id = try database.sql(queue.stuck)
            let before = try database.sql(queue.state)
            let preset = try Preset.named(queue.name)
            let store = try await database.store(preset.mapping, preset: preset)
            #expect(try await Cleaner(store).findStuckJobs().map(\.id) == [id])
            let findings = try await database.doctor(preset.mapping, preset: preset)
            #expect(findings.filter { $0.level == .error } == [])
            try await store.put(.fixture(events: ["job.*"]))
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.reported == 1 && result.cleanedUp == 0 && result.message.hasPrefix("Reported 1 stuck jobs"))
            #expect(try database.sql(queue.state) == before)
            #expect(try await Cleaner(store).cleanupStuckJobs().totalFound == 0, "reported once")
            #expect(try database.sql("SELECT type FROM unstick.webhook_deliveries") == "job.timed_out")
            #expect(try await store.reconcile(limit: 5).isClean)
        }
    }

    @Test("on request, a preset fails a job and writes what its system needs", arguments: ForeignQueue.all)
    func fail(queue: ForeignQueue) async throws {
        try await Attached.with(schema: queue.schema) { database in
            try database.sql(queue.stuck)
            let preset = try Preset.named(queue.name)
            let store = try await database.store(preset.on(.fail), preset: preset)
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.cleanedUp == 1 && result.errors.isEmpty)
            #expect(try database.sql(queue.state) == queue.failed)
            #expect(try await Cleaner(store).cleanupStuckJobs().totalFound == 0)
        }
    }

    @Test("on request, a preset returns a job to its queue, or says why it cannot", arguments: ForeignQueue.all)
    func retry(queue: ForeignQueue) async throws {
        try await Attached.with(schema: queue.schema) { database in
            try database.sql(queue.stuck)
            let preset = try Preset.named(queue.name)
            guard let retried = queue.retried else {
                await #expect(throws: UnstickError.self) { try await database.store(preset.on(.retry), preset: preset) }
                return
            }
            let store = try await database.store(preset.on(.retry), preset: preset)
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.retried == 1 && result.cleanedUp == 0 && result.errors.isEmpty)
            #expect(try database.sql(queue.state) == retried)
        }
    }

    @Test("Laravel keeps each of the jobs that have the same uuid, also when one failed before")
    func laravelUUIDs() async throws {
        let queue = try #require(ForeignQueue.all.first { $0.name == "laravel" })
        try await Attached.with(schema: queue.schema) { database in
            let preset = try Preset.named("laravel")
            for (round, kept) in [2, 3].enumerated() {
                for _ in round..<2 { try database.sql(queue.stuck) }
                let store = try await database.store(preset.on(.fail), preset: preset)
                let result = try await Cleaner(store).cleanupStuckJobs()
                #expect(result.cleanedUp == 2 - round && result.errors.isEmpty)
                let rows = try database.sql("SELECT (SELECT count(*) FROM jobs), count(DISTINCT uuid) FROM failed_jobs")
                #expect(rows == "0|\(kept)")
            }
        }
    }

    @Test("a job whose worker holds GoodJob's lock is alive at any age, and is set aside")
    func goodJobLock() async throws {
        let queue = try #require(ForeignQueue.all.first { $0.name == "good_job" })
        try await Attached.with(schema: queue.schema) { database in
            let id = try database.sql(queue.stuck)
            let preset = try Preset.named("good_job")
            let store = try await database.store(preset.on(.fail), preset: preset)
            let holder = try PostgresConnection(url: database.url)
            let lock = "SELECT pg_advisory_lock(('x' || substr(md5('good_jobs-\(id)'), 1, 16))::bit(64)::bigint)"
            _ = try holder.send([SQLCall(lock)], limit: .seconds(10))
            let result = try await Cleaner(store).cleanupStuckJobs()
            #expect(result.cleanedUp == 0 && result.errors.map(\.jobID) == [id])
            withExtendedLifetime(holder) {}
        }
    }

    @Test("an unknown preset is refused with the names of the presets")
    func unknown() {
        let error = #expect(throws: UnstickError.self) { try Preset.named("celery") }
        #expect(error?.message.contains("good_job") == true)
    }
}

/// A queue whose own package created its schema and runs its worker.
@Suite(
    "Presets on the queues' own tables",
    .tags(.alone),
    .enabled(if: Attached.isPossible && Peer.isInstalled),
    .serialized
)
struct PeerTests {
    @Test(
        "its own worker continues after a job was reported, failed, or returned to the queue",
        arguments: ["oban", "procrastinate", "pgqueuer"]
    )
    func worker(name: String) async throws {
        let peer = Peer(name: name)
        guard peer.isThere else { return }
        for stuck in MappingFile.OnStuck.allCases {
            try await Attached.with { database in
                try peer.run("schema", database.url)
                let id = try peer.run("stuck", database.url)
                let preset = try Preset.named(name)
                let store = try await database.store(preset.on(stuck), preset: preset)
                let result = try await Cleaner(store).cleanupStuckJobs()
                #expect(result.jobs.map(\.id) == [id], "\(stuck)")
                #expect(result.cleanedUp + result.retried + result.reported == 1, "\(stuck): \(result.errors)")
                if stuck != .report { try peer.run("work", database.url) }
            }
        }
    }

    @Test("Django's task tables and Chancy's are found by a mapping")
    func mapped() async throws {
        for (name, mapping) in [
            (
                "django_tasks",
                """
                {"jobs": {"table": "django_tasks_database_dbtaskresult", "id": "id", "kind": "task_path",
                "state": {"column": "status", "values": {"processing": ["RUNNING"], "completed": ["SUCCESSFUL"],
                "failed": ["FAILED"]}}, "started": {"column": "started_at", "kind": "timestamptz"}}, "onStuck": "report"}
                """
            ),
            (
                "chancy",
                """
                {"jobs": {"table": "chancy_jobs", "id": "id", "kind": "func",
                "state": {"column": "state", "values": {"processing": ["running"], "completed": ["succeeded"],
                "failed": ["failed"]}}, "started": {"column": "started_at", "kind": "timestamptz"}}, "onStuck": "report"}
                """
            ),
        ] {
            let peer = Peer(name: name)
            guard peer.isThere else { continue }
            try await Attached.with { database in
                try peer.run("schema", database.url)
                let id = try peer.run("stuck", database.url)
                let store = try await database.store(MappingFile(mapping))
                #expect(try await Cleaner(store).findStuckJobs().map(\.id) == [id], "\(name)")
            }
        }
    }
}

/// A queue in the tests' Python environment; `scripts/peer-schemas` creates it.
struct Peer {
    let name: String

    private static let environment = Attached.folder.appending(path: "../../.build/peers").standardized
    private static let python = environment.appending(path: "bin/python").path

    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: python) }

    /// Whether this one could be installed.
    var isThere: Bool {
        (try? PostgresCluster.run(Self.python, [Self.script, "list"]))?.split(whereSeparator: \.isWhitespace)
            .contains { $0 == self.name } ?? false
    }

    private static let script = Attached.folder.appending(path: "Peers/peer.py").path

    @discardableResult
    func run(_ command: String, _ url: String) throws -> String {
        try PostgresCluster.run(Self.python, [Self.script, command, self.name, url])
    }
}
