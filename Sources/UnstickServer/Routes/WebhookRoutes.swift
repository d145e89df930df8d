import HTTPTypes
import Hummingbird
import Unstick

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
                let id = try call.path("id")
                try await self.administration(by: call).removeWebhook(id, with: self.webhooks)
                return try Answer.json(["removed": id])
            },
            Route(method: .post, path: one + "/rotate", access: .right([.administer]), handle: self.rotateWebhook),
            Route(method: .post, path: one + "/test", access: .right([.administer])) { call in
                try Answer.json(
                    try await self.administration(by: call).testWebhook(call.path("id"), with: self.webhooks)
                )
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
        let endpoint = try await self.administration(by: call).addWebhook(
            url: body.text(required: "url"),
            events: body.texts(required: "events", most: Self.mostPatterns),
            note: body.note("description"),
            with: self.webhooks
        )
        return try Answer.json(NewWebhook(endpoint: endpoint), status: .created)
    }

    private func changeWebhook(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["url", "events", "description", "enabled"])
        let id = try call.path("id")
        try await self.administration(by: call).changeWebhook(
            id,
            Webhooks.Change(
                url: try body.text("url"),
                events: body.value("events") == nil ? nil : try body.texts(required: "events", most: Self.mostPatterns),
                note: try body.note("description"),
                isEnabled: try body.flag("enabled")
            ),
            with: self.webhooks
        )
        return try Answer.json(try await self.webhook(id))
    }

    private func rotateWebhook(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["overlapSeconds", "force"])
        let longest = Int(Webhooks.longestOverlap.inMilliseconds / 1000)
        let id = try call.path("id")
        let overlap = try body.integer("overlapSeconds", in: 0...longest) ?? 86_400
        let endpoint = try await self.administration(by: call).rotateWebhook(
            id,
            overlap: .seconds(overlap),
            force: body.flag("force") ?? false,
            with: self.webhooks
        )
        return try Answer.json(RotatedWebhook(endpoint))
    }
}

extension WebhookOverview {
    fileprivate func shown(to principal: Principal?) -> WebhookOverview {
        var shown = self
        shown.endpoint.url = self.endpoint.url(for: principal)
        return shown
    }
}

/// A new endpoint, with its secret: the only answer that has it.
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

extension UnstickAPI {
    var deliveryRoutes: [Route] {
        let path = "/api/admin/deliveries"
        return [
            Route(method: .get, path: path, access: .right([.view]), handle: self.deliveries),
            Route(method: .post, path: path + "/replay", access: .right([.administer]), handle: self.replay),
        ]
    }

    private func deliveries(_ call: Call) async throws -> Response {
        let query = try call.query(allowing: ["endpoint", "status", "job", "limit", "cursor"])
        let filter = DeliveryFilter(
            endpointID: try query.text("endpoint"),
            status: try query.word("status", as: WebhookDelivery.Status.self),
            jobID: try query.text("job")
        )
        return try Answer.json(await self.store.page(filter, cursor: query.text("cursor"), limit: query.limit()))
    }

    private func replay(_ call: Call) async throws -> Response {
        let body = try await JSONBody(of: call, allowing: ["endpoint", "event", "since", "status"])
        let since = try body.text("since").map { text in
            guard let since = Timestamp(text) else {
                throw Problem.badRequest("It must be a time such as 2026-01-31T12:00:00Z.", pointer: "/since")
            }
            return since
        }
        let selection = ReplaySelection(
            endpointID: try body.name("endpoint"),
            eventID: try body.name("event"),
            since: since,
            status: try body.word("status", as: WebhookDelivery.Status.self) ?? .dead
        )
        return try Answer.json(["replayed": try await self.administration(by: call).replay(selection)])
    }
}
