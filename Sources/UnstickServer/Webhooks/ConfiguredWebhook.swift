import Unstick

/// An endpoint from the policy file; its name is its id.
public struct ConfiguredWebhook: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Where events are sent.
    public var url: String
    /// The subscribed events.
    public var events: [String]
    /// The secret that signs events, as `whsec_…`.
    public var secret: String

    /// Makes an endpoint of a file.
    public init(name: String, url: String, events: [String], secret: String) {
        self.name = name
        self.url = url
        self.events = events
        self.secret = secret
    }

    /// Whether a text is a secret that can sign events.
    package static func isSecret(_ text: String) -> Bool { WebhookSecret(text) != nil }

    static let leftTheFile = "The policy file does not name it any more."
    /// How long the previous secret still signs beside a new one.
    private static let overlap = Duration.seconds(86_400)

    /// The endpoint, on top of its stored state.
    func endpoint(over known: WebhookEndpoint?, at now: Timestamp) -> WebhookEndpoint {
        guard var endpoint = known else {
            return WebhookEndpoint(
                id: self.name,
                url: self.url,
                events: self.events,
                source: .file,
                secrets: SigningSecrets(current: self.secret),
                createdAt: now
            )
        }
        endpoint.url = self.url
        endpoint.events = self.events
        if endpoint.secrets.current != self.secret {
            endpoint.secrets = endpoint.secrets.rotated(to: self.secret, overlap: Self.overlap, at: now)
        }
        if endpoint.disabled?.reason == Self.leftTheFile { endpoint.disabled = nil }
        return endpoint
    }
}
