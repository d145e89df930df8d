import Foundation
import GRDB
import Testing
import Unstick

@testable import UnstickSQLite

@Suite("The command line")
struct CommandTests {
    private static let header =
        "id,user_id,kind,tier,cost,status,attempt,created_at,processing_started_at,updated_at,processing_completed_at\n"

    /// A row of a job that has been processing since 2026-01-01.
    private static func stuckRow(_ id: String, user: String = "ada", cost: Int = 4) -> String {
        "\(id),\(user),image,TIER_1K,\(cost),PROCESSING,1,2026-01-01T00:00:00Z,2026-01-01T00:00:05Z,1767225605,\n"
    }

    @Test("status shows on one screen what needs attention, and then exits with 1")
    func status() async throws {
        try await Tool.inNewFolder { unstick in
            _ = try await unstick("sample")
            let before = try await unstick("status")
            #expect(before.status == 1 && before.output.contains("last success   never"))
            #expect(before.output.contains("!  No run has succeeded for three times 15m."))
            #expect(before.output.contains("  video: 2, for up to 32m"))
            _ = try await unstick("cleanup")
            let after = try await unstick("status")
            #expect(after.status == 0 && !after.output.contains("!"), "\(after.output)")
            #expect(after.output.contains("refunded       99 tokens today (UTC), 99 in 7 days"), "\(after.output)")
            let json = try await unstick("status", "--json").json
            #expect(json["stuck"] as? Int == 0 && json["tokensRefundedToday"] as? Int == 99)
            #expect(try await unstick("status", "--json", "--watch").status == 2)
        }
    }

    @Test("the first steps: sample, stuck, dry run, cleanup, runs, balance, reconcile")
    func newcomer() async throws {
        try await Tool.inNewFolder { unstick in
            #expect(try await unstick("sample").output.hasPrefix("Added 120 sample jobs of 6 users."))
            #expect(try await unstick("sample").output.contains("nothing was added"))
            let stuck = try await unstick("stuck")
            #expect(stuck.status == 0 && stuck.output.hasPrefix("JOB ") && stuck.output.contains("stuck jobs,"))
            let count = try #require(try await unstick("stuck", "--json").json["totalFound"] as? Int)
            #expect((4..<20).contains(count))
            let preview = try await unstick("cleanup", "--dry-run")
            #expect(preview.output.contains("Dry run: Found \(count) stuck jobs (no changes made)"))
            #expect(preview.output.contains("WOULD REFUND") && preview.output.contains("Would refund 99 tokens."))
            let cleanup = try await unstick("cleanup")
            #expect(cleanup.status == 0 && cleanup.output.contains("Successfully cleaned up \(count) stuck jobs"))
            #expect(try await unstick("cleanup").output.contains("No stuck jobs found"))
            #expect(try await unstick("stuck").output.contains("No stuck jobs"))
            let runs = try await unstick("runs", "--json").json["runs"] as? [[String: Any]] ?? []
            #expect(runs.map { $0["cleanedUp"] as? Int } == [0, count, 0])
            #expect(runs.map { $0["dryRun"] as? Bool } == [false, false, true])
            let id = try #require(runs[1]["id"] as? String)
            let detail = try await unstick("runs", id)
            #expect(detail.output.contains("started by cli") && detail.output.contains("failed, refunded"))
            #expect((try await unstick("runs", id, "--json").json["jobs"] as? [Any])?.count == count)
            #expect(try await unstick("balance", "ada").output.hasPrefix("ada has "))
            #expect(try await unstick("jobs", "--status", "failed").output.contains("FAILED"))
            let reconcile = try await unstick("reconcile")
            #expect(reconcile.status == 0 && reconcile.output.hasPrefix("OK: 6 users"))
        }
    }

    @Test("tables have whole values and no colour without a terminal")
    func tables() async throws {
        try await Tool.inNewFolder { unstick in
            let long = String(repeating: "very-long-id-", count: 12)
            let rows = (0..<3).map { Self.stuckRow("\(long)\($0)", user: "\(long)\($0)", cost: 9_007_199_254_740_991) }
                .joined()
            try unstick.write("jobs.csv", Self.header + rows)
            _ = try await unstick("import", "jobs.csv")
            var outputs = [try await unstick("stuck").output, try await unstick("jobs").output]
            outputs.append(try await unstick("cleanup").output)
            outputs.append(try await unstick("runs").output)
            outputs.append(try await unstick("balance", long + "0").output)
            for output in outputs {
                #expect(!output.contains("\u{1b}") && !output.contains("…"))
            }
            #expect(outputs[0].contains(long + "2") && outputs[1].contains(long + "2"))
            #expect(outputs[0].contains("9,007,199,254,740,991"))
        }
    }

