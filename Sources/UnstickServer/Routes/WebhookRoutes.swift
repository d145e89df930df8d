import HTTPTypes
import Hummingbird
import Unstick

extension UnstickAPI {
    var webhookRoutes: [Route] {
        let path = "/api/admin/webhooks"
        let one = path + "/{id}"
        return [
            Route(method: .get, path: path, access: .right([.view])) { _ in
                try Answer.json(["webhooks": try await self.store.webhooks()])
            },
            Route(method: .post, path: path, access: .right([.administer]), handle: self.addWebhook),
            Route(method: .get, path: one, access: .right([.view])) { call in
                try Answer.json(try await self.webhook(call.path("id")))
            },
            Route(method: .patch, path: one, access: .right([.administer]), handle: self.changeWebhook),
            Route(method: .delete, path: one, access: .right([.administer])) { call in
                let id = try call.path("id")
                try await self.webhooks.remove(id)
                return try Answer.json(["removed": id])
            },
            Route(method: .post, path: one + "/rotate", access: .right([.administer]), handle: self.rotateWebhook),
            Route(method: .post, path: one + "/test", access: .right([.administer])) { call in
                try Answer.json(try await self.webhooks.test(call.path("id")))
            },
        ]
    }

    private func webhook(_ id: String) async throws -> WebhookOverview {
        guard let overview = try await self.store.webhooks().first(where: { $0.endpoint.id == id }) else {
            throw Problem.notFound("There is no webhook '\(id.prefix(Limits.idBytes))'.")
        }
        return overview
    }

    private static let mostPatterns = 50

    private func addWebhook(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["url", "events", "description"])
        let endpoint = try await self.webhooks.add(
            url: body.text(required: "url"),
            events: body.texts(required: "events", most: Self.mostPatterns),
            note: body.text("description")
        )
        return try Answer.json(NewWebhook(endpoint: endpoint), status: .created)
    }

    private func changeWebhook(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["url", "events", "description", "enabled"])
        let id = try call.path("id")
        _ = try await self.webhooks.change(
            id,
            Webhooks.Change(
                url: try body.text("url"),
                events: body.value("events") == nil ? nil : try body.texts(required: "events", most: Self.mostPatterns),
                note: try body.text("description"),
                isEnabled: try body.flag("enabled")
            )
        )
        return try Answer.json(try await self.webhook(id))
    }

    private func rotateWebhook(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["overlapSeconds", "force"])
        let longest = Int(Webhooks.longestOverlap.inMilliseconds / 1000)
        let endpoint = try await self.webhooks.rotate(
            call.path("id"),
            overlap: .seconds(try body.integer("overlapSeconds", in: 0...longest) ?? 86_400),
            force: try body.flag("force") ?? false
        )
        return try Answer.json(RotatedWebhook(endpoint))
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
