import Foundation
import GRDB
import TestSupport
import Testing
import Unstick

@testable import UnstickSQLite

@Suite("Settings", .timeLimit(.minutes(5)))
struct SettingsTests {
    private static let secret = "a-planted-admin-secret-of-some-length"

    /// Three jobs that have been running for ten minutes.
    private func addJobs(_ unstick: Tool) async throws {
        let started = Int(Date().timeIntervalSince1970) - 600
        let rows = (0..<3).map { "job-\($0),ada,image,,4,PROCESSING,1,\(started - 5),\(started),\(started),\n" }
        try unstick.write(
            "jobs.csv",
            "id,user_id,kind,tier,cost,status,attempt,created_at,processing_started_at,updated_at,processing_completed_at\n"
                + rows.joined()
        )
        #expect(try await unstick("import", "jobs.csv").status == 0)
    }

    @Test(
        "CLEANUP_TIMEOUT and CLEANUP_BATCH_SIZE apply to every command, call, list and metric",
        arguments: [("1h", 0), ("1m", 3)]
    )
    func cleanup(timeout: String, stuck: Int) async throws {
        try await Tool.inNewFolder { unstick in
            try await self.addJobs(unstick)
            // A policy with another rule.
            try unstick.write(
                "unstick.yaml",
                "rules:\n  - name: images\n    kind: image\n    timeout: \(stuck == 0 ? "1m" : "2h")\n"
            )
            let environment = [
                "CLEANUP_TIMEOUT": timeout, "CLEANUP_BATCH_SIZE": "2", "UNSTICK_ADMIN_TOKEN": Self.secret,
                "CLEANUP_SCHEDULE": "off",
            ]
            #expect(try await unstick("stuck", "--json", environment: environment).json["totalFound"] as? Int == stuck)
            #expect(try await unstick("status", "--json", environment: environment).json["stuck"] as? Int == stuck)
            let dry = try await unstick("cleanup", "--dry-run", "--json", environment: environment).json
            #expect(dry["totalFound"] as? Int == min(stuck, 2))
            let shown = try await unstick("policy", "show", "--json", environment: environment).json
            let rules = shown["rules"] as? [[String: Any]] ?? []
            #expect(rules.count == 1 && rules[0]["timeoutMs"] as? Int == (stuck == 0 ? 3_600_000 : 60_000))

            let server = try unstick.start(["serve", "--port", "0"], environment: environment)
            let address = try await server.address()
            func get(_ path: String) async throws -> String {
                try await ChildProcess.run([
                    "curl", "-s", "-m", "20", "-H", "Authorization: Bearer \(Self.secret)", address + path,
                ])
            }
            func json(_ path: String) async throws -> [String: Any] {
                try JSONSerialization.jsonObject(with: Data(await get(path).utf8)) as? [String: Any] ?? [:]
            }
            #expect(try await json("/api/admin/jobs/stuck")["totalFound"] as? Int == stuck)
            #expect(try await get("/metrics").contains(#"unstick_stuck_jobs{kind="image"} 3"#) == (stuck == 3))
            let policy = try await json("/api/admin/policy")
            #expect("\(policy)".contains(stuck == 0 ? "3600000" : "60000") && !"\(policy)".contains("7200000"))
            let cron = try await json("/api/cron/cleanup-jobs")["result"] as? [String: Any]
            #expect(cron?["totalFound"] as? Int == min(stuck, 2), "\(cron ?? [:])")
            server.signal(SIGTERM)
            _ = try await server.ending()
            let run = try #require(try await unstick.store().runs(before: nil, limit: 1).first)
            #expect(run.batchSize == 2 && run.timeout == (stuck == 0 ? .seconds(3600) : .seconds(60)))
        }
    }

    @Test("invalid values are refused by every command, and empty ones count as not set")
    func checked() async throws {
        try await Tool.inNewFolder { unstick in
            try await self.addJobs(unstick)
            for (name, value) in [
                ("CLEANUP_TIMEOUT", "soon"), ("CLEANUP_BATCH_SIZE", "0"), ("DATABASE_POOL_SIZE", "many"),
                ("CLEANUP_SCHEDULE", "often"), ("CLEANUP_ZONE", "Mars"),
            ] {
                for command in [["cleanup"], ["status"]] {
                    let ending = try await unstick.start(command, environment: [name: value]).ending()
                    #expect(ending.status == 2, "\(name) \(command) \(ending.errors)")
                }
            }
            let empty = Dictionary(
                uniqueKeysWithValues: ["DATABASE_URL", "UNSTICK_POLICY", "UNSTICK_MAPPING", "CLEANUP_TIMEOUT"].map {
                    ($0, "")
                }
            )
            #expect(try await unstick("stuck", "--json", environment: empty).json["totalFound"] as? Int == 3)
        }
    }

