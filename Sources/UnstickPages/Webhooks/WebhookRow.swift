import Unstick
import UnstickServer

/// A webhook in the list.
struct WebhookRow {
    var endpoint: Ref
    var url: String
    var events: String
    var note: String?
    var status: Badge
    var waiting: String
    var oldestWaiting: TimeView?
    var dead: String
    var failingSince: TimeView?

    init(_ webhook: WebhookOverview, _ now: Timestamp, _ request: PageRequest) {
        let endpoint = webhook.endpoint
        self.endpoint = .webhook(endpoint.id, request)
        self.url = endpoint.url(for: request.principal)
        self.events = endpoint.events.joined(separator: ", ")
        self.note = endpoint.note
        self.status = Badge(endpoint)
        self.waiting = webhook.waiting.grouped
        self.oldestWaiting = TimeView(webhook.oldestWaiting, now: now)
        self.dead = webhook.dead.grouped
        self.failingSince = TimeView(webhook.failingSince, now: now)
    }
}

extension Badge {
    /// Whether a webhook is enabled, and whether its calls succeed.
    init(_ endpoint: WebhookEndpoint) {
        if endpoint.isEnabled {
            self = endpoint.failingSince == nil ? Badge("Works", .good) : Badge("Fails", .bad)
        } else {
            self.init("Disabled", .quiet)
        }
    }
}
