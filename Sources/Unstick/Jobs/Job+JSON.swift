extension Job: Encodable {
    private enum Key: String, CodingKey {
        case id, userId, kind, tier, tokensCost, status, attempt, errorMessage, createdAt, processingStartedAt,
            updatedAt
        case processingCompletedAt, chargeKind, tokensUsed, timeouts, worker, payload, availableAt, quarantinedAt
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.id, forKey: .id)
        try container.encode(self.userID, forKey: .userId)
        try container.encode(self.kind, forKey: .kind)
        try container.encode(self.tier, forKey: .tier)
        try container.encode(self.tokensCost, forKey: .tokensCost)
        try container.encode(self.status, forKey: .status)
        try container.encode(self.attempt, forKey: .attempt)
        try container.encode(self.errorMessage, forKey: .errorMessage)
        try container.encode(self.createdAt, forKey: .createdAt)
        try container.encode(self.processingStartedAt, forKey: .processingStartedAt)
        try container.encode(self.updatedAt, forKey: .updatedAt)
        try container.encode(self.processingCompletedAt, forKey: .processingCompletedAt)
        try container.encode(self.chargeKind, forKey: .chargeKind)
        try container.encode(self.tokensUsed, forKey: .tokensUsed)
        try container.encode(self.timeouts, forKey: .timeouts)
        try container.encode(self.worker, forKey: .worker)
        try container.encode(self.payload.map { JSONText($0) }, forKey: .payload)
        try container.encode(self.availableAt, forKey: .availableAt)
        try container.encode(self.quarantinedAt, forKey: .quarantinedAt)
    }
}
