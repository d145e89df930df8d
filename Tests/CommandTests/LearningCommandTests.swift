import Foundation
import Testing
import Unstick

@Suite("Learning limits at the command line")
struct LearningCommandTests {
    private static let header =
        "id,user_id,kind,tier,cost,status,attempt,created_at,processing_started_at,updated_at,processing_completed_at\n"

    /// Completed jobs, one a minute, which took 1 to 100 seconds.
    private static func rows(_ kind: String, tier: String = "", count: Int, slower: Int = 1) -> String {
        (0..<count).map { number in
            let start = 1_767_225_600 + number * 60
            let end = start + (1 + number % 100) * slower
            return "\(kind)\(tier)-\(number),ada,\(kind),\(tier),2,COMPLETED,1,\(start),\(start),\(end),\(end)\n"
        }.joined()
    }

    @Test("suggest shows what past jobs need, and --write changes only that in the policy file")
    func suggest() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write(
                "jobs.csv",
                Self.header + Self.rows("image", tier: "4K", count: 1200) + Self.rows("image", tier: "1K", count: 20)
                    + Self.rows("video", count: 1500, slower: 10)
            )
            _ = try await unstick("import", "jobs.csv")
            let shown = try await unstick("suggest", "--quantile", "0.999")
            #expect(shown.status == 0 && shown.output.hasPrefix("KIND ") && shown.output.contains("2m 30s"))
            #expect(shown.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(shown.output)")
            let json = try await unstick("suggest", "--quantile", "0.999", "--json").json
            let groups = try #require(json["groups"] as? [[String: Any]])
            #expect(groups.map { $0["basis"] as? String } == ["own", "own", "all", "all"])
            let video = groups[0]
            #expect(
                video["kind"] as? String == "video" && video["killed"] as? Int == 1050
                    && video["limitMs"] as? Int == 300_000
            )
            #expect(video["slowestMs"] as? Int == 1_000_000 && video["killedBySuggestion"] as? Int == 0)
            let policy = """
                # What holds for us.
                rules:
                  # Films take long.
                  - kind: [video, film]
                    timeout: 5m   # too short
                    retry: { attempts: 3, backoff: 10s, cap: 1m }
                  - {kind: image, tier: 4K}
                """
            try unstick.write("unstick.yaml", policy)
            let written = try await unstick("suggest", "--quantile", "0.999", "--write")
            #expect(written.status == 0 && written.output.contains("Wrote unstick.yaml. "), "\(written)")
            #expect(
                written.output.contains(
                    """
                    Changes in unstick.yaml:
                    @@ -1,7 +1,12 @@
                     # What holds for us.
                    +defaults:
                    +  timeout: 25m
                     rules:
                    +  - kind: video
                    """
                ),
                "\(written)"
            )
            #expect(
                written.output.contains("-  - {kind: image, tier: 4K}\n+  - {timeout: 2m30s, kind: image, tier: 4K}")
            )
            #expect(
                written.output.contains("  rule video, film: still 5m; it also covers other kinds or tiers."),
                "\(written)"
            )
            let text = try String(contentsOf: unstick.folder.appending(path: "unstick.yaml"), encoding: .utf8)
            #expect(
                text == """
                    # What holds for us.
                    defaults:
                      timeout: 25m
                    rules:
                      - kind: video
                        timeout: 25m
                        retry: { attempts: 3, backoff: 10s, cap: 1m }
                      # Films take long.
                      - kind: [video, film]
                        timeout: 5m   # too short
                        retry: { attempts: 3, backoff: 10s, cap: 1m }
                      - {timeout: 2m30s, kind: image, tier: 4K}
                    """,
                "\(text)"
            )
            let again = try await unstick("suggest", "--quantile", "0.999", "--write")
            #expect(again.output.hasSuffix("unstick.yaml already has these timeouts.\n"))
            #expect(try await unstick("policy", "check").status == 0)
        }
    }

    @Test("limits learned from one kind fail no job of a kind without history")
    func otherKinds() async throws {
        try await Tool.inNewFolder { unstick in
            let now = Int(Date.now.timeIntervalSince1970)
            let images = (0..<20_000).map { number in
                let start = now - 2_000_000 + number * 60
                return "i\(number),ada,image,,2,COMPLETED,1,\(start),\(start),\(start + 20),\(start + 20)\n"
            }
            let videos = (0..<10).map {
                "v\($0),ada,video,,2,PROCESSING,1,\(now - 60),\(now - 60),\(now - 60),\n"
            }
            try unstick.write("jobs.csv", Self.header + (images + videos).joined())
            _ = try await unstick("import", "jobs.csv")
            try unstick.write("unstick.yaml", "defaults: {timeout: 5m}\n")
            let written = try await unstick("suggest", "--write")
            #expect(
                written.status == 0 && written.output.contains("+  - kind: image\n+    timeout: 30s\n"),
                "\(written)"
            )
            #expect(written.output.contains("Left alone:\n  defaults: still 5m; they also cover kinds without"))
            let text = try String(contentsOf: unstick.folder.appending(path: "unstick.yaml"), encoding: .utf8)
            #expect(text.hasPrefix("defaults: {timeout: 5m}\n"), "\(text)")
            let cleanup = try await unstick("cleanup", "--json")
            #expect(cleanup.status == 0 && cleanup.json["totalFound"] as? Int == 0, "\(cleanup)")
            let json = try await unstick("suggest", "--write", "--json")
            #expect(json.errors.contains("already has these timeouts."), "\(json)")
            let groups = try #require(json.json["groups"] as? [[String: Any]])
            #expect(groups.map { $0["basis"] as? String } == ["own", "kept"])
            #expect(groups[0]["boundOneIn"] as? Int == 10_000 && groups[1]["suggestedMs"] is NSNull)
        }
    }

    @Test("a kind with few jobs keeps its limit, or gets one that its slowest job needs")
    func fewJobs() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("jobs.csv", Self.header + Self.rows("image", count: 1200))
            _ = try await unstick("import", "jobs.csv")
            try unstick.write("unstick.yaml", "defaults: {timeout: 3m}\n")
            let kept = try await unstick("suggest", "--write")
            #expect(kept.status == 0 && kept.output.hasSuffix("No limit needs a change: nothing was written.\n"))
            #expect(
                kept.output.contains(
                    "image: still 3m; it has 1,200 completed jobs, and a shorter limit needs 10,000."
                ),
                "\(kept)"
            )
            try unstick.write("unstick.yaml", "rules:\n  - {kind: image, timeout: 1m}\n")
            let raised = try await unstick("suggest")
            #expect(raised.output.contains("2m 30s²") && raised.output.contains("1 in 1,201"), "\(raised)")
            #expect(raised.output.contains("n completed jobs support 1 in n + 1, whatever the distribution."))
            #expect(raised.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(raised.output)")
        }
    }

    @Test("a file that cannot be changed safely, or is invalid, stays unchanged")
    func unwritable() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("jobs.csv", Self.header + Self.rows("image", count: 1200, slower: 10))
            _ = try await unstick("import", "jobs.csv")
            for text in [
                "rules: [{kind: [image, video], timeout: 1m}]\n", "rules:\n  - kind: image\n    timeot: 5m\n", "a: [",
                "- 1\n",
                "defaults: {}\n",
            ] {
                try unstick.write("unstick.yaml", text)
                let ending = try await unstick("suggest", "--quantile", "0.999", "--write")
                #expect(ending.status == 2 && !ending.errors.isEmpty, "\(text)")
                #expect(try String(contentsOf: unstick.folder.appending(path: "unstick.yaml"), encoding: .utf8) == text)
            }
            try FileManager.default.removeItem(at: unstick.folder.appending(path: "unstick.yaml"))
            #expect(try await unstick("suggest", "--write", "--minimum-jobs", "5000").status == 2)
            let named = try await unstick("suggest", "--write", "--policy", "new.yaml")
            #expect(named.status == 0 && named.output.contains("Wrote new.yaml. "), "\(named)")
            #expect(named.output.contains("SIGHUP") && named.output.contains("/api/admin/policy/reload"))
            #expect(try await unstick("policy", "check", "new.yaml").status == 0)
            #expect(try await unstick("suggest", "--policy", "none.yaml").status == 2)
            #expect(try await unstick("suggest", "--write").output.contains("Wrote unstick.yaml. "))
            for arguments in [
                ["suggest", "--quantile", "0.2"], ["suggest", "--factor", "0.5"], ["suggest", "--floor", "0s"],
                ["suggest", "--cap", "1s"], ["suggest", "--since", "yesterday"], ["suggest", "--minimum-jobs", "0"],
                ["backtest", "--run-every", "0s"], ["backtest", "--train-until", "soon"],
                ["backtest", "--policy", "none.yaml"],
            ] {
                #expect(try await unstick.start(arguments).ending().status == 2, "\(arguments)")
            }
        }
    }

    @Test("backtest replays past jobs, lists the false positives, and handles an empty past")
    func backtest() async throws {
        try await Tool.inNewFolder { unstick in
            _ = try await unstick("migrate")
            #expect(try await unstick("backtest").status == 2)
            #expect(try await unstick("suggest").output.hasPrefix("No job is completed yet"))
            try unstick.write(
                "jobs.csv",
                Self.header + Self.rows("image", count: 3000)
                    + "hung,ada,image,,7,PROCESSING,1,1767300000,1767300000,1767300000,\n"
            )
            _ = try await unstick("import", "jobs.csv")
            try unstick.write("short.yaml", "defaults: { timeout: 90s }\n")
            let shown = try await unstick("backtest", "--policy", "short.yaml", "--sweep-every", "1s", "--limit", "2")
            #expect(shown.status == 0 && shown.output.contains("2 of 300; --limit shows more."), "\(shown)")
            #expect(shown.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
            let json = try await unstick(
                "backtest",
                "--policy",
                "short.yaml",
                "--train-until",
                "2026-01-01T12:00:00Z",
                "--minimum-jobs",
                "500",
                "--json"
            ).json
            let policies = try #require(json["policies"] as? [[String: Any]])
            #expect(policies.count == 5 && policies[0]["name"] as? String == "learned")
            #expect(policies[0]["killed"] as? Int == 0 && policies[0]["found"] as? Int == 1)
            #expect(policies[0]["tokensRefundedRightly"] as? Int == 7)
        }
    }

    @Test("backtest uses the schedule in force, or the interval of --run-every")
    func schedule() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("jobs.csv", Self.header + Self.rows("image", count: 10))
            _ = try await unstick("import", "jobs.csv")
            for (arguments, schedule, expression, interval) in [
                ([], nil, "*/15 * * * *", 900_000), ([], "5 * * * *", "5 * * * *", 3_600_000),
                ([], "off", nil, 900_000), (["--run-every", "1m"], "5 * * * *", nil, 60_000),
            ] as [([String], String?, String?, Int)] {
                let environment = schedule.map { ["CLEANUP_SCHEDULE": $0] } ?? [:]
                let ending = try await unstick.start(["backtest", "--json"] + arguments, environment: environment)
                    .ending()
                let policies = try #require(ending.json["policies"] as? [[String: Any]])
                #expect(policies[0]["schedule"] as? String == expression, "\(ending)")
                #expect(policies[0]["sweepEveryMs"] as? Int == interval, "\(ending)")
                #expect(policies[0]["zone"] as? String == (expression == nil ? nil : "UTC"))
            }
            let shown = try await unstick("backtest", environment: ["CLEANUP_ZONE": "Europe/Berlin"])
            #expect(shown.output.contains("Runs: '*/15 * * * *' (Europe/Berlin), the schedule in force."), "\(shown)")
            let off = try await unstick("backtest", environment: ["CLEANUP_SCHEDULE": "off"])
            #expect(off.output.contains("Runs: every 15m: CLEANUP_SCHEDULE is off;"), "\(off)")
            #expect(off.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(off.output)")
        }
    }

    @Test("backtest counts a timed-out job as unknown, never as refunded correctly")
    func unknownEnd() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write(
                "jobs.csv",
                Self.header + Self.rows("image", count: 10)
                    + "late,ada,image,,7,PROCESSING,1,1767225600,1767225600,1767225600,\n"
            )
            _ = try await unstick("import", "jobs.csv")
            #expect(try await unstick("cleanup", "--json").json["cleanedUp"] as? Int == 1)
            let json = try await unstick("backtest", "--json").json
            for policy in try #require(json["policies"] as? [[String: Any]]) {
                #expect(policy["unknown"] as? Int == 1 && policy["hung"] as? Int == 0, "\(policy)")
                #expect(policy["tokensRefundedRightly"] as? Int == 0 && policy["found"] as? Int == 0, "\(policy)")
            }
            let shown = try await unstick("backtest", "--run-every", "1s")
            #expect(
                shown.output.contains("1 job timed out. Whether a worker would have completed it is not recorded,"),
                "\(shown)"
            )
            #expect(shown.output.contains("0 tokens refunded correctly, 0 incorrectly, 7 unknown."), "\(shown)")
        }
    }
}
