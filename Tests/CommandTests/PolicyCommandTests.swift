import Foundation
import TestSupport
import Testing
import Unstick

@testable import UnstickCommand

@Suite("The policy file", .timeLimit(.minutes(2)))
struct PolicyCommandTests {
    @Test("everything in it is read, and a rule inherits the rest from the defaults")
    func reads() throws {
        let contents = try PolicyFile.parse(
            """
            defaults:
              timeout: 10m
              retry: { attempts: 3, backoff: 10s, cap: 5m }
              quarantine: 4
            rules:
              - name: films
                kind: [video, "film-*"]
                tier: TIER_4K
                timeout: 1h30m
                heartbeatTimeout: 90s
                pendingTimeout: 1d
                deadline: 2d
                retry: none
                refund: byProgress
                quarantine: none
                onLateCompletion: accept
              - kind: sound
                timeout: none
                heartbeatTimeout: 1500ms
                retry: { attempts: 2 }
                refund: none
            guard: { minimum: 50, share: 0.25, maxRefundPerRun: 10000 }
            """,
            name: "it"
        )
        let (policy, warnings) = (contents.policy, contents.warnings)
        #expect(warnings.isEmpty && policy.rules.count == 2)
        let films = policy.rule(kind: "film-noir", tier: "TIER_4K")
        #expect(films.name == "films" && films.timeout == .seconds(5400) && films.heartbeatTimeout == .seconds(90))
        #expect(films.pendingTimeout == .seconds(86_400) && films.deadline == .seconds(172_800))
        #expect(films.retry == .never && films.refund == .byProgress && films.quarantine == nil)
        #expect(films.onLateCompletion == .accept)
        let sound = policy.rule(kind: "sound", tier: nil)
        #expect(sound.timeout == nil && sound.heartbeatTimeout == .milliseconds(1500) && sound.refund == .none)
        #expect(sound.retry.attempts == 2 && sound.retry.backoff == .seconds(10) && sound.quarantine == 4)
        #expect(policy.rule(kind: "video", tier: "TIER_1K") == policy.standard)
        #expect(policy.standard.timeout == .seconds(600))
        #expect(policy.massFailureGuard == MassFailureGuard(minimum: 50, share: 0.25, maxRefund: 10_000))
        for empty in ["", "# nothing\n", "---\n", "{}"] {
            #expect(try PolicyFile.parse(empty, name: "it").policy == Policy())
        }
    }

    @Test(
        "errors in it are refused with line, field and reason",
        arguments: [
            (
                "defaults: { timeout: 5m }\ndefaults: { timeout: 1s }",
                "it:1: the key 'defaults' stands twice in the same mapping"
            ),
            (
                "rules:\n  - name: a\n    timeout: 5m\n    timeout: none",
                "it:3: the key 'timeout' stands twice in the same mapping"
            ),
            ("defaults: { quarantine: 010 }", "'010' is not a whole number"),
            ("defaults: { quarantine: 1:30 }", "'1:30' is not a whole number"),
            ("guard: { minimum: 1_000 }", "'1_000' is not a whole number"),
            ("rules: 5", "it:1: rules: this must be a list."), ("a: [", ": this is not valid YAML"),
            ("- 1", "it:1: this must be a mapping of defaults, rules, guard"), ("ruls: []", "Did you mean 'rules'?"),
            ("rules:\n  - kind: a\n    timeot: 5m", "it:3: rules[0]: unknown key 'timeot'"),
            (
                "defaults:\n  timeout: 300",
                "it:2: defaults.timeout: '300' has no unit: write 300s or 5m for seconds, or 300ms for milliseconds."
            ),
            ("defaults:\n  timeout: soon", "'soon' is not a duration; write 500ms, 90s, 5m, 1h30m, 7d or none."),
            ("defaults:\n  timeout: [5m]", "'a list or mapping' is not a duration"),
            ("defaults:\n  timeout: 0s", "'0s' is out of range: 1ms to 3650d, or none."),
            ("defaults:\n  timeout: 9999999d", "is out of range"),
            ("defaults:\n  refund: half", "it:2: defaults.refund: 'half' must be one of full, none, byProgress."),
            ("defaults:\n  onLateCompletion: maybe", "'maybe' must be one of refuse, accept."),
            ("defaults:\n  quarantine: 0", "'0' is not a whole number from 1 to 1000."),
            ("defaults:\n  retry: 3", "defaults.retry: this must be a mapping of attempts, backoff, cap."),
            ("defaults:\n  retry: { attempts: 0 }", "defaults.retry.attempts: '0'"),
            ("defaults:\n  retry: { backoff: 1m, cap: 1s }", "cap must not be less than backoff."),
            ("rules:\n  - kind: []", "rules[0].kind: the list is empty"),
            ("rules:\n  - kind: {a: b}", "rules[0].kind: this must be a text"),
            ("rules:\n  - timeout: 1m\n  - kind: a", "it:3: rules[1]: this can never match"),
            (
                "rules:\n  - {name: x, kind: a}\n  - {name: x, kind: b}",
                "it:3: rules[1]: rules[0] is also named 'x'"
            ),
            ("guard:\n  share: 2", "it:2: guard.share: '2' is not a number from 0 to 1."),
            ("guard:\n  minimum: many", "guard.minimum: 'many' is not a whole number"),
            ("guard:\n  maxRefundPerRun: -1", "guard.maxRefundPerRun: '-1'"),
            ("guard: off", "guard: this must be a mapping"),
        ]
    )
    func refuses(text: String, message: String) throws {
        let error = #expect(throws: UnstickError.self) { try PolicyFile.parse(text, name: "it") }
        #expect(error?.code == .invalidInput && error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test("all errors are reported at once, by line")
    func collects() throws {
        let error = #expect(throws: UnstickError.self) {
            try PolicyFile.parse(
                "guard: { share: 2 }\nrules:\n  - kind: a\n    refund: half\n    timeot: 5m\n",
                name: "p.yaml"
            )
        }
        #expect(error?.message.split(separator: "\n").map { $0.prefix(9) } == ["p.yaml:1:", "p.yaml:4:", "p.yaml:5:"])
    }

