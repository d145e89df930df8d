import HTTPTypes
import TestSupport
import TestTags
import Testing
import Unstick
import UnstickSQLite
import UnstickServer

@testable import UnstickPages

extension PagesHarness {
    fileprivate func acts(_ action: AuditAction) async throws -> [AuditEntry] {
        try await self.store.auditEntries(AuditFilter(action: action), before: nil, limit: 10).rows
    }

    /// Emits events, each about its own job.
    fileprivate func emit(_ count: Int) async throws {
        let now = try await self.store.now()
        for index in 0..<count {
            let id = RandomID.timeOrdered(at: now - .milliseconds(count - index))
            try await self.store.emit(NewEvent(Note(subject: "job-\(index)"), id: id))
        }
    }

    /// Ends every pending delivery.
    ///
    /// - Returns: the ids of the events.
    @discardableResult
    fileprivate func endAll(as status: WebhookDelivery.Status) async throws -> [String] {
        let claim = try await self.store.claimDeliveries(to: "hook", limit: 100, lease: .seconds(60))
        let attempts = claim.deliveries.map { delivery in
            var attempt = DeliveryAttempt.taken(delivery)
            attempt.status = status
            return attempt
        }
        _ = try await self.store.settle(claim, attempts, .healthy)
        return claim.deliveries.map(\.eventID)
    }
}

private struct Note: Event {
    let type = EventType.jobFailed
    var subject: String?
}

@Suite("Webhook pages", .tags(.alone), .timeLimit(.minutes(1)))
struct WebhookPageTests {
    /// A public address, so that no name is resolved.
    private static let url = "https://93.184.216.34/services/T0/secret-path"
    private static let form = ["url": url, "events": "job.*, alert.firing", "note": "billing"]

    @Test("the secret of a new webhook is shown once, and neither it nor the URL is in the audit log")
    func add() async throws {
        try await PagesHarness.run { pages in
            let made = try await pages.post("/admin/webhooks", Self.form, as: .admin)
            #expect(made.status == 201 && made.headers[.cacheControl] == "no-store")
            let secret = try #require(made.text.firstMatch(of: /whsec_[A-Za-z0-9+\/=]+/)).output
            let endpoint = try #require(try await pages.store.webhooks().first?.endpoint)
            #expect(endpoint.secrets.current == secret && endpoint.events == ["job.*", "alert.firing"])
            #expect(endpoint.url == Self.url && endpoint.note == "billing")
            for path in ["/admin/webhooks", "/admin/webhooks/\(endpoint.id)", "/admin/deliveries", "/admin/audit"] {
                let page = try await pages.get(path, as: .admin)
                #expect(page.status == 200 && !page.text.contains("whsec_"))
            }
            let act = try #require(try await pages.acts(.addWebhook).first)
            #expect(act.outcome == "made \(endpoint.id) for job.*, alert.firing" && act.act.detail == nil)
        }
    }

    @Test(
        "invalid input is refused with its reason, and stays in the fields",
        arguments: [
            ["url": "https://127.0.0.1/typed", "events": "*"], ["url": "http://93.184.216.34/typed", "events": "*"],
            ["url": "https://93.184.216.34/typed", "events": "job.exploded"],
            ["url": "https://93.184.216.34/typed", "events": " , "],
            ["url": "https://93.184.216.34/typed", "events": String(repeating: "job.* ", count: 51)],
        ]
    )
    func refused(form: [String: String]) async throws {
        try await PagesHarness.run { pages in
            let reply = try await pages.post("/admin/webhooks", form, as: .admin)
            #expect(reply.status == 400 && reply.text.contains("<p class=\"note error\""))
            #expect(reply.text.contains("/typed\"") && !reply.text.contains("whsec_"))
            #expect(try await pages.store.webhooks().isEmpty)
        }
    }

    @Test("only an admin sees the path of a URL, and the actions", arguments: [Role.viewer, .operator])
    func paths(role: Role) async throws {
        try await PagesHarness.run { pages in
            try await pages.store.put(.fixture(url: Self.url))
            try await pages.emit(1)
            try await pages.endAll(as: .dead)
            for path in ["/admin/webhooks", "/admin/webhooks/hook", "/admin/deliveries"] {
                let seen = try await pages.get(path, as: role)
                #expect(seen.status == 200 && !seen.text.contains("secret-path"))
                #expect(!seen.text.contains("action=\"/admin/webhooks") && !seen.text.contains("deliveries/replay"))
            }
            let list = try await pages.get("/admin/webhooks", as: role)
            #expect(list.text.contains("https://93.184.216.34/…"))
            #expect(try await pages.get("/admin/webhooks", as: .admin).text.contains(Self.url))
            #expect(try await pages.get("/admin/webhooks/hook", as: .admin).text.contains(Self.url))
        }
    }

