import Unstick
import UnstickServer

/// The data of a webhook without its secret, and the actions on it.
struct WebhookSummary {
    var id: String
    var url: String
    var events: String
    var note: String?
    var status: Badge
    var source: String
    var created: TimeView
    var waiting: String
    var oldestWaiting: TimeView?
    var dead: String
    var failingSince: TimeView?
    var lastError: String?
    var disabledAt: TimeView?
    var disabledReason: String?
    var testAction: String?
    var enableAction: String?
    var disableAction: String?
    var replayAction: String?

    /// - Parameter deliveries: its newest deliveries.
    init(_ webhook: WebhookOverview, _ deliveries: [WebhookDelivery], _ now: Timestamp, _ request: PageRequest) {
        let endpoint = webhook.endpoint
        self.id = endpoint.id
        self.url = endpoint.url(for: request.principal)
        self.events = endpoint.events.joined(separator: ", ")
        self.note = endpoint.note
        self.status = Badge(endpoint)
        self.source = endpoint.source.description
        self.created = TimeView(endpoint.createdAt, now: now)
        self.waiting = webhook.waiting.grouped
        self.oldestWaiting = TimeView(webhook.oldestWaiting, now: now)
        self.dead = webhook.dead.grouped
        let isFailing = endpoint.isEnabled && endpoint.failingSince != nil
        self.failingSince = isFailing ? TimeView(endpoint.failingSince, now: now) : nil
        self.lastError = isFailing ? deliveries.lazy.compactMap(\.lastError).first : nil
        self.disabledAt = TimeView(endpoint.disabled?.at, now: now)
        self.disabledReason = endpoint.disabled?.reason
        self.addActions(webhook, request)
    }

    private mutating func addActions(_ webhook: WebhookOverview, _ request: PageRequest) {
        guard request.may(.administer) else { return }
        let path = request.href("/webhooks/" + self.id.pathEncoded)
        self.testAction = path + "/test"
        self.enableAction = webhook.endpoint.isEnabled ? nil : path + "/enable"
        self.disableAction = webhook.endpoint.isEnabled ? path + "/disable" : nil
        self.replayAction = webhook.dead > 0 ? path + "/replay" : nil
    }
}

/// A webhook that was just created.
struct NewWebhook {
    var id: String
    var href: String
    var url: String

    init(_ endpoint: WebhookEndpoint, _ request: PageRequest) {
        self.id = endpoint.id
        self.href = request.href("/webhooks/" + endpoint.id.pathEncoded)
        self.url = endpoint.url
    }
}

extension WebhookEndpoint.Source {
    fileprivate var description: String {
        switch self {
        case .api: "added by a call or a command"
        case .file: "the policy file; change its URL and events there"
        }
    }
}
