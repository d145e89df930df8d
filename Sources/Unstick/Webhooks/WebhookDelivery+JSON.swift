extension WebhookDelivery: Encodable {
    private enum Key: String, CodingKey {
        case eventId, endpointId, type, userId, jobId, createdAt, status, attempts, nextAt, lastStatus, lastError
        case lastDurationMs, deliveredAt
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.eventID, forKey: .eventId)
        try container.encode(self.endpointID, forKey: .endpointId)
        try container.encode(self.type, forKey: .type)
        try container.encode(self.userID, forKey: .userId)
        try container.encode(self.jobID, forKey: .jobId)
        try container.encode(self.createdAt, forKey: .createdAt)
        try container.encode(self.status, forKey: .status)
        try container.encode(self.attempts, forKey: .attempts)
        try container.encode(self.nextAt, forKey: .nextAt)
        try container.encode(self.lastStatus, forKey: .lastStatus)
        try container.encode(self.lastError, forKey: .lastError)
        try container.encode(self.lastDuration?.inMilliseconds, forKey: .lastDurationMs)
        try container.encode(self.status == .delivered ? self.endedAt : nil, forKey: .deliveredAt)
    }
}
