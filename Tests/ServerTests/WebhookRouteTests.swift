import Foundation
import HTTPTypes
import Logging
import TestSupport
import Testing
import Unstick

@testable import UnstickServer

extension APIHarness {
    /// Sends a request as the admin, unless another token is given; an empty one sends none.
    fileprivate func call(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String? = nil,
        token: String? = nil
    ) async throws -> Reply {
        try await self.ask(
            method,
            path,
            token: token ?? self.adminToken,
            body: body.map { Data($0.utf8) },
            type: body == nil ? nil : "application/json"
        )
    }
}

@Suite("Webhook routes", .timeLimit(.minutes(2)))
struct WebhookRouteTests {
    private static let path = "/api/admin/webhooks"
    /// A public address, so that no name is resolved.
    private static let url = "https://93.184.216.34/hook"

    @Test("a webhook is created, shown without its secret, changed, rotated, tested and removed")
    func life() async throws {
        try await APIHarness.run { api in
            let made = try await api.call(
                .post,
                Self.path,
                #"{"url": "\#(Self.url)", "events": ["job.*"], "description": "billing"}"#
            )
            #expect(made.status == 201)
            let id = try #require(made.json["id"] as? String)
            let secret = try #require(made.json["secret"] as? String)
            #expect(WebhookSecret(secret) != nil)
            for path in [Self.path, Self.path + "/" + id] {
                let shown = try await api.call(.get, path, token: api.viewerToken)
                #expect(shown.status == 200 && !shown.text.contains("whsec_") && shown.text.contains(id))
                // Some services put a secret into the path.
                #expect(shown.text.contains(#""https://93.184.216.34/…""#) && !shown.text.contains("/hook"))
                #expect(try await api.call(.get, path).text.contains(Self.url))
            }
            let changed = try await api.call(.patch, Self.path + "/" + id, #"{"events": ["*"], "enabled": false}"#)
            #expect(changed.json["events"] as? [String] == ["*"] && changed.json["enabled"] as? Bool == false)
            #expect(changed.json["disabledReason"] as? String == "Disabled manually.")
            let rotate = Self.path + "/" + id + "/rotate"
            let rotated = try await api.call(.post, rotate, #"{"overlapSeconds": 60}"#)
            #expect(rotated.status == 200 && rotated.json["secret"] as? String != secret)
            #expect(rotated.json["previousValidUntil"] is String)
            #expect(try await api.call(.post, rotate, "{}").status == 409)
            #expect(try await api.call(.post, rotate, #"{"force": true, "overlapSeconds": 0}"#).status == 200)
            #expect(try await api.store.webhook(id)?.secrets.previous == nil)
            #expect(try await api.call(.delete, Self.path + "/" + id).json["removed"] as? String == id)
            #expect(try await api.call(.delete, Self.path + "/" + id).status == 404)
            #expect(try await api.call(.get, Self.path + "/" + id).status == 404)
        }
    }

    @Test(
        "invalid input is refused with its reason",
        arguments: [
            #"{"url": "https://127.0.0.1/", "events": ["*"]}"#, #"{"url": "http://93.184.216.34/", "events": ["*"]}"#,
            #"{"url": "https://93.184.216.34/", "events": ["job.exploded"]}"#,
            #"{"url": "https://93.184.216.34/", "events": []}"#, #"{"events": ["*"]}"#,
            #"{"url": "https://u:p@93.184.216.34/", "events": ["*"]}"#,
            #"{"url": "https://93.184.216.34/", "events": ["*"], "secret": "mine"}"#,
        ]
    )
    func refused(body: String) async throws {
        try await APIHarness.run { api in
            let reply = try await api.call(.post, Self.path, body)
            #expect(reply.status == 400, "\(reply.text)")
            #expect(try await api.store.webhooks().isEmpty)
        }
    }

    @Test(
        "the visible parts of a URL",
        arguments: [
            ("https://example.com/a/b?c=d#e", "https://example.com/…"),
            ("https://example.com", "https://example.com/…"),
            ("https://ada:pass@example.com:8443/x", "https://example.com:8443/…"),
            ("http://[fd00::1]:8080/x", "http://[fd00::1]:8080/…"), ("", "…"),
        ]
    )
    func shownURL(url: String, shown: String) {
        let endpoint = WebhookEndpoint.fixture(url: url)
        let roles: [Role] = [.viewer, .operator, .admin]
        let seen = roles.map { endpoint.url(for: Principal(name: "ada", role: $0, credential: "token:ada")) }
        #expect(seen == [shown, shown, url] && endpoint.url(for: nil) == shown)
    }

    @Test("only an admin changes anything")
    func rights() async throws {
        try await APIHarness.run { api in
            for token in [api.viewerToken, api.workerToken, api.appToken] {
                let body = #"{"url": "\#(Self.url)", "events": ["*"]}"#
                let made = try await api.call(.post, Self.path, body, token: token)
                let replayed = try await api.call(
                    .post,
                    "/api/admin/deliveries/replay",
                    #"{"event": "x"}"#,
                    token: token
                )
                #expect(made.status == 403 && replayed.status == 403)
            }
            let shown = try await api.call(.get, Self.path, token: api.workerToken)
            #expect(shown.status == 403)
        }
    }

    @Test("deliveries are listed and replayed")
    func deliveries() async throws {
        try await APIHarness.run { api in
            try await api.store.put(.fixture(url: Self.url, events: ["cleanup.*"]))
            for _ in 0..<3 { _ = try await Cleaner(store: api.store).cleanupStuckJobs() }
            let first = try await api.call(.get, "/api/admin/deliveries?limit=2&status=PENDING")
            #expect((first.json["deliveries"] as? [Any])?.count == 2)
            let cursor = try #require(first.json["nextCursor"] as? String)
            let second = try await api.call(.get, "/api/admin/deliveries?limit=2&cursor=\(cursor)")
            #expect((second.json["deliveries"] as? [Any])?.count == 1)
            #expect(try await api.call(.get, "/api/admin/deliveries?cursor=zzz").status == 400)
            #expect(try await api.store.takeAll().count == 3)
            let replay = "/api/admin/deliveries/replay"
            #expect(try await api.call(.post, replay, "{}").status == 400)
            #expect(try await api.call(.post, replay, #"{"since": "yesterday"}"#).status == 400)
            #expect(try await api.call(.post, replay, #"{"endpoint": "hook", "status": "PENDING"}"#).status == 400)
            let again = #"{"endpoint": "hook", "status": "DELIVERED", "since": "2020-01-01T00:00:00Z"}"#
            #expect(try await api.call(.post, replay, again).json["replayed"] as? Int == 3)
        }
    }

    @Test("alerts are shown, all of them to callers with a credential and the names of firing ones to any caller")
    func alerts() async throws {
        try await APIHarness.run { api in
            let condition = AlertCondition(isTrue: true, value: 3, threshold: 0, summary: "Three do not add up.")
            let now = try await api.store.now()
            let change = try #require(AlertState(.ledgerMismatch).next(condition, at: now, AlertThresholds()))
            #expect(try await api.store.write(change, over: AlertState(.ledgerMismatch)))
            let alerts = try await api.call(.get, "/api/admin/alerts", token: api.viewerToken)
            let shown = try #require((alerts.json["alerts"] as? [[String: Any]])?.first)
            #expect(shown["alert"] as? String == "ledger_mismatch" && shown["phase"] as? String == "firing")
            #expect(shown["summary"] as? String == "Three do not add up.")
            let ready = try await api.call(.get, "/readyz?verbose", token: "")
            #expect(ready.text.contains("ledger_mismatch") && !ready.text.contains("Three"))
            #expect(try await api.call(.get, "/readyz", token: "").text.contains("ledger") == false)
        }
    }

    @Test("every event that is sent matches its documentation")
    func documented() async throws {
        try await APIHarness.run { api in
            try await api.store.put(.fixture(events: ["*", "tokens.refund_due"]))
            let now = try await api.store.now()
            let names = EventType.allCases.map(\.rawValue)
            #expect(api.documentedEvents == Set(names))
            let jobs = (0..<3).map { index in
                Job(
                    id: "job-\(index)",
                    userID: "ada",
                    kind: "image",
                    tier: nil,
                    tokensCost: 5,
                    status: .processing,
                    attempt: 1,
                    createdAt: now - .seconds(900),
                    processingStartedAt: now - .seconds(600 * (index % 2)),
                    updatedAt: now
                )
            }
            let add = try await api.store.beginImport()
            _ = try await add.stage(jobs)
            _ = try await add.commit { _, _ in }
            _ = try await api.store.fail(JobFailure(jobID: "job-0", attempt: 1, message: "boom"))
            _ = try await api.store.cancel(Cancellation(jobID: "job-2", attempt: 1))
            _ = try await api.store.requeue("job-0", attempt: 1)
            _ = try await Cleaner(store: api.store).cleanupStuckJobs()
            _ = try await api.store.complete(Completion(jobID: "job-1", attempt: 1, ifLate: .accept))
            let condition = AlertCondition(isTrue: true, value: 1.5, threshold: 0, summary: "x")
            let change = try #require(AlertState(.cleanupHeld).next(condition, at: now, AlertThresholds()))
            _ = try await api.store.write(change, over: AlertState(.cleanupHeld))
            // A held run, a missed tick, a receiver that is gone.
            try await api.addStuck(20)
            _ = try await Cleaner(store: api.store).cleanupStuckJobs()
            let watch = AlertWatch(
                store: api.store,
                policy: PolicySource(),
                thresholds: { AlertThresholds() },
                interval: .seconds(900),
                ticks: AlertWatch.Ticks(expression: try CronExpression("* * * * *"), zone: .utc),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            try await watch.check(watchedFor: .seconds(600))
            try await api.store.put(.fixture(id: "gone"))
            let claim = try await api.store.claimDeliveries(to: "gone", limit: 1, lease: .seconds(60))
            _ = try await api.store.settle(claim, [], .gone(reason: "It answered 410."))
            var sent = try await api.store.takeAll()
            // The other types that an item can be sent as.
            let item = try #require(sent.first { $0.type == "job.timed_out" })
            for type in [EventType.jobRetried, .jobQuarantined] {
                var other = item
                other.type = type.rawValue
                sent.append(other)
            }
            var due = try #require(sent.first { $0.type == "tokens.refunded" && $0.payload.contains("runId") })
            due.type = EventType.tokensRefundDue.rawValue
            sent.append(due)
            for delivery in sent { api.expectDocumented(delivery.body, as: delivery.type) }
            #expect(Set(sent.map(\.type)).count >= 14, "\(Set(sent.map(\.type)).sorted())")
        }
    }
}
