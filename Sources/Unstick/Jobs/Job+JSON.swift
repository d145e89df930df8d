extension Job: Encodable {
    private enum Key: String, CodingKey {
        case id, userId, kind, tier, tokensCost, status, attempt, errorMessage, createdAt, processingStartedAt,
            updatedAt
        case processingCompletedAt
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
    }
}