    @Test("--json prints only the documented shapes")
    func json() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("jobs.csv", Self.header + Self.stuckRow("a") + Self.stuckRow("b"))
            let imported = try await unstick("import", "jobs.csv", "--json")
            #expect(imported.json["imported"] as? Int == 2 && imported.json["tokensCharged"] as? Int == 8)
            let stuck = try await unstick("stuck", "--json").json
            #expect(Set(stuck.keys) == ["totalFound", "jobs"])
            let job = try #require((stuck["jobs"] as? [[String: Any]])?.first)
            #expect(
                Set(job.keys) == [
                    "id", "userId", "kind", "tier", "tokensCost", "attempt", "processingStartedAt", "updatedAt",
                    "stuckForMs", "reason", "rule", "limit", "limitMs", "measuredMs", "worker", "action", "tokensOwed",
                ]
            )
            #expect(job["processingStartedAt"] as? String == "2026-01-01T00:00:05.000Z")
            let result = try await unstick("cleanup", "--json", "--drain", "--batch-size", "1").json
            #expect(result["cleanedUp"] as? Int == 2 && result["tokensRefunded"] as? Int == 8)
            #expect((result["jobs"] as? [[String: Any]])?.map { $0["id"] as? String } == ["a", "b"])
            #expect(try await unstick("jobs", "a", "--json").json["status"] as? String == "FAILED")
            #expect((try await unstick("jobs", "--json", "--limit", "1").json["nextCursor"] as? String) != nil)
            #expect(try await unstick("balance", "ada", "--json").json["balance"] as? Int == 8)
            #expect(try await unstick("grant", "ada", "5", "--json", "--key", "o").json["balanceAfter"] as? Int == 13)
            #expect(try await unstick("reconcile", "--json").json["clean"] as? Bool == true)
            #expect(try await unstick("migrate", "--json").json["status"] as? String == "ready")
            #expect(try await unstick("sample", "--json").json["imported"] as? Int == 120)
            #expect(try await unstick("version", "--json").json["version"] as? String == "0.1.0")
            let token = try await unstick("key", "create", "ci", "--role", "admin", "--json").json
            #expect(token["role"] as? String == "admin" && (token["token"] as? String)?.hasPrefix("unstick_") == true)
            #expect((try await unstick("key", "list", "--json").json["tokens"] as? [Any])?.count == 1)
            #expect(try await unstick("key", "revoke", "ci", "--json").json["revoked"] as? String == "ci")
        }
    }

    @Test("the earlier names of commands still work, and no help text has them")
    func earlierNames() async throws {
        try await Tool.inNewFolder { unstick in
            let made = try await unstick("token", "create", "ci", "--role", "admin", "--json").json
            #expect((made["token"] as? String)?.hasPrefix("unstick_") == true)
            #expect(try await unstick("token", "list", "--json").output == unstick("key", "list", "--json").output)
            #expect(try await unstick("token", "revoke", "ci").output == "Revoked 'ci'.\n")
            _ = try await unstick("grant", "ada", "5")
            #expect(try await unstick("tokens", "ada", "--json").json["balance"] as? Int == 5)
            #expect(try await unstick("help", "token").output == unstick("help", "key").output)
            let commands = try await unstick("--help").output.split(separator: "\n").map {
                $0.split(separator: " ").first
            }
            #expect(commands.contains("key") && commands.contains("balance"))
            #expect(!commands.contains("token") && !commands.contains("tokens"))
        }
    }

    @Test("a URL in the wrong place of a command is printed without its password")
    func misplacedURL() async throws {
        try await Tool.inNewFolder { unstick in
            for url in ["postgres://ada:s3cr3t@h/app", "mysql://ada:s3cr3t@h/app", "https://ada:s3cr3t@h/app"] {
                for arguments in [
                    ["status", url], ["grant", "ada", "--", "-3", "--database", url], ["stuck", "--base", url],
                ] {
                    let ending = try await unstick.start(arguments).ending()
                    #expect(ending.status == 2 && !ending.errors.isEmpty, "\(arguments)")
                    #expect(!(ending.errors + ending.output).contains("s3cr3t"), "\(arguments): \(ending.errors)")
                }
            }
        }
    }

    @Test("exit codes: 1 for incomplete work, 2 for wrong use, 3 without a database")
    func exitCodes() async throws {
        try await Tool.inNewFolder { unstick in
            for arguments in [["stuck"], ["cleanup"], ["jobs"], ["runs"], ["balance", "ada"], ["reconcile"]] {
                let ending = try await unstick.start(arguments).ending()
                #expect(ending.status == 3 && ending.output.isEmpty, "\(arguments)")
                #expect(ending.errors.contains("There is no database at 'unstick.db'"))
            }
            #expect(!FileManager.default.fileExists(atPath: unstick.folder.appending(path: "unstick.db").path))
            _ = try await unstick("migrate")
            for arguments in [
                ["nonsense"], ["stuck", "--nope"], ["stuck", "--timeout", "soon"], ["cleanup", "--timeout", "0"],
                ["cleanup", "--batch-size", "0"], ["cleanup", "--batch-size", "10001"], ["jobs", "--limit", "501"],
                ["jobs", "--cursor", "x"], ["jobs", "--status", "gone"], ["grant", "ada", "0"], ["grant", "ada", "-5"],
                ["stuck", "--database", "oracle://x"], ["stuck", "--database", "unstick.db"], ["import", "none.csv"],
                ["schedule", "* * *"], ["schedule", "* * * * *", "--zone", "X/Y"], ["key", "create", "a b"],
            ] {
                let ending = try await unstick.start(arguments).ending()
                #expect(ending.status == 2 && ending.output.isEmpty && !ending.errors.isEmpty, "\(arguments)")
            }
            #expect(try await unstick("jobs", "nope").status == 1)
            #expect(try await unstick("runs", "nope").status == 1)
            #expect(try await unstick("key", "revoke", "unknown").status == 1)
            #expect(try await unstick("stuck", environment: ["DATABASE_URL": "sqlite:elsewhere.db"]).status == 3)
            #expect(try await unstick("stuck", "--database", "sqlite:unstick.db").status == 0)
            for arguments in [["--help"], ["--version"], ["cleanup", "--help"], ["version"]] {
                let ending = try await unstick.start(arguments).ending()
                #expect(ending.status == 0 && !ending.output.isEmpty && ending.errors.isEmpty, "\(arguments)")
            }
        }
    }

    @Test("jobs that cannot be cleaned, held runs and mismatches exit with 1")
    func incomplete() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("jobs.csv", Self.header + Self.stuckRow("a", user: "rich") + Self.stuckRow("b"))
            _ = try await unstick("import", "jobs.csv")
            _ = try await unstick("grant", "rich", "9007199254740991")
            let partly = try await unstick("cleanup")
            #expect(partly.status == 1 && partly.output.contains("error: job a:"))
            #expect(partly.output.contains("Successfully cleaned up 1 stuck jobs"))
            let many = (0..<30).map { Self.stuckRow("m\($0)") }.joined()
            try unstick.write("many.csv", Self.header + many)
            _ = try await unstick("import", "many.csv")
            let held = try await unstick("cleanup")
            #expect(held.status == 1 && held.output.contains("Held: 31 of 31 running jobs"))
            let preview = try await unstick("cleanup", "--dry-run")
            #expect(preview.status == 0 && preview.output.contains("No stuck jobs found; 31 are held"))
            #expect(try await unstick("cleanup", "--force", "--drain").status == 1, "no operator has seen the hold")
            let holds = try await unstick("holds")
            #expect(holds.status == 0 && holds.output.contains("31 of 31 running jobs"))
            #expect(try await unstick("cleanup").status == 0, "an operator has seen it")
            let id = try #require(holds.output.split(separator: "\n").dropFirst().first?.split(separator: " ").first)
            #expect(try await unstick("holds", "show", String(id)).output.contains("m29"))
            #expect(try await unstick("holds", "approve", String(id)).output.contains("The hold is APPROVED."))
            #expect(try await unstick("holds", "clear", String(id)).status == 1)
            #expect(try await unstick("cleanup", "--drain").output.contains("cleaned up 30 stuck jobs"))
            let store = try unstick.store()
            try await store.write { try $0.execute(sql: "UPDATE balances SET balance = 1 WHERE user_id = 'ada'") }
            try store.close()
            let reconcile = try await unstick("reconcile")
            #expect(reconcile.status == 1 && reconcile.output.contains("MISMATCH: 1 thing wrong"))
            #expect(try await unstick("reconcile", "--json").json["mismatchCount"] as? Int == 1)
        }
    }

    @Test("an import reports bad rows with line, column and reason, and stores nothing unless requested")
    func badRows() async throws {
        try await Tool.inNewFolder { unstick in
            let rows = [
                "good,ada,image,,4,PENDING,0,1,,1,\n", "x,ada,image,,-4,PENDING,0,1,,1,\n",
                ",ada,image,,4,PENDING,0,1,,1,\n",
                "x,ada,image,,4,DONE,0,1,,1,\n", "x,ada,image,,4,PENDING,0,yesterday,,1,\n", "x,ada,image\n",
                "x,ada,image,,4,PENDING,0,1,,,\n", "x,ada,image,,99999999999999999999,PENDING,0,1,,1,\n",
                "\"quoted,\"\"id\"\"\",ada,image,,4,PENDING,0,1,,1,\r\n",
            ]
            try unstick.write("jobs.csv", "\u{feff}" + Self.header + rows.joined())
            let refused = try await unstick("import", "jobs.csv")
            #expect(refused.status == 2 && refused.errors.contains("nothing was imported"))
            for message in [
                "line 3, column cost: '-4' is not a whole number", "line 4, column id: ",
                "line 5, column status: 'DONE'",
                "line 6, column created_at: 'yesterday' is not a time", "line 7: it has 3 fields, the header has 11",
                "line 8, column updated_at: '' is not a time", "line 9, column cost: '99999999999999999999'",
            ] {
                #expect(refused.errors.contains(message), "\(message)")
            }
            #expect(try await unstick("jobs", "--json").output.contains("\"jobs\":[]"))
            let kept = try await unstick("import", "jobs.csv", "--skip-bad-rows", "--json")
            #expect(kept.status == 0 && kept.json["imported"] as? Int == 2 && kept.json["badRows"] as? Int == 7)
            #expect(try await unstick("jobs", "quoted,\"id\"", "--json").json["tokensCost"] as? Int == 4)
            #expect(try await unstick("reconcile").status == 0)
        }
    }

    @Test("the header is required, in any order; other columns are ignored")
    func headers() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write(
                "turned.csv",
                "cost,extra,id,USER_ID,kind,tier,status,attempt,updated_at,created_at,processing_completed_at,processing_started_at\n"
                    + "7,?,a,ada,image,,PROCESSING,2,1767225600,1767225500,,1767225550\n"
            )
            let turned = try await unstick("import", "turned.csv")
            #expect(turned.status == 0 && turned.errors.contains("Unused columns: extra"))
            let job = try await unstick("jobs", "a", "--json").json
            #expect(job["tokensCost"] as? Int == 7 && job["attempt"] as? Int == 2)
            #expect(job["processingStartedAt"] as? String == "2025-12-31T23:59:10.000Z")
            for (name, text) in [
                ("empty.csv", ""), ("rows.csv", "a,b,c\n1,2,3\n"), ("twice.csv", "id," + Self.header),
                ("quote.csv", Self.header + "\"never closed,ada\n"), ("after.csv", Self.header + "\"a\"b,ada\n"),
            ] {
                try unstick.write(name, text)
                let ending = try await unstick("import", name)
                #expect(ending.status == 2 && !ending.errors.isEmpty, "\(name)")
            }
        }
    }

    @Test("schedules are described and listed")
    func schedule() async throws {
        try await Tool.inNewFolder { unstick in
            let answer = try await unstick(
                "schedule",
                "30 2 * * *",
                "--zone",
                "Europe/Berlin",
                "--after",
                "2026-03-28T12:00:00Z",
                "--count",
                "3",
                "--json"
            ).json
            #expect(answer["words"] as? String == "at 02:30 on every day" || answer["words"] as? String == "at 02:30")
            #expect(answer["next"] as? [Int] == [1_774_746_000, 1_774_830_600, 1_774_917_000])
            let text = try await unstick("schedule", "*/15 * * * *", "--after", "1767225600", "--count", "1").output
            #expect(text.hasPrefix("every 15 minutes (UTC)\n  2026-01-01 00:15 +00:00  "))
        }
    }
}
