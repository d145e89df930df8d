/// What others are told about an endpoint.
package struct WebhookEvent: Event {
    package let type = EventType.webhookDisabled
    private let endpointId, url, reason: String

    package init(disabled endpoint: WebhookEndpoint) {
        self.endpointId = endpoint.id
        self.url = endpoint.url
        self.reason = endpoint.disabled?.reason ?? ""
    }

    private enum CodingKeys: String, CodingKey {
        case endpointId, url, reason
    }
}
