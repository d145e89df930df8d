import Foundation
import TestSupport
import Testing
import Unstick

@testable import UnstickCommand

@Suite("Webhooks and alerts in the policy file", .timeLimit(.minutes(3)))
struct ServerPolicyTests {
    private static let secret = "whsec_" + Data((0..<32).map { UInt8($0 * 7) }).base64EncodedString()
    private static let other = "whsec_" + Data((0..<24).map { UInt8($0 * 9) }).base64EncodedString()

    private static let environment = RecordingReceiver.allowed.merging(
        ["OPS_SECRET": Self.secret, "BILLING_SECRET": Self.other]
    ) { $1 }

    /// An endpoint as an entry of `webhooks`.
    private static func entry(_ name: String, _ receiver: RecordingReceiver, events: String = "'*'") -> String {
        """
          - name: \(name)
            url: \(receiver.address)/\(name)
            events: \(events)
            secretEnv: \(name.uppercased())_SECRET

        """
    }

    /// An endpoint in the output of `webhook list`.
    private func listed(_ name: String, _ unstick: Tool) async throws -> [String: Any] {
        let list = try await unstick("webhook", "list", "--json").json["webhooks"] as? [[String: Any]]
        return list?.first { $0["id"] as? String == name } ?? [:]
    }

    // MARK: The file

