import Foundation
import TestSupport
import Testing
import Unstick

@Suite("Webhooks on the command line", .timeLimit(.minutes(3)))
struct WebhookCommandTests {
    /// Runs a body with a receiver, in a folder whose database has the sample.
    private func withReceiver(_ body: (Tool, RecordingReceiver) async throws -> Void) async throws {
        try await Tool.inNewFolder { unstick in
            let sample = try await unstick("sample")
            #expect(sample.status == 0)
            try await RecordingReceiver.run(in: unstick.folder) { try await body(unstick, $0) }
        }
    }

    /// Adds a webhook, and returns its id and its secret.
    private func add(
        _ url: String,
        events: String = "*",
        _ unstick: Tool
    ) async throws -> (id: String, secret: String) {
        let added = try await unstick(
            "webhook",
            "add",
            url,
            "--events",
            events,
            "--json",
            environment: RecordingReceiver.allowed
        )
        #expect(added.status == 0, "\(added.errors)")
        return (try #require(added.json["id"] as? String), try #require(added.json["secret"] as? String))
    }

    /// A webhook in the output of `webhook list`.
    private func listed(_ id: String, _ unstick: Tool) async throws -> [String: Any]? {
        let list = try await unstick("webhook", "list", "--json").json["webhooks"] as? [[String: Any]]
        return list?.first { $0["id"] as? String == id }
    }

    // MARK: Destinations

    @Test(
        "a receiver in a private network is refused until the environment allows it",
        arguments: [
            ([:], "set WEBHOOK_ALLOW_HTTP"),
            (["WEBHOOK_ALLOW_HTTP": "true"], "add its network to WEBHOOK_ALLOW_CIDRS"),
            (["WEBHOOK_ALLOW_CIDRS": "127.0.0.0/8"], "set WEBHOOK_ALLOW_HTTP"),
            (["WEBHOOK_ALLOW_HTTP": "true", "WEBHOOK_ALLOW_CIDRS": "10.0.0.0/8"], "WEBHOOK_ALLOW_CIDRS"),
            (["WEBHOOK_ALLOW_HTTP": "perhaps"], "WEBHOOK_ALLOW_HTTP must be true or false"),
            (["WEBHOOK_ALLOW_CIDRS": "localhost"], "'localhost' in WEBHOOK_ALLOW_CIDRS is not a network"),
        ]
    )
    func refused(environment: [String: String], reason: String) async throws {
        try await Tool.inNewFolder { unstick in
            let refused = try await unstick("webhook", "add", "http://127.0.0.1:8080/hook", environment: environment)
            #expect(refused.status == 2 && refused.errors.contains(reason), "\(refused.errors)")
            #expect(refused.output.isEmpty)
            _ = try await unstick("migrate")
            let list = try await unstick("webhook", "list")
            #expect(list.status == 0 && list.output.hasPrefix("No webhooks yet."), "\(list)")
        }
    }

    @Test("invalid events and URLs are refused, with the valid ones")
    func unusable() async throws {
        try await Tool.inNewFolder { unstick in
            for (url, events, reason) in [
                ("http://127.0.0.1:8080/hook", "jobs.*", "There is no event 'jobs.*'. Use job.timed_out"),
                ("ftp://127.0.0.1/hook", "*", "a scheme other than https"),
                ("http://127.0.0.1:25/hook", "*", "the port is not allowed"),
            ] {
                let refused = try await unstick(
                    "webhook",
                    "add",
                    url,
                    "--events",
                    events,
                    environment: RecordingReceiver.allowed
                )
                #expect(refused.status == 2 && refused.errors.contains(reason), "\(refused.errors)")
            }
        }
    }

    // MARK: Secrets

    @Test("a secret is shown by the command that creates it, and by no other")
    func secrets() async throws {
        try await self.withReceiver { unstick, receiver in
            let added = try await unstick(
                "webhook",
                "add",
                receiver.address + "/hook",
                "--note",
                "for the bills",
                environment: RecordingReceiver.allowed
            )
            let shown = try #require(added.output.firstMatch(of: /(wh_[0-9a-f]{10})  (whsec_[A-Za-z0-9+\/]{43}=)\n/))
            let (id, first) = (String(shown.output.1), String(shown.output.2))
            #expect(added.status == 0 && added.errors.contains("it is not shown again"))
            let rotated = try await unstick("webhook", "rotate", id, "--json", environment: RecordingReceiver.allowed)
            let second = try #require(rotated.json["secret"] as? String)
            #expect(rotated.status == 0 && second != first)
            // Creates events, so that the deliveries have content.
            _ = try await unstick("cleanup")
            for arguments in [
                ["webhook", "list"], ["webhook", "deliveries"], ["webhook", "test", id], ["status"],
                ["webhook", "replay", "--endpoint", id], ["serve", "--print-config"], ["webhook", "disable", id],
                ["webhook", "enable", id],
            ] {
                for ending in arguments.suffix(2) == ["disable", id] || arguments.suffix(2) == ["enable", id]
                    ? [[]] : [[], ["--json"]]
                {
                    let result = try await unstick.start(arguments + ending, environment: RecordingReceiver.allowed)
                        .ending()
                    #expect(!result.output.isEmpty, "\(arguments): \(result.errors)")
                    let all = result.output + result.errors
                    #expect(!all.contains("whsec_"), "\(arguments + ending)")
                    for secret in [first, second] { #expect(!all.contains(secret.dropFirst(6)), "\(arguments)") }
                }
            }
        }
    }

    @Test("an event without a delivery cannot be sent again")
    func replayUnknown() async throws {
        try await Tool.inNewFolder { unstick in
            _ = try await unstick("migrate")
            for (flags, state) in [([], "dead"), (["--delivered"], "delivered")] {
                let result = try await unstick.start(["webhook", "replay", "no-event"] + flags).ending()
                #expect(
                    result.status == 1
                        && result.errors.contains("'no-event' has no delivery in state \(state.uppercased())")
                )
            }
        }
    }

    @Test("after a rotation both secrets sign, and a second one must be forced")
    func rotation() async throws {
        try await self.withReceiver { unstick, receiver in
            let (id, first) = try await self.add(receiver.address + "/hook", unstick)
            func rotate(_ options: String...) async throws -> Tool.Ending {
                try await unstick.start(
                    ["webhook", "rotate", id, "--json"] + options,
                    environment: RecordingReceiver.allowed
                ).ending()
            }
            func test(_ count: Int) async throws -> RecordingReceiver.Request {
                let tested = try await unstick("webhook", "test", id, environment: RecordingReceiver.allowed)
                #expect(tested.status == 0, "\(tested)")
                return try #require(try await receiver.requests(to: "/hook", count).last)
            }
            let second = try #require(try await rotate().json["secret"] as? String)
            let both = try await test(1)
            let due = [try await both.signature(second), try await both.signature(first)]
            #expect(both.signatures == due)
            let refused = try await rotate()
            #expect(
                refused.status == 1 && refused.output.isEmpty && refused.errors.contains("Wait, or force the rotation")
            )
            let tooLong = try await rotate("--force", "--overlap", "8d")
            #expect(tooLong.status == 2 && tooLong.errors.contains("at most 7d"), "\(tooLong.errors)")
            let third = try #require(
                try await rotate("--force", "--overlap", "0s").json["secret"] as? String
            )
            let alone = try await test(2)
            let signature = try await alone.signature(third)
            #expect(alone.signatures == [signature] && third != second)
        }
    }

    // MARK: Test calls

    @Test("a test shows its result, and exits with an error if the call failed")
    func test() async throws {
        try await self.withReceiver { unstick, receiver in
            let (id, secret) = try await self.add(receiver.address + "/hook", events: "job.failed", unstick)
            let taken = try await unstick("webhook", "test", id, environment: RecordingReceiver.allowed)
            #expect(taken.status == 0 && taken.output.hasPrefix("Delivered in "), "\(taken)")
            let request = try #require(try await receiver.requests(to: "/hook", 1).first)
            let signature = try await request.signature(secret)
            #expect(request.method == "POST" && request.type == "webhook.test" && request.signatures == [signature])
            let port = try PostgresCluster.freePort()
            for (url, error) in [
                ("http://127.0.0.1:\(port)/hook", "The receiver refused the connection."),
                (receiver.address + "/status/500/hook", "500"),
            ] {
                let (id, _) = try await self.add(url, unstick)
                let text = try await unstick("webhook", "test", id, environment: RecordingReceiver.allowed)
                #expect(text.status == 1 && text.output.hasPrefix("Not delivered: "), "\(text)")
                #expect(text.output.contains(error) && text.errors.isEmpty, "\(text)")
                let json = try await unstick("webhook", "test", id, "--json", environment: RecordingReceiver.allowed)
                #expect(json.status == 1 && json.json["delivered"] as? Bool == false, "\(json)")
                #expect((json.json["error"] as? String)?.contains(error) == true)
            }
            let forbidden = try await unstick("webhook", "test", id)
            #expect(forbidden.status == 1 && forbidden.output.contains("set WEBHOOK_ALLOW_HTTP"), "\(forbidden)")
            let unknown = try await unstick("webhook", "test", "wh_unknown")
            #expect(unknown.status == 1 && unknown.errors.contains("There is no webhook 'wh_unknown'"))
            // A test is no event.
            let deliveries = try await unstick("webhook", "deliveries", "--json").json["deliveries"] as? [Any]
            #expect(deliveries?.isEmpty == true)
        }
    }

    // MARK: Deliveries

    @Test("the server delivers the events of a cleanup, signed, and once more when they are replayed")
    func deliveries() async throws {
        try await self.withReceiver { unstick, receiver in
            let (id, secret) = try await self.add(
                receiver.address + "/hook",
                events: "job.*, tokens.*,cleanup.completed",
                unstick
            )
            let cleaned = try #require(try await unstick("cleanup", "--json").json["cleanedUp"] as? Int)
            let count = cleaned * 2 + 1
            let waiting = try await self.listed(id, unstick)?["waiting"] as? Int
            #expect(cleaned > 0 && waiting == count)
            let environment = RecordingReceiver.allowed.merging(["LOG_LEVEL": "trace"]) { $1 }
            let ending = try await unstick.serving(environment: environment) { _, _ in
                let first = try await receiver.requests(to: "/hook", count)
                let types = Dictionary(grouping: first, by: \.type).mapValues(\.count)
                #expect(types == ["job.timed_out": cleaned, "tokens.refunded": cleaned, "cleanup.completed": 1])
                for request in first {
                    let signature = try await request.signature(secret)
                    #expect(request.signatures == [signature] && request.method == "POST")
                    #expect(request.headers["webhook-id"] == request.event["id"] as? String)
                }
                let ids = Set(first.compactMap { $0.headers["webhook-id"] })
                #expect(ids.count == count)
                let delivered = try await self.delivered(count, unstick)
                #expect(Set(delivered.compactMap { $0["eventId"] as? String }) == ids)
                #expect(delivered.allSatisfy { $0["attempts"] as? Int == 1 && $0["endpointId"] as? String == id })
                #expect(delivered.allSatisfy { $0["lastStatus"] as? Int == 200 && $0["deliveredAt"] is String })
                let replayed = try await unstick("webhook", "replay", "--delivered", "--since", "1h")
                #expect(replayed.status == 0 && replayed.output == "\(count) deliveries will be sent again.\n")
                let again = try await receiver.requests(to: "/hook", 2 * count).dropFirst(count)
                #expect(Set(again.compactMap { $0.headers["webhook-id"] }) == ids)
                #expect(Set(again.map(\.body)) == Set(first.map(\.body)))
                _ = try await self.delivered(count, unstick)
            }
            #expect(ending.status == 0 && receiver.requests.count == 2 * count, "\(ending.errors)")
            let all = ending.output + ending.errors
            #expect(!all.contains("whsec_") && !all.contains(secret.dropFirst(6)))
        }
    }

    /// The output of `webhook deliveries`, once this many are delivered.
    private func delivered(_ count: Int, _ unstick: Tool) async throws -> [[String: Any]] {
        try await eventually("\(count) deliveries that are delivered") {
            let list = try await unstick("webhook", "deliveries", "--status", "DELIVERED", "--json").json
            let deliveries = list["deliveries"] as? [[String: Any]] ?? []
            #expect(deliveries.allSatisfy { $0["status"] as? String == "DELIVERED" })
            return deliveries.count == count ? deliveries : nil
        }
    }

    @Test("a replay needs a selection, and may find nothing")
    func replay() async throws {
        try await self.withReceiver { unstick, receiver in
            _ = try await self.add(receiver.address + "/hook", unstick)
            let all = try await unstick("webhook", "replay")
            #expect(all.status == 2 && all.errors.contains("Select deliveries"), "\(all)")
            for selection in [["--endpoint", "wh_unknown"], ["--since", "1h"]] {
                let none = try await unstick.start(["webhook", "replay"] + selection).ending()
                #expect(none.status == 0 && none.output == "0 deliveries will be sent again.\n", "\(none)")
            }
        }
    }

    // MARK: Enable and disable

    @Test("a disabled webhook is not called, keeps its deliveries, and receives them when it is enabled")
    func onAndOff() async throws {
        try await self.withReceiver { unstick, receiver in
            let (on, _) = try await self.add(receiver.address + "/on", unstick)
            let (off, _) = try await self.add(receiver.address + "/off", unstick)
            let cleaned = try #require(try await unstick("cleanup", "--json").json["cleanedUp"] as? Int)
            let count = cleaned * 2 + 1
            let disabled = try await unstick("webhook", "disable", off, environment: RecordingReceiver.allowed)
            #expect(
                disabled.status == 0 && disabled.output.contains("'unstick webhook enable \(off)' enables it again.")
            )
            let ending = try await unstick.serving(environment: RecordingReceiver.allowed) { _, _ in
                _ = try await receiver.requests(to: "/on", count)
                let kept = try #require(try await self.listed(off, unstick))
                #expect(kept["enabled"] as? Bool == false && kept["waiting"] as? Int == count, "\(kept)")
                #expect(kept["disabledReason"] as? String == "Disabled manually.")
                #expect(!receiver.requests.contains { $0.path == "/off" })
                let enabled = try await unstick("webhook", "enable", off, environment: RecordingReceiver.allowed)
                #expect(enabled.status == 0 && enabled.output == "Enabled '\(off)'.\n", "\(enabled)")
                _ = try await receiver.requests(to: "/off", count)
            }
            #expect(ending.status == 0)
            for id in [on, off] {
                let removed = try await unstick("webhook", "remove", id)
                #expect(removed.status == 0 && removed.output == "Removed '\(id)'.\n")
                let again = try await unstick("webhook", "remove", id)
                #expect(again.status == 1 && again.errors.contains("There is no webhook '\(id)'"))
            }
            let list = try await unstick("webhook", "list")
            #expect(list.output.hasPrefix("No webhooks yet."))
        }
    }

    @Test("the deliveries of a removed webhook are dropped")
    func removed() async throws {
        try await self.withReceiver { unstick, receiver in
            let (id, _) = try await self.add(receiver.address + "/gone", unstick)
            let (other, _) = try await self.add(receiver.address + "/there", events: "cleanup.*", unstick)
            _ = try await unstick("cleanup")
            let removed = try await unstick("webhook", "remove", id)
            #expect(removed.status == 0)
            let left = try await unstick("webhook", "deliveries", "--json").json["deliveries"] as? [[String: Any]]
            #expect(left?.map { $0["endpointId"] as? String } == [other])
        }
    }

    @Test("a webhook that must not be called can be disabled and given a new secret")
    func withoutTheEnvironment() async throws {
        try await self.withReceiver { unstick, receiver in
            let (id, _) = try await self.add(receiver.address + "/hook", unstick)
            let disabled = try await unstick("webhook", "disable", id)
            let rotated = try await unstick("webhook", "rotate", id)
            #expect(disabled.status == 0, "\(disabled.errors)")
            #expect(rotated.status == 0, "\(rotated.errors)")
        }
    }
}
