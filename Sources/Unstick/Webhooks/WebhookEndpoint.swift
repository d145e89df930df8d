/// A subscriber's server that receives events.
public struct WebhookEndpoint: Hashable, Sendable {
    /// The origin of an endpoint.
    public enum Source: String, Sendable, Codable {
        /// The API or the command line created it, and can change it.
        case api
        /// The server's policy file has it, and only the file can change it.
        case file
    }

    /// The id; random, or the name in the file.
    public var id: String
    /// Where events are sent.
    public var url: String
    /// The subscribed events: types, families such as `job.*`, or `*` for all but `tokens.refund_due`.
    public var events: [String]
    /// A note for people.
    public var note: String?
    /// The origin.
    public var source: Source
    /// The secrets that sign its events, the newest first.
    public var secrets: SigningSecrets
    /// When it was created.
    public var createdAt: Timestamp
    /// When and why it was disabled.
    public var disabled: Disabled?
    /// Since when every call has failed.
    public var failingSince: Timestamp?

    /// Why an endpoint is disabled.
    public struct Disabled: Hashable, Sendable {
        /// When it was disabled.
        public var at: Timestamp
        /// The reason, for people.
        public var reason: String

        /// Makes the answer.
        public init(at: Timestamp, reason: String) {
            self.at = at
            self.reason = reason
        }
    }

    /// For how long every call may fail before the endpoint is disabled.
    package static let gracePeriod = Duration.seconds(5 * 86_400)

    /// Makes an endpoint from its fields.
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

    /// Whether it is enabled.
    public var isEnabled: Bool { self.disabled == nil }

    /// The types that it subscribes to.
    ///
    /// A disabled endpoint receives no new events except those that refunds depend on: they wait until it is enabled
    /// again.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument` for an unknown event.
    package func subscriptions() throws -> Set<EventType> {
        let types = try EventType.matching(self.events)
        return self.isEnabled ? types : types.intersection([.tokensRefundDue])
    }
}

/// An endpoint with the number of its deliveries.
public struct WebhookOverview: Hashable, Sendable {
    /// The endpoint.
    public var endpoint: WebhookEndpoint
    /// Pending deliveries.
    public var waiting: Int
    /// When the oldest pending delivery was created.
    public var oldestWaiting: Timestamp?
    /// Dead deliveries.
    public var dead: Int

    /// Since when deliveries fail: every call fails, or the endpoint is disabled while deliveries wait.
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