    @Test("a run that the database refuses is a failure everywhere, and no success")
    func refused() async throws {
        try await Tool.inNewFolder { unstick in
            try await self.addJobs(unstick)
            let store = try unstick.store()
            try await store.write {
                try $0.execute(sql: "ALTER TABLE token_transactions RENAME COLUMN balance_after TO gone")
            }
            let environment = [
                "UNSTICK_ADMIN_TOKEN": Self.secret, "CRON_SECRET": "a-planted-cron-secret", "CLEANUP_SCHEDULE": "off",
            ]
            let cleanup = try await unstick("cleanup", environment: environment)
            #expect(
                cleanup.status == 1 && cleanup.errors.contains("A table or column of Unstick is missing"),
                "\(cleanup)"
            )
            let status = try await unstick("status", environment: environment)
            #expect(status.status == 1 && status.output.contains("last success   never"))
            #expect(
                status.output.contains("!  The last run failed: A table or column of Unstick is missing"),
                "\(status.output)"
            )
            let server = try unstick.start(["serve", "--port", "0"], environment: environment)
            let address = try await server.address()
            func ask(_ path: String, _ token: String, _ more: [String] = []) async throws -> String {
                try await ChildProcess.run(
                    ["curl", "-s", "-m", "20", "-w", " %{http_code}", "-H", "Authorization: Bearer \(token)"] + more
                        + [address + path]
                )
            }
            let cron = try await ask("/api/cron/cleanup-jobs", "a-planted-cron-secret")
            #expect(cron.hasSuffix(" 500") && cron.contains(#""success":false"#), "\(cron)")
            let admin = try await ask("/api/admin/jobs/cleanup", Self.secret, ["-X", "POST"])
            #expect(admin.hasSuffix(" 500") && admin.contains("Failed to cleanup stuck jobs"), "\(admin)")
            #expect(try await store.lastSuccess() == nil)
            server.signal(SIGTERM)
            _ = try await server.ending()
            try store.close()
        }
    }

    @Test("status announces a run only while a server is active, and reports what cannot be refunded")
    func status() async throws {
        try await Tool.inNewFolder { unstick in
            try await self.addJobs(unstick)
            let store = try unstick.store()
            #expect(try await unstick("status").output.contains("no server with a schedule is known"))
            let now = try await store.now()
            try await store.announce(ScheduledCleanup.name, next: now + .seconds(600))
            #expect(try await unstick("status").output.contains("next run       in "))
            try await store.write { try $0.execute(sql: "UPDATE schedules SET seen_at = seen_at - 600000") }
            let gone = try await unstick("status")
            #expect(gone.output.contains("next run       not known; a server was last seen 10m"), "\(gone.output)")
            #expect(try await unstick("status", "--json").json["nextPassAt"] == nil)

            try await TokenBalanceManager(store: store).addTokens(Limits.tokens, to: "ada")
            #expect(try await unstick("cleanup").status == 1)
            let status = try await unstick("status")
            #expect(status.status == 1 && status.output.contains("3 jobs could not be cleaned by the last run."))
            try store.close()
        }
    }

    @Test("a held run does not suggest a larger one; cleanup accepts kinds")
    func held() async throws {
        try await Tool.inNewFolder { unstick in
            let store = try unstick.store()
            let started = Int(Date().timeIntervalSince1970) - 600
            let rows = (0..<40).map {
                "job-\($0),ada,\($0 < 30 ? "image" : "video"),,4,PROCESSING,1,\(started),\(started),\(started),\n"
            }
            try unstick.write(
                "jobs.csv",
                "id,user_id,kind,tier,cost,status,attempt,created_at,processing_started_at,updated_at,processing_completed_at\n"
                    + rows.joined()
            )
            #expect(try await unstick("import", "jobs.csv").status == 0)
            let held = try await unstick("cleanup")
            #expect(held.status == 1 && held.output.contains("Held:") && !held.output.contains("--drain"))
            let kinds = ["--kind", "video", "--kind", "sound"]
            try await store.approveHolds()
            let some = try await unstick.start(["cleanup", "--batch-size", "4"] + kinds).ending()
            #expect(some.status == 0 && some.output.contains("More jobs are stuck; --drain cleans them all."))
            let run = try #require(try await store.runs(before: nil, limit: 1).first)
            #expect(run.cleanedUp == 4 && run.kinds == ["video", "sound"])
            let waiting = try await unstick("status").output
            #expect(waiting.contains("pending        none"), "\(waiting)")
            try store.close()
        }
    }
}
