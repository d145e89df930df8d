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