    @Test("only an admin changes anything", arguments: [Role.viewer, .operator])
    func roles(role: Role) async throws {
        try await PagesHarness.run { pages in
            try await pages.store.put(.fixture(url: Self.url))
            for path in ["", "/hook/test", "/hook/enable", "/hook/disable", "/hook/replay"] {
                #expect(try await pages.post("/admin/webhooks" + path, Self.form, as: role).status == 403)
            }
            let replay = ["endpoint": "hook", "event": "x"]
            #expect(try await pages.post("/admin/deliveries/replay", replay, as: role).status == 403)
            #expect(try await pages.store.webhook("hook")?.isEnabled == true)
        }
    }

    @Test("a webhook is disabled and enabled with audit entries, also one of the policy file")
    func switches() async throws {
        try await PagesHarness.run { pages in
            var hook = WebhookEndpoint.fixture(url: Self.url)
            hook.source = .file
            try await pages.store.put(hook)
            let on = try await pages.get("/admin/webhooks/hook", as: .admin)
            #expect(on.text.contains("Works") && on.text.contains("/hook/disable") && !on.text.contains("/hook/enable"))
            #expect(on.text.contains("the policy file") && !on.text.contains("/hook/replay"))
            let disabled = try await pages.post("/admin/webhooks/hook/disable", [:], as: .admin)
            #expect(disabled.status == 303 && disabled.headers[.location] == "/admin/webhooks/hook?did=disabled")
            let off = try await pages.get("/admin/webhooks/hook?did=disabled", as: .admin)
            #expect(off.text.contains("Disabled manually.") && off.text.contains("/hook/enable"))
            #expect(try await pages.post("/admin/webhooks/hook/enable", [:], as: .admin).status == 303)
            #expect(try await pages.store.webhook("hook")?.isEnabled == true)
            #expect(try await pages.acts(.changeWebhook).map(\.outcome) == ["done: enabled", "done: disabled"])
            #expect(try await pages.post("/admin/webhooks/nobody/disable", [:], as: .admin).status == 404)
            #expect(try await pages.get("/admin/webhooks/nobody", as: .viewer).status == 404)
        }
    }

    @Test("dead deliveries are sent again, all or one, and delivered ones one at a time")
    func replay() async throws {
        try await PagesHarness.run { pages in
            try await pages.store.put(.fixture(url: Self.url))
            try await pages.emit(3)
            let dead = try await pages.endAll(as: .dead)
            let all = try await pages.post("/admin/webhooks/hook/replay", [:], as: .admin)
            #expect(all.status == 303 && all.headers[.location] == "/admin/webhooks/hook?did=replayed")
            #expect(try await pages.store.webhooks().map(\.waiting) == [3])
            let one = ["endpoint": "hook", "event": dead[1]]
            #expect(try await pages.post("/admin/deliveries/replay", one, as: .admin).status == 409, "on its way")
            try await pages.endAll(as: .delivered)
            #expect(try await pages.post("/admin/deliveries/replay", one, as: .admin).status == 303)
            let waiting = try await pages.store.deliveries(DeliveryFilter(status: .pending), after: nil, limit: 10).rows
            #expect(waiting.map(\.eventID) == [dead[1]])
            let unknown = ["endpoint": "hook", "event": dead[1] + "x"]
            #expect(try await pages.post("/admin/deliveries/replay", unknown, as: .admin).status == 404)
            #expect(
                try await pages.acts(.replayDeliveries).map(\.outcome) == [
                    "1 delivery will be sent again", "3 deliveries will be sent again",
                ]
            )
        }
    }

    @Test("deliveries page by page and by a filter; an empty list says why")
    func deliveries() async throws {
        try await PagesHarness.run { pages in
            let none = try await pages.get("/admin/deliveries", as: .viewer)
            #expect(none.text.contains("There is no webhook, so there are no deliveries."))
            try await pages.store.put(.fixture(url: Self.url))
            #expect(try await pages.get("/admin/deliveries", as: .viewer).text.contains("No deliveries yet."))
            try await pages.emit(60)
            let first = try await pages.get("/admin/deliveries?endpoint=hook&status=PENDING&job=", as: .viewer)
            let next = try #require(first.text.firstMatch(of: /href="([^"]+)" rel="next"/)?.1)
            #expect(next.hasPrefix("/admin/deliveries?endpoint=hook&amp;status=PENDING&amp;cursor="))
            let second = try await pages.get(String(next.replacing("&amp;", with: "&")), as: .viewer)
            let jobs = (first.text + second.text).matches(of: /href="\/admin\/jobs\/job-([0-9]+)"/).map { Int($0.1) }
            #expect(jobs == (0..<60).reversed() && second.text.contains(">Newest</a>"))
            let ofJob = try await pages.get("/admin/deliveries?job=job-7", as: .viewer)
            #expect(ofJob.text.contains("/admin/jobs/job-7\"") && !ofJob.text.contains("/admin/jobs/job-8\""))
            let filtered = try await pages.get("/admin/deliveries?status=DEAD", as: .viewer)
            #expect(filtered.text.contains("No delivery matches this filter."))
            #expect(try await pages.get("/admin/deliveries?status=LOST", as: .viewer).status == 400)
            #expect(try await pages.get("/admin/deliveries?cursor=zzz", as: .viewer).status == 400)
        }
    }
}