    @Test("check and show describe it; stuck, cleanup and runs use it and name the rule")
    func inForce() async throws {
        try await Tool.inNewFolder { unstick in
            let now = Int(Date().timeIntervalSince1970)
            let rows = ["image", "video"].map {
                "\($0)-1,ada,\($0),,4,PROCESSING,1,\(now - 700),\(now - 600),\(now - 600),\n"
            }
            try unstick.write(
                "jobs.csv",
                "id,user_id,kind,tier,cost,status,attempt,created_at,processing_started_at,updated_at,processing_completed_at\n"
                    + rows.joined()
            )
            _ = try await unstick("import", "jobs.csv")
            let before = try await unstick("policy", "show")
            #expect(before.status == 0 && before.output.hasPrefix("The standard policy."))
            try unstick.write(
                "unstick.yaml",
                "rules:\n  - name: films\n    kind: video\n    timeout: 1h\n  - name: pictures\n    kind: image\n    retry: { attempts: 2 }\n"
            )
            let check = try await unstick("policy", "check")
            #expect(check.status == 0 && check.output.hasPrefix("unstick.yaml is valid: 2 rules and the defaults."))
            try unstick.write("wrong.yaml", "rules:\n  - kind: video\n    timeout: never\n")
            let wrong = try await unstick("policy", "check", "wrong.yaml")
            #expect(
                wrong.status == 2 && wrong.errors.contains("wrong.yaml:3: rules[0].timeout: 'never' is not a duration")
            )
            for arguments in [["stuck"], ["cleanup"], ["policy", "show"]] {
                #expect(try await unstick.start(arguments + ["--policy", "wrong.yaml"]).ending().status == 2)
            }
            let shown = try await unstick("policy", "show", "--kind", "video", "--json").json
            #expect(shown["name"] as? String == "films" && shown["timeoutMs"] as? Int == 3_600_000)
            #expect(try await unstick("policy", "show", "--tier", "x").status == 2)
            #expect(try await unstick("policy", "show").output.contains("films"))
            let stuck = try await unstick("stuck", "--json").json
            let jobs = try #require(stuck["jobs"] as? [[String: Any]])
            #expect(jobs.map { $0["rule"] as? String } == ["pictures"] && jobs[0]["action"] as? String == "WOULD_RETRY")
            let cleanup = try await unstick("cleanup", "--json").json
            #expect(cleanup["retried"] as? Int == 1 && cleanup["tokensRefunded"] as? Int == 0)
            let runs = try await unstick("runs")
            let id = try #require(runs.output.split(separator: "\n")[1].split(separator: " ").first)
            let run = try await unstick("runs", String(id))
            #expect(run.output.contains("retried") && run.output.contains("pictures"), "\(run.output)")
            #expect(try await unstick("jobs", "image-1", "--json").json["status"] as? String == "PENDING")
        }
    }

    @Test("a pause stops every run from changing anything, is shown, and ends")
    func pause() async throws {
        try await Tool.inNewFolder { unstick in
            _ = try await unstick("sample")
            let paused = try await unstick("pause", "--for", "1h", "--by", "ada")
            #expect(paused.status == 0 && paused.output.hasPrefix("Paused until "))
            #expect(paused.output.contains(" on behalf of ada. "))
            let cleanup = try await unstick("cleanup")
            #expect(cleanup.status == 1 && cleanup.output.contains("aused"), "\(cleanup)")
            #expect(try await unstick("stuck").errors.contains("aused"))
            #expect(try await unstick("pause", "--for", "8d").status == 2)
            #expect(try await unstick("resume").output == "Cleanup is resumed.\n")
            #expect(try await unstick("resume").output == "Cleanup was not paused.\n")
            #expect(try await unstick("cleanup").output.contains("Successfully cleaned up"))
        }
    }

    @Test("a file that is empty for a time, or gone, leaves the rules in force; a new one is read")
    func emptied() async throws {
        try await Tool.inNewFolder { unstick in
            let secret = "an-admin-secret-of-more-than-some-length"
            let server = try unstick.start(
                ["serve", "--port", "0", "--schedule", "off"],
                environment: ["UNSTICK_ADMIN_TOKEN": secret]
            )
            let address = try await server.address()
            func call(_ path: String, _ options: String...) async throws -> String {
                try await ChildProcess.run(
                    ["curl", "-s", "-m", "20", "-H", "Authorization: Bearer \(secret)"] + options + [address + path]
                )
            }
            func reload(_ text: String?, expecting: String) async throws {
                let path = unstick.folder.appending(path: "unstick.yaml")
                if let text {
                    try unstick.write("unstick.yaml", text)
                } else {
                    try FileManager.default.removeItem(at: path)
                }
                let before = server.errorsSoFar.ranges(of: expecting).count
                server.signal(SIGHUP)
                try await eventually("\(expecting)") {
                    server.errorsSoFar.ranges(of: expecting).count > before ? true : nil
                }
            }
            server.signal(SIGHUP)
            try await eventually("a line") { server.errorsSoFar.contains("There is no policy file") ? true : nil }
            let none = try await call("/api/admin/policy/reload", "-X", "POST")
            #expect(none.contains(#""status":409"#) && none.contains("There is no policy file"), "\(none)")
            try await reload("defaults: { timeout: 7m }\n", expecting: "Policy in force")
            for empty in ["", "# half written\n", "---\n"] {
                try await reload(empty, expecting: "the file is empty while a policy is in force")
                #expect(try await call("/api/admin/policy").contains(#""timeoutMs":420000"#))
            }
            let refused = try await call("/api/admin/policy/reload", "-X", "POST")
            #expect(refused.contains(#""status":422"#) && refused.contains("is empty"), "\(refused)")
            try await reload(nil, expecting: "cannot be read")
            #expect(try await call("/api/admin/policy").contains(#""timeoutMs":420000"#))
            try await reload("rules: []\n", expecting: "Policy in force")
            #expect(try await call("/api/admin/policy").contains(#""timeoutMs":300000"#))
            server.signal(SIGTERM)
            #expect(try await server.ending().status == 0)
        }
    }

    @Test("a server reads its policy again on SIGHUP, and keeps the old one if the new one is invalid")
    func reload() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("unstick.yaml", "defaults: { timeout: 7m }\n")
            let secret = "an-admin-secret-of-more-than-some-length"
            let server = try unstick.start(
                ["serve", "--port", "0", "--schedule", "off"],
                environment: ["UNSTICK_ADMIN_TOKEN": secret]
            )
            let address = try await server.address()
            func timeout() async throws -> String {
                try await ChildProcess.run(
                    ["curl", "-s", "-m", "20", "-H", "Authorization: Bearer \(secret)", address + "/api/admin/policy"]
                )
            }
            #expect(try await timeout().contains(#""timeoutMs":420000"#))
            try unstick.write("unstick.yaml", "defaults: { timeout: 9m }\n")
            server.signal(SIGHUP)
            for _ in 0..<200 {
                if try await timeout().contains(#""timeoutMs":540000"#) { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(try await timeout().contains(#""timeoutMs":540000"#))
            try unstick.write("unstick.yaml", "defaults: { timeout: soon }\n")
            server.signal(SIGHUP)
            for _ in 0..<200 where !server.errorsSoFar.contains("The policy file is invalid") {
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(server.errorsSoFar.contains("unstick.yaml:1: defaults.timeout: 'soon' is not a duration"))
            #expect(try await timeout().contains(#""timeoutMs":540000"#))
            server.signal(SIGTERM)
            #expect(try await server.ending().status == 0)
            let refused = try await unstick("serve", "--port", "0")
            #expect(refused.status == 2 && refused.errors.contains("'soon' is not a duration"))
        }
    }
}
