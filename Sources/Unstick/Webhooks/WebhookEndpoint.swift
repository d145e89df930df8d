/// Somebody's server that is told of events.
public struct WebhookEndpoint: Hashable, Sendable {
    /// Where an endpoint comes from.
    public enum Source: String, Sendable, Codable {
        /// The API or the command line made it, and may change it.
        case api
        /// The server's policy file names it, and is where it is changed.
        case file
    }

    /// The id; random, or the name in the file.
    public var id: String
    /// Where events are sent.
    public var url: String
    /// What it is told of: types, families such as `job.*`, or `*` for all but `tokens.refund_due`.
    public var events: [String]
    /// What it is for.
    public var note: String?
    /// Where it comes from.
    public var source: Source
    /// What events are signed with, the newest first.
    public var secrets: SigningSecrets
    /// When it was made.
    public var createdAt: Timestamp
    /// Since when it is not called any more, and why.
    public var disabled: Disabled?
    /// Since when every call of it has failed.
    public var failingSince: Timestamp?

    /// Why an endpoint is not called any more.
    public struct Disabled: Hashable, Sendable {
        /// Since when.
        public var at: Timestamp
        /// Why, in words.
        public var reason: String

        /// Makes the answer.
        public init(at: Timestamp, reason: String) {
            self.at = at
            self.reason = reason
        }
    }

    /// How long calls may have failed, without one that went through, until the endpoint is not called any more.
    public static let gracePeriod = Duration.seconds(5 * 86_400)

    /// Makes an endpoint from its facts.
    public init(
        id: String,
        url: String,
        events: [String],
        note: String? = nil,
        source: Source = .api,
        secrets: SigningSecrets,
        createdAt: Timestamp,
        disabled: Disabled? = nil,
        failingSince: Timestamp? = nil
    ) {
        self.id = id
        self.url = url
        self.events = events
        self.note = note
        self.source = source
        self.secrets = secrets
        self.createdAt = createdAt
        self.disabled = disabled
        self.failingSince = failingSince
    }

    /// Whether it is called.
    public var isEnabled: Bool { self.disabled == nil }

    /// The types it is told of.
    ///
    /// One that is disabled is told nothing new but what money depends on: that waits until it is enabled again.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument` for an event that there is not.
    package func subscriptions() throws -> Set<EventType> {
        let types = try EventType.matching(self.events)
        return self.isEnabled ? types : types.intersection([.tokensRefundDue])
    }
}

/// An endpoint with what is on its way to it.
public struct WebhookOverview: Hashable, Sendable {
    /// The endpoint.
    public var endpoint: WebhookEndpoint
    /// Deliveries that are to be made, or made again.
    public var waiting: Int
    /// When the oldest of them was made.
    public var oldestWaiting: Timestamp?
    /// Deliveries that were given up.
    public var dead: Int

    /// Since when nothing comes through that should: every call fails, or it is disabled while something waits.
    public var failingSince: Timestamp? {
        guard let disabled = self.endpoint.disabled else { return self.endpoint.failingSince }
        return self.waiting > 0 ? disabled.at : nil
    }

    /// Makes the answer.
    public init(endpoint: WebhookEndpoint, waiting: Int, oldestWaiting: Timestamp?, dead: Int) {
        self.endpoint = endpoint
        self.waiting = waiting
        self.oldestWaiting = oldestWaiting
        self.dead = dead
    }
}

extension WebhookOverview: Encodable {
    private enum Key: String, CodingKey {
        case id, url, events, description, source, createdAt, enabled, disabledAt, disabledReason, failingSince
        case waiting, dead
    }

    /// Encodes the documented shape, which has no secret.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.endpoint.id, forKey: .id)
        try container.encode(self.endpoint.url, forKey: .url)
        try container.encode(self.endpoint.events, forKey: .events)
        try container.encode(self.endpoint.note, forKey: .description)
        try container.encode(self.endpoint.source, forKey: .source)
        try container.encode(self.endpoint.createdAt, forKey: .createdAt)
        try container.encode(self.endpoint.isEnabled, forKey: .enabled)
        try container.encode(self.endpoint.disabled?.at, forKey: .disabledAt)
        try container.encode(self.endpoint.disabled?.reason, forKey: .disabledReason)
        try container.encode(self.endpoint.failingSince, forKey: .failingSince)
        try container.encode(self.waiting, forKey: .waiting)
        try container.encode(self.dead, forKey: .dead)
    }
}
