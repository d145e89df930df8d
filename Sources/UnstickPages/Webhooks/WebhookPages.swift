import HTTPTypes
import Hummingbird
import Unstick
import UnstickServer

extension AdminPages {
    /// The number of deliveries on the page of a webhook.
    private static let newest = 20
    /// The most patterns of events of a webhook.
    private static let mostPatterns = 50

    var webhookRoutes: [PageRoute] {
        [
            .get("/webhooks") { request in try await self.webhooksPage(request) },
            .post("/webhooks", .administer) { request in try await self.addWebhook(request) },
            .get("/webhooks/{id}") { request in try await self.webhookPage(request) },
            .post("/webhooks/{id}/test", .administer) { request in try await self.testWebhook(request) },
            .post("/webhooks/{id}/enable", .administer) { request in try await self.switchWebhook(request, on: true) },
            .post("/webhooks/{id}/disable", .administer) { request in try await self.switchWebhook(request, on: false)
            },
            .post("/webhooks/{id}/replay", .administer) { request in try await self.replayDead(request) },
        ] + self.deliveryRoutes
    }

    /// - Parameters:
    ///   - form: the fields for a new webhook.
    ///   - refusal: why the webhook was not created.
    private func webhooksPage(
        _ request: PageRequest,
        form: WebhookForm = WebhookForm(),
        refusal: String? = nil
    ) async throws -> Response {
        let webhooks = try await self.api.store.webhooks()
        let now = try await self.api.store.now()
        let content = WebhooksContent(
            deliveriesHref: request.href("/deliveries"),
            rows: webhooks.map { WebhookRow($0, now, request) },
            empty: webhooks.isEmpty ? "There are no webhooks, so no events are sent." : nil,
            add: request.may(.administer) ? form : nil
        )
        return try await self.page(
            content,
            request,
            title: "Webhooks",
            notice: refusal.map { Notice(kind: "error", text: $0) },
            status: refusal == nil ? .ok : .badRequest
        )
    }

    /// Returns the secret, which no page shows again.
    private func addWebhook(_ request: PageRequest) async throws -> Response {
        let form = WebhookForm(try await Form(of: request))
        let endpoint: WebhookEndpoint
        do {
            endpoint = try await request.administration(of: self.api).addWebhook(
                url: form.url,
                events: form.patterns(atMost: Self.mostPatterns),
                note: form.note.isEmpty ? nil : form.note,
                with: self.api.webhooks
            )
        } catch let error as UnstickError where error.code == .invalidArgument {
            return try await self.webhooksPage(request, form: form, refusal: error.message)
        }
        let content = WebhookSecretContent(
            endpoint: NewWebhook(endpoint, request),
            secret: endpoint.secrets.current
        )
        return try await self.page(content, request, title: "Webhook added", status: .created)
    }

    private func webhookPage(_ request: PageRequest) async throws -> Response {
        let store = self.api.store
        let id = try request.call.path("id")
        guard let webhook = try await store.webhooks().first(where: { $0.endpoint.id.isExactly(id) }) else {
            throw Self.noWebhook(id)
        }
        let page = try await store.page(DeliveryFilter(endpointID: id), cursor: nil, limit: Self.newest)
        let now = try await store.now()
        let emptiness =
            page.lookedBackTo == nil
            ? "No deliveries yet."
            : "None of the newest \(Limits.window.of("delivery", "deliveries")) is for this webhook."
        let content = WebhookContent(
            endpoint: WebhookSummary(webhook, page.deliveries, now, request),
            deliveriesHref: Link(request.href("/deliveries"), [("endpoint", id)]).href,
            rows: page.deliveries.map { DeliveryRow($0, now, request) },
            empty: page.deliveries.isEmpty ? emptiness : nil
        )
        return try await self.page(content, request, title: "Webhook \(id)")
    }

    private func testWebhook(_ request: PageRequest) async throws -> Response {
        let id = try await self.knownWebhook(request)
        let result = try await request.administration(of: self.api).testWebhook(id, with: self.api.webhooks)
        return self.webhook(id, did: result.delivered ? "tested" : "test-failed", request)
    }

    private func switchWebhook(_ request: PageRequest, on isEnabled: Bool) async throws -> Response {
        let id = try await self.knownWebhook(request)
        try await request.administration(of: self.api)
            .changeWebhook(id, Webhooks.Change(isEnabled: isEnabled), with: self.api.webhooks)
        return self.webhook(id, did: isEnabled ? "enabled" : "disabled", request)
    }

    private func replayDead(_ request: PageRequest) async throws -> Response {
        let id = try await self.knownWebhook(request)
        _ = try await request.administration(of: self.api).replay(ReplaySelection(endpointID: id, status: .dead))
        return self.webhook(id, did: "replayed", request)
    }

    /// The webhook of a form.
    private func knownWebhook(_ request: PageRequest) async throws -> String {
        _ = try await Form(of: request)
        let id = try request.call.path("id")
        guard try await self.api.store.webhook(id) != nil else { throw Self.noWebhook(id) }
        return id
    }

    private static func noWebhook(_ id: String) -> Problem {
        .notFound("There is no webhook '\(id.cut(toBytes: Limits.idBytes))'. It may have been removed.")
    }

    /// Redirects to the page of a webhook with a notice of the change.
    func webhook(_ id: String, did: String, _ request: PageRequest) -> Response {
        .seeOther(Link(request.href("/webhooks/" + id.pathEncoded), [("did", did)]).href)
    }
}

struct WebhooksContent: PageContent {
    static let template = "webhooks"

    var deliveriesHref: String
    var rows: [WebhookRow]
    var empty: String?
    var add: WebhookForm?
}

struct WebhookSecretContent: PageContent {
    static let template = "webhook-secret"

    var endpoint: NewWebhook
    var secret: String
}

struct WebhookContent: PageContent {
    static let template = "webhook"

    var endpoint: WebhookSummary
    var deliveriesHref: String
    var rows: [DeliveryRow]
    var empty: String?
}

/// The fields for a new webhook, as they were entered.
struct WebhookForm {
    var url = ""
    var events = "*"
    var note = ""

    /// The empty fields.
    init() {}

    /// The fields of the request.
    init(_ form: Form) {
        self.url = form.text("url") ?? ""
        self.events = form.text("events") ?? ""
        self.note = form.text("note") ?? ""
    }

    /// The events to send.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument` for too many.
    func patterns(atMost most: Int) throws -> [String] {
        let patterns = self.events.split { $0 == "," || $0.isWhitespace }.map(String.init)
        guard patterns.count <= most else {
            throw UnstickError(.invalidArgument, "Enter at most \(most) events or families such as job.*.")
        }
        return patterns
    }
}
