import Foundation
import TestSupport
import Testing
import Unstick
import UnstickSQLite

@testable import UnstickCommand

@Suite("Administrator commands", .timeLimit(.minutes(5)))
struct AdministrationTests {
    private typealias Channel = AuditRequest.Channel

    /// One request through one channel.
    private struct Step {
        let action: AuditAction
        let channel: Channel
        let run: (Channels) async throws -> Void

        static func api(_ action: AuditAction, _ method: String, _ path: String, _ body: String? = nil) -> Step {
            Step(action: action, channel: .api) { try await $0.api(method, path, body) }
        }

        static func page(_ action: AuditAction, _ path: String, _ fields: String = "") -> Step {
            Step(action: action, channel: .page) { try await $0.page(path, fields) }
        }

        static func cli(_ action: AuditAction, _ arguments: String...) -> Step {
            Step(action: action, channel: .cli) { try await $0.command(arguments) }
        }
    }

    /// A running server and the command line, over one database.
    ///
    /// `{0}`, `{1}`, … in a path, a body or an argument are the webhooks in order of creation.
    private struct Channels {
        let unstick: Tool
        let store: SQLiteStore
        let address: String

        func api(_ method: String, _ path: String, _ body: String?) async throws {
            var options = ["-X", method]
            if let body { options += ["-H", "Content-Type: application/json", "-d", try await self.filled(body)] }
            try await self.call(options, path)
        }

        func page(_ path: String, _ fields: String) async throws {
            try await self.call(["-d", fields], "/admin" + path)
        }

        private func call(_ options: [String], _ path: String) async throws {
            let fixed = ["curl", "-s", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}"]
            let token = ["-H", "Authorization: Bearer \(Tool.adminToken)"]
            let status = try await ChildProcess.run(fixed + token + options + [self.address + self.filled(path)])
            #expect(status.hasPrefix("2") || status == "303", "\(options) \(path): \(status)")
        }

        func command(_ arguments: [String]) async throws {
            var filled: [String] = []
            for argument in arguments { filled.append(try await self.filled(argument)) }
            let environment = RecordingReceiver.allowed.merging(["USER": "ada"]) { $1 }
            let ending = try await self.unstick.start(filled, environment: environment).ending()
            #expect(ending.status == 0, "\(filled): \(ending)")
        }

        private func filled(_ text: String) async throws -> String {
            let ids = text.contains("{") ? try await self.store.webhooks().map(\.endpoint.id) : []
            return ids.enumerated().reduce(text) { $0.replacing("{\($1.offset)}", with: $1.element) }
        }
    }

