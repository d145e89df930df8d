import HTTPTypes
import Hummingbird
package import Unstick

extension UnstickAPI {
    var webhookRoutes: [Route] {
        let path = "/api/admin/webhooks"
        let one = path + "/{id}"
        return [
            Route(method: .get, path: path, access: .right([.view])) { call in
                try Answer.json(["webhooks": try await self.store.webhooks().map { $0.shown(to: call.principal) }])
            },
            Route(method: .post, path: path, access: .right([.administer]), handle: self.addWebhook),
            Route(method: .get, path: one, access: .right([.view])) { call in
                try Answer.json(try await self.webhook(call.path("id")).shown(to: call.principal))
            },
            Route(method: .patch, path: one, access: .right([.administer]), handle: self.changeWebhook),
            Route(method: .delete, path: one, access: .right([.administer])) { call in
                let (id, actor) = (try call.path("id"), try call.actor)
                try await self.audited(actor, .removeWebhook, id) { try await self.webhooks.remove(id) }
                return try Answer.json(["removed": id])
            },
            Route(method: .post, path: one + "/rotate", access: .right([.administer]), handle: self.rotateWebhook),
            Route(method: .post, path: one + "/test", access: .right([.administer])) { call in
                try Answer.json(try await self.testWebhook(call.path("id"), by: call.actor))
            },
        ]
    }

    private func webhook(_ id: String) async throws -> WebhookOverview {
        guard let overview = try await self.store.webhooks().first(where: { $0.endpoint.id.isExactly(id) }) else {
            throw Problem.notFound("There is no webhook '\(id.cut(toBytes: Limits.idBytes))'.")
        }
        return overview
    }

    private static let mostPatterns = 50

    private func addWebhook(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["url", "events", "description"])
        let endpoint = try await self.addWebhook(
            url: body.text(required: "url"),
            events: body.texts(required: "events", most: Self.mostPatterns),
            note: body.note("description"),
            by: call.actor
        )
        return try Answer.json(NewWebhook(endpoint: endpoint), status: .created)
    }

    /// Makes an endpoint; its URL is not written down, because some hold a secret.
    package func addWebhook(
        url: String,
        events: [String],
        note: String?,
        by actor: Actor
    ) async throws -> WebhookEndpoint {
        try await self.store.audited(
            actor.act(.addWebhook),
            outcome: \.made
        ) { try await self.webhooks.add(url: url, events: events, note: note) }
    }

    /// Sends an endpoint an event that means nothing.
    package func testWebhook(_ id: String, by actor: Actor) async throws -> Webhooks.TestResult {
        try await self.audited(actor, .testWebhook, id) { try await self.webhooks.test(id) }
    }

    /// Changes an endpoint.
    package func changeWebhook(_ id: String, _ change: Webhooks.Change, by actor: Actor) async throws {
        let done = "\(AuditEntry.done): \(change.words)"
        _ = try await self.audited(actor, .changeWebhook, id) { () -> String in
            _ = try await self.webhooks.change(id, change)
            return done
        }
    }

    /// Does something with an endpoint on the record; what is no endpoint does not get there.
    private func audited<Value>(
        _ actor: Actor,
        _ action: AuditAction,
        _ id: String,
        _ body: () async throws -> Value
    ) async throws -> Value {
        guard try await self.store.webhook(id) != nil else { return try await body() }
        return try await self.store.audited(actor.act(action, id), outcome: Self.outcome, body)
    }

    /// What came of it: what the act itself says, where it says something.
    private static func outcome(_ value: some Any) -> String { value as? String ?? AuditEntry.done }

    private func changeWebhook(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["url", "events", "description", "enabled"])
        let id = try call.path("id")
        try await self.changeWebhook(
            id,
            Webhooks.Change(
                url: try body.text("url"),
                events: body.value("events") == nil ? nil : try body.texts(required: "events", most: Self.mostPatterns),
                note: try body.note("description"),
                isEnabled: try body.flag("enabled")
            ),
            by: call.actor
        )
        return try Answer.json(try await self.webhook(id))
    }

    private func rotateWebhook(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["overlapSeconds", "force"])
        let longest = Int(Webhooks.longestOverlap.inMilliseconds / 1000)
        let (id, actor) = (try call.path("id"), try call.actor)
        let overlap = try body.integer("overlapSeconds", in: 0...longest) ?? 86_400
        let force = try body.flag("force") ?? false
        let endpoint = try await self.audited(actor, .rotateWebhook, id) {
            try await self.webhooks.rotate(id, overlap: .seconds(overlap), force: force)
        }
        return try Answer.json(RotatedWebhook(endpoint))
    }
}

extension WebhookEndpoint {
    /// What was made, in words.
    fileprivate var made: String { "made \(self.id) for \(self.events.joined(separator: ", "))" }
}

extension Webhooks.Change {
    /// What is changed, in words; a URL is not said, because some hold a secret.
    fileprivate var words: String {
        [
            self.isEnabled.map { $0 ? "enabled" : "disabled" }, self.url.map { _ in "another URL" },
            self.events.map { "events \($0.joined(separator: ", "))" }, self.note.map { _ in "another description" },
        ].compactMap { $0 }.joined(separator: "; ")
    }
}

extension WebhookOverview {
    fileprivate func shown(to principal: Principal?) -> WebhookOverview {
        var shown = self
        shown.endpoint.url = self.endpoint.url(for: principal)
        return shown
    }
}

/// A new endpoint, with its secret: the one answer that has it.
private struct NewWebhook: Encodable {
    let endpoint: WebhookEndpoint

    private enum Key: String, CodingKey {
        case secret
    }

    func encode(to encoder: any Encoder) throws {
        try WebhookOverview(endpoint: self.endpoint, waiting: 0, oldestWaiting: nil, dead: 0).encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.endpoint.secrets.current, forKey: .secret)
    }
}

private struct RotatedWebhook: Encodable {
    let id, secret: String
    let previousValidUntil: Timestamp?

    init(_ endpoint: WebhookEndpoint) {
        self.id = endpoint.id
        self.secret = endpoint.secrets.current
        self.previousValidUntil = endpoint.secrets.previousUntil
    }
}
