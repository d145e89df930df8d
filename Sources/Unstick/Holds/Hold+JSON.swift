extension Hold: Encodable {
    private enum Key: String, CodingKey {
        case id, scope, kind, reason, jobs, state, openedAt, seenAt, decidedAt, decidedBy
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.id, forKey: .id)
        try container.encode(self.scope, forKey: .scope)
        try container.encodeIfPresent(self.kind, forKey: .kind)
        try container.encode(self.reason, forKey: .reason)
        try container.encode(self.jobs, forKey: .jobs)
        try container.encode(self.state, forKey: .state)
        try container.encode(self.openedAt, forKey: .openedAt)
        try container.encodeIfPresent(self.seenAt, forKey: .seenAt)
        try container.encodeIfPresent(self.decidedAt, forKey: .decidedAt)
        try container.encodeIfPresent(self.decidedBy, forKey: .decidedBy)
    }
}

extension HeldJob: Encodable {
    private enum Key: String, CodingKey {
        case jobId, userId, kind, tier, attempt, tokensCost, worker, since
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.jobID, forKey: .jobId)
        try container.encode(self.userID, forKey: .userId)
        try container.encode(self.kind, forKey: .kind)
        try container.encode(self.tier, forKey: .tier)
        try container.encode(self.attempt, forKey: .attempt)
        try container.encode(self.tokensCost, forKey: .tokensCost)
        try container.encode(self.worker, forKey: .worker)
        try container.encode(self.since, forKey: .since)
    }
}

/// A hold with its attempts.
package struct HoldDetail: Hashable, Sendable, Encodable {
    package var hold: Hold
    /// The oldest of its attempts.
    package var jobs: [HeldJob]

    package init(hold: Hold, jobs: [HeldJob]) {
        self.hold = hold
        self.jobs = jobs
    }
}