    private static func steps(_ receiver: String) -> [Step] {
        let hooks = "/api/admin/webhooks"
        return [
            .api(.cleanUp, "POST", "/api/admin/jobs/cleanup", #"{"timeoutMs":300000000,"force":true}"#),
            .page(.cleanUp, "/cleanup", "timeout=83h20m&force=true"),
            .cli(.cleanUp, "cleanup", "--timeout", "83h20m", "--force"),
            .api(.pause, "POST", "/api/admin/pause", #"{"duration":"1h"}"#),
            .page(.pause, "/pause", "minutes=60"),
            .cli(.pause, "pause", "--for", "1h"),
            .api(.resume, "DELETE", "/api/admin/pause"),
            .page(.resume, "/resume"),
            .cli(.resume, "resume"),
            .page(.failJob, "/jobs/stuck-0/fail", "reason=late"),
            .api(.retryJob, "POST", "/api/admin/jobs/stuck-0/retry"),
            .api(.cancelJob, "POST", "/api/jobs/stuck-0/cancel", #"{"message":"late"}"#),
            .page(.retryJob, "/jobs/stuck-0/retry"),
            .page(.cancelJob, "/jobs/stuck-0/cancel", "reason=late"),
            .page(.grantTokens, "/users/ada/tokens", "kind=grant&amount=5&reason=order&key=page"),
            .cli(.grantTokens, "grant", "ada", "5", "--reason", "order"),
            .page(.adjustTokens, "/users/ada/tokens", "kind=adjust&amount=-5&reason=order&key=page"),
            .page(.createToken, "/tokens", "name=ci&role=viewer"),
            .page(.revokeToken, "/tokens/ci/revoke"),
            .cli(.createToken, "token", "create", "ci"),
            .cli(.revokeToken, "token", "revoke", "ci"),
            .api(.reloadPolicy, "POST", "/api/admin/policy/reload"),
            .page(.reloadPolicy, "/policy/reload"),
            .api(.addWebhook, "POST", hooks, #"{"url":"\#(receiver)/hook","events":["*"]}"#),
            .page(.addWebhook, "/webhooks", "url=\(receiver)/hook&events=*"),
            .cli(.addWebhook, "webhook", "add", receiver + "/hook"),
            .api(.changeWebhook, "PATCH", hooks + "/{0}", #"{"enabled":false}"#),
            .page(.changeWebhook, "/webhooks/{1}/disable"),
            .cli(.changeWebhook, "webhook", "disable", "{2}"),
            .api(.rotateWebhook, "POST", hooks + "/{0}/rotate"),
            .cli(.rotateWebhook, "webhook", "rotate", "{2}"),
            .api(.testWebhook, "POST", hooks + "/{0}/test"),
            .page(.testWebhook, "/webhooks/{1}/test"),
            .cli(.testWebhook, "webhook", "test", "{2}"),
            .api(.replayDeliveries, "POST", "/api/admin/deliveries/replay", #"{"endpoint":"{0}"}"#),
            .page(.replayDeliveries, "/webhooks/{1}/replay"),
            .cli(.replayDeliveries, "webhook", "replay", "--endpoint", "{2}"),
            .cli(.removeWebhook, "webhook", "remove", "{2}"),
            .api(.removeWebhook, "DELETE", hooks + "/{0}"),
        ]
    }

    @Test("the API, the admin UI and the command line write the same audit entry for the same action")
    func sameEntry() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("unstick.yaml", "defaults:\n  timeout: 100h\n")
            try await unstick.addStuckJobs(1)
            try await RecordingReceiver.run(in: unstick.folder) { receiver in
                try await unstick.serving(environment: RecordingReceiver.allowed) { _, address in
                    let store = try unstick.store()
                    let channels = Channels(unstick: unstick, store: store, address: address)
                    let steps = Self.steps(receiver.address)
                    for step in steps { try await step.run(channels) }
                    let log = try await eventually("every outcome") {
                        let rows = try await store.auditEntries(AuditFilter(), before: nil, limit: 100).rows
                        return rows.allSatisfy { $0.outcome != nil } ? rows.reversed() as [AuditEntry] : nil
                    }
                    #expect(
                        log.map { "\($0.act.action.rawValue) \($0.act.channel)" }
                            == steps.map { "\($0.action.rawValue) \($0.channel)" }
                    )
                    #expect(log.allSatisfy { $0.act.who == ($0.act.channel == .cli ? "cli:ada" : "environment") })
                    for (action, entries) in Dictionary(grouping: log, by: \.act.action) {
                        #expect(Set(entries.map(Self.fields)).count == 1, "\(action): \(entries.map(Self.fields))")
                    }
                    try store.close()
                }
            }
        }
    }

    /// The fields of an entry, without generated ids.
    private static func fields(_ entry: AuditEntry) -> String {
        [entry.act.subject, entry.act.detail, entry.outcome].map { $0 ?? "none" }.joined(separator: " | ")
            .replacing(/wh_[0-9a-f]+/, with: "wh").replacing(/run [0-9a-f-]+/, with: "run")
    }

    @Test("reading the policy again on SIGHUP has an audit entry")
    func hangUp() async throws {
        try await Tool.inNewFolder { unstick in
            try unstick.write("unstick.yaml", "defaults:\n  timeout: 100h\n")
            try await unstick.serving(environment: ["USER": "unstick"]) { server, _ in
                let store = try unstick.store()
                let entry = try await eventually("the entry") {
                    server.signal(SIGHUP)
                    return try await store.auditEntries(AuditFilter(), before: nil, limit: 1).rows.first
                }
                #expect(entry.act.action == .reloadPolicy && entry.act.who == "cli:unstick")
                #expect(entry.act.detail == "SIGHUP")
                try store.close()
            }
        }
    }

    @Test("--by is stored beside the user of the operating system, in the audit log, the ledger and a pause")
    func onBehalf() async throws {
        try await Tool.inNewFolder { unstick in
            let environment = ["SUDO_USER": "ada", "USER": "root"]
            _ = try await unstick("grant", "eve", "5", "--by", "ops", "--reason", "gift", environment: environment)
            let statement = try await unstick("tokens", "eve", "--json", environment: environment)
            let line = try #require((statement.json["transactions"] as? [[String: Any]])?.first)
            #expect(
                line["metadata"] as? [String: String] == ["actor": "cli:ada", "onBehalfOf": "ops", "reason": "gift"]
            )
            let paused = try await unstick("pause", "--by", "ops", environment: environment)
            #expect(paused.output.contains("by cli:ada on behalf of ops. "))
            _ = try await unstick("cleanup", "--force", "--by", "ops", environment: environment)
            #expect(try await unstick("resume", "--by", "", environment: environment).status == 2)
            let store = try unstick.store()
            let log = try await store.auditEntries(AuditFilter(), before: nil, limit: 10).rows
            #expect(log.map(\.act.action) == [.cleanUp, .pause, .grantTokens])
            #expect(log.allSatisfy { $0.act.who == "cli:ada" && $0.outcome != nil })
            #expect(
                log.map(\.act.detail) == [
                    "on behalf of ops: forced", "on behalf of ops: for 1h", "on behalf of ops: +5: gift",
                ]
            )
            try store.close()
        }
    }

    @Test(
        "the actor of a command is the user behind sudo, otherwise the user, otherwise the user's number",
        arguments: [
            (["SUDO_USER": "ada", "USER": "root"], "cli:ada"), (["SUDO_USER": "", "USER": "eve"], "cli:eve"),
            (["USER": "a\nb", "LOGNAME": "eve"], "cli:\(getuid())"), ([:], "cli:\(getuid())"),
        ] as [([String: String], String)]
    )
    func shell(environment: [String: String], name: String) {
        #expect(Actor.shell(environment: environment).name == name)
    }
}