    @Test("everything in it is read")
    func reads() throws {
        let contents = try PolicyFile.parse(
            """
            webhooks:
              - { name: ops, url: "https://example.com/a", secretEnv: OPS_SECRET }
              - name: billing
                url: https://example.com/b
                events: [tokens.*, job.failed]
                secretEnv: BILLING_SECRET
            alerts:
              stuckJobs: 3
              frequentFailures: { jobs: 5, window: 2h }
              largeRefunds: { tokens: 70 }
              missedIntervals: none
              oldestStuck: 90s
              webhookFailing: none
              firesAfter: none
              resolvesAfter: 1m
            """,
            name: "it"
        )
        #expect(
            contents.webhooks == [
                WebhookEntry(name: "ops", url: "https://example.com/a", events: ["*"], secretEnv: "OPS_SECRET"),
                WebhookEntry(
                    name: "billing",
                    url: "https://example.com/b",
                    events: ["tokens.*", "job.failed"],
                    secretEnv: "BILLING_SECRET"
                ),
            ]
        )
        #expect(
            contents.alerts
                == AlertThresholds(
                    stuckJobs: 3,
                    frequentFailures: 5,
                    failureWindow: .seconds(7200),
                    largeRefunds: 70,
                    missedIntervals: nil,
                    oldestStuck: .seconds(90),
                    webhookFailing: nil,
                    firesAfter: .zero,
                    resolvesAfter: .seconds(60)
                )
        )
        #expect(try PolicyFile.parse("rules: []", name: "it").alerts == AlertThresholds())
    }

    @Test(
        "policy check refuses errors in it with line, field and reason",
        arguments: [
            ("webhooks: 5", "1: webhooks: this must be a list of at most 100."),
            ("webhooks:\n  - ops", "2: webhooks[0]: this must be a mapping of name, url, events, secretEnv."),
            (
                "webhooks:\n  - {name: a, url: u, secretEnv: S}\n  - {name: b, url: u, secretEnv: S, event: '*'}",
                "3: webhooks[1]: unknown key 'event'; known keys: name, url, events, secretEnv. Did you mean 'events'?"
            ),
            ("webhooks:\n  - {name: a, url: u, secretEnv: S, secret: x}", "2: webhooks[0]: unknown key 'secret'"),
            ("webhooks:\n  - name: a\n    secretEnv: S", "2: webhooks[0]: url is missing."),
            ("webhooks:\n  - url: u\n    secretEnv: S", "2: webhooks[0]: name is missing."),
            ("webhooks:\n  - name: a\n    url: u", "2: webhooks[0]: secretEnv is missing."),
            ("webhooks:\n  - name: ''\n    url: u\n    secretEnv: S", "2: webhooks[0].name: this must be a text of"),
            ("webhooks:\n  - name: a\n    url: [u]\n    secretEnv: S", "3: webhooks[0].url: this must be a text of"),
            (
                "webhooks:\n  - name: a\n    url: u\n    secretEnv: S\n    events: [job.*, jobs.*]",
                "5: webhooks[0].events: There is no event 'jobs.*'. Use job.timed_out,"
            ),
            (
                "webhooks:\n  - {name: a, url: u, secretEnv: S, events: []}",
                "2: webhooks[0].events: Name at least one event, a family such as job.*, or * for all."
            ),
            (
                "webhooks:\n  - {name: a, url: u, secretEnv: S}\n  - {name: a, url: v, secretEnv: T}",
                "3: webhooks[1]: the webhook 'a' is defined twice."
            ),
            ("alerts: 5", "1: alerts: this must be a mapping of stuckJobs, frequentFailures, largeRefunds,"),
            ("alerts:\n  stuckJob: 5", "2: alerts: unknown key 'stuckJob'; known keys: stuckJobs,"),
            ("alerts:\n  stuckJobs: -1", "2: alerts.stuckJobs: '-1' is not a whole number from 0 to"),
            ("alerts:\n  stuckJobs: many", "2: alerts.stuckJobs: 'many' is not a whole number"),
            ("alerts:\n  missedIntervals: 0", "2: alerts.missedIntervals: '0' is not a whole number from 1 to 1000."),
            ("alerts:\n  missedIntervals: 1.5", "2: alerts.missedIntervals: '1.5' is not a whole number"),
            (
                "alerts:\n  oldestStuck: 60",
                "2: alerts.oldestStuck: '60' has no unit: write 60s or 1m for seconds, or 60ms"
            ),
            ("alerts:\n  webhookFailing: soon", "2: alerts.webhookFailing: 'soon' is not a duration"),
            ("alerts:\n  firesAfter: 0s", "2: alerts.firesAfter: '0s' is out of range"),
            ("alerts:\n  resolvesAfter: -5m", "2: alerts.resolvesAfter: '-5m' is not a duration"),
            ("alerts:\n  frequentFailures: 5", "2: alerts.frequentFailures: this must be a mapping of jobs, window."),
            (
                "alerts:\n  frequentFailures:\n    jobs: x",
                "3: alerts.frequentFailures.jobs: 'x' is not a whole number from 0 to"
            ),
            (
                "alerts:\n  frequentFailures: { jobs: 5, window: none }",
                "2: alerts.frequentFailures.window: the window is missing; write 1h, or 'jobs: none' to switch the alert off."
            ),
            (
                "alerts:\n  largeRefunds: { jobs: 5 }",
                "2: alerts.largeRefunds: unknown key 'jobs'; known keys: tokens, window."
            ),
        ]
    )
    func refuses(text: String, message: String) async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("unstick.yaml", text + "\n")
            let check = try await unstick("policy", "check")
            #expect(check.status == 2 && check.output.isEmpty, "\(check)")
            #expect(check.errors.contains("unstick.yaml:" + message), "\(check)")
        }
    }

    @Test("all errors are reported at once, by line")
    func collects() async throws {
        try await Tool.inNewFolder { unstick in
            let text = """
                alerts: { stuckJobs: many, oldest: 5m }
                webhooks:
                  - name: ops
                    url: https://example.com/
                    secretEnv: S
                    events: jobs.*
                  - name: ops
                    url: https://example.com/
                    secretEnv: S
                """
            try unstick.write("unstick.yaml", text)
            let check = try await unstick("policy", "check")
            let lines = check.errors.matches(of: /unstick\.yaml:([0-9]+):/).compactMap { Int($0.output.1) }
            #expect(check.status == 2 && lines == [1, 1, 6, 7], "\(check.errors)")
        }
    }

    // MARK: The start

    @Test(
        "a server does not start without the secrets of its webhooks",
        arguments: [
            nil, "", "planted-in-the-environment", "whsec_", "whsec_cGxhbnRlZA==", "whsec_planted-in-the-environment",
        ]
    )
    func withoutSecret(secret: String?) async throws {
        try await Tool.inNewFolder { unstick in
            try await RecordingReceiver.run(in: unstick.folder) { receiver in
                try unstick.write("unstick.yaml", "webhooks:\n" + Self.entry("ops", receiver))
                var environment = RecordingReceiver.allowed.merging(["PORT": "0"]) { $1 }
                environment["OPS_SECRET"] = secret
                let refused = try await unstick("serve", environment: environment)
                #expect(refused.status == 2 && refused.output.isEmpty, "\(refused)")
                #expect(refused.errors.contains("webhook 'ops'") && refused.errors.contains("whsec_$(openssl rand"))
                for part in ["planted", "cGxhbnRlZA"] { #expect(!refused.errors.contains(part), "\(refused.errors)") }
                #expect(refused.errors.contains("OPS_SECRET"), "\(refused.errors)")
                // A command that needs no secret does not require it.
                let check = try await unstick("policy", "check")
                #expect(check.status == 0)
                let list = try await unstick("webhook", "list")
                #expect(list.output.hasPrefix("No webhooks yet."), "\(list)")
            }
        }
    }

    @Test("a server does not start with a webhook that it must not call")
    func forbidden() async throws {
        try await Tool.inNewFolder { unstick in
            try await RecordingReceiver.run(in: unstick.folder) { receiver in
                try unstick.write("unstick.yaml", "webhooks:\n" + Self.entry("ops", receiver))
                let refused = try await unstick("serve", environment: ["OPS_SECRET": Self.secret, "PORT": "0"])
                #expect(refused.status == 2 && refused.errors.contains("WEBHOOK_ALLOW_HTTP"), "\(refused)")
                #expect(refused.errors.contains("'ops'"), "\(refused.errors)")
            }
        }
    }

    // MARK: A change of the file

    @Test("an endpoint that leaves the file is disabled on SIGHUP, and enabled when it returns")
    func leavesAndComesBack() async throws {
        try await Tool.inNewFolder { unstick in
            _ = try await unstick("sample")
            try await RecordingReceiver.run(in: unstick.folder) { receiver in
                let (ops, billing) = (Self.entry("ops", receiver), Self.entry("billing", receiver))
                try unstick.write("unstick.yaml", "webhooks:\n" + ops + billing)
                let ending = try await unstick.serving(environment: Self.environment) { server, address in
                    let set = try await self.listed("billing", unstick)
                    #expect(set["source"] as? String == "file" && set["enabled"] as? Bool == true, "\(set)")
                    try await self.expectUnchangeable("billing", unstick)
                    try unstick.write("unstick.yaml", "webhooks:\n" + ops)
                    server.signal(SIGHUP)
                    let left = try await eventually("the end of billing") {
                        let listed = try await self.listed("billing", unstick)
                        return listed["enabled"] as? Bool == false ? listed : nil
                    }
                    #expect(left["disabledReason"] as? String == "The policy file does not name it any more.")
                    let answer = try await unstick.callCron(address)
                    #expect(answer.contains(#""success":true"#) && !answer.contains(#""cleanedUp":0,"#), "\(answer)")
                    _ = try await receiver.requests(to: "/ops", 3)
                    #expect(!receiver.requests.contains { $0.path == "/billing" })
                    try unstick.write("unstick.yaml", "webhooks:\n" + billing + ops)
                    server.signal(SIGHUP)
                    try await eventually("billing again") {
                        try await self.listed("billing", unstick)["enabled"] as? Bool == true ? true : nil
                    }
                    await #expect(try unstick.callCron(address).contains(#""success":true"#))
                    let request = try #require(try await receiver.requests(to: "/billing", 1).first)
                    let signature = try await request.signature(Self.other)
                    #expect(request.signatures == [signature])
                }
                #expect(ending.status == 0)
                for secret in [Self.secret, Self.other] {
                    #expect(!ending.output.contains(secret) && !ending.errors.contains(secret))
                }
            }
        }
    }

    /// Endpoints of a file can only be changed there.
    private func expectUnchangeable(_ name: String, _ unstick: Tool) async throws {
        for command in ["rotate", "remove"] {
            let refused = try await unstick("webhook", command, name, environment: Self.environment)
            #expect(refused.status == 1 && refused.output.isEmpty)
            #expect(refused.errors.contains("'\(name)' is configured in a policy file. Change it there."), "\(refused)")
        }
    }

    @Test("an invalid file changes nothing")
    func wrongFile() async throws {
        try await Tool.inNewFolder { unstick in
            try await RecordingReceiver.run(in: unstick.folder) { receiver in
                let ops = Self.entry("ops", receiver)
                try unstick.write("unstick.yaml", "webhooks:\n" + ops)
                var environment = Self.environment
                environment["NEW_SECRET"] = Self.secret
                try await unstick.serving(environment: environment) { server, _ in
                    let before = try await unstick("webhook", "list", "--json").output
                    for (entry, reason) in [
                        ("- name: new\n    secretEnv: NEW_SECRET\n", "url is missing."),
                        (Self.entry("missing", receiver), "MISSING_SECRET"),
                        ("- { name: x, url: \"ftp://x/\", secretEnv: NEW_SECRET }\n", "a scheme other than https"),
                    ] {
                        try unstick.write("unstick.yaml", "webhooks:\n" + Self.entry("new", receiver) + entry.indented)
                        server.signal(SIGHUP)
                        try await eventually("a refusal") { server.errorsSoFar.contains(reason) ? true : nil }
                        let after = try await unstick("webhook", "list", "--json").output
                        #expect(after == before, "all of it or nothing")
                    }
                    #expect(
                        server.errorsSoFar.contains("The policy file is invalid; the previous policy stays in force")
                    )
                }
            }
        }
    }

    // MARK: Alerts

    @Test("its limits make the server fire an alert, which its webhooks and the status show, and end it")
    func alerts() async throws {
        try await Tool.inNewFolder { unstick in
            _ = try await unstick("sample")
            try await RecordingReceiver.run(in: unstick.folder) { receiver in
                let webhooks = "webhooks:\n" + Self.entry("ops", receiver, events: "alert.*")
                try unstick.write(
                    "unstick.yaml",
                    webhooks + "alerts: { stuckJobs: 1, firesAfter: none, resolvesAfter: none }\n"
                )
                let ending = try await unstick.serving(environment: Self.environment) { server, address in
                    try await self.expectFiring(address, unstick)
                    let firing = try #require(try await receiver.requests(to: "/ops", 1).first)
                    let signature = try await firing.signature(Self.secret)
                    #expect(firing.type == "alert.firing" && firing.signatures == [signature])
                    let said = try #require(firing.event["data"] as? [String: Any])
                    #expect(said["alert"] as? String == "stuck_jobs" && said["threshold"] as? Int == 1, "\(said)")
                    let stuck = try await unstick("stuck", "--json").json["jobs"] as? [Any]
                    #expect(said["value"] as? Int == stuck?.count)
                    // An alert that is switched off ends at the next check.
                    try unstick.write("unstick.yaml", webhooks + "alerts: { stuckJobs: none, resolvesAfter: none }\n")
                    server.signal(SIGHUP)
                    let resolved = try #require(try await receiver.requests(to: "/ops", 2).last)
                    #expect(resolved.type == "alert.resolved")
                    let end = try #require(resolved.event["data"] as? [String: Any])
                    #expect(end["alert"] as? String == "stuck_jobs" && end["resolvedAt"] is String, "\(end)")
                    #expect(end["since"] as? String == said["since"] as? String)
                }
                #expect(ending.status == 0 && ending.errors.contains("An alert fires"))
                let status = try await unstick("status", "--json").json["alerts"] as? [Any]
                #expect(status?.isEmpty == true && receiver.requests.count == 2)
            }
        }
    }

    private func expectFiring(_ address: String, _ unstick: Tool) async throws {
        let ready = try await eventually("an alert") {
            let answer = try await ChildProcess.run(["curl", "-s", "-m", "20", address + "/readyz?verbose"])
            return answer.contains("stuck_jobs") ? answer : nil
        }
        #expect(ready.contains(#""status":"ready""#) && ready.contains("firingSince"))
        #expect(!ready.contains("summary"), "What it says is for those with a token: \(ready)")
        let status = try await unstick("status", "--json")
        let alerts = status.json["alerts"] as? [[String: Any]]
        #expect(status.status == 1 && alerts?.count == 1, "\(status.output)")
        let text = try await unstick("status")
        #expect(text.output.contains(/alerts +stuck_jobs\n/), "\(text.output)")
    }
}

extension String {
    /// As an entry of a list in a mapping.
    fileprivate var indented: String { self.hasPrefix(" ") ? self : "  " + self }
}
