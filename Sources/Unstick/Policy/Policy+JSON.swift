extension Policy: Encodable {
    private enum Key: String, CodingKey {
        case defaults, rules, `guard`
    }

    /// Encodes the documented shape, which is that of the file; every rule has all inherited values.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.standard, forKey: .defaults)
        try container.encode(self.rules, forKey: .rules)
        try container.encode(self.massFailureGuard, forKey: .guard)
    }
}

extension MassFailureGuard: Encodable {
    private enum Key: String, CodingKey {
        case minimum, share, maxRefundPerRun
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.minimum, forKey: .minimum)
        try container.encode(self.share, forKey: .share)
        try container.encode(self.maxRefund, forKey: .maxRefundPerRun)
    }
}

extension Rule: Encodable {
    private enum Key: String, CodingKey {
        case name, kind, tier, timeoutMs, heartbeatTimeoutMs, pendingTimeoutMs, deadlineMs, retry, refund, quarantine
        case onLateCompletion
    }

    /// Encodes the documented shape; no kinds or tiers mean all of them.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.name, forKey: .name)
        try container.encode(self.kinds.map(\.description), forKey: .kind)
        try container.encode(self.tiers.map(\.description), forKey: .tier)
        try container.encode(self.timeout?.inMilliseconds, forKey: .timeoutMs)
        try container.encode(self.heartbeatTimeout?.inMilliseconds, forKey: .heartbeatTimeoutMs)
        try container.encode(self.pendingTimeout?.inMilliseconds, forKey: .pendingTimeoutMs)
        try container.encode(self.deadline?.inMilliseconds, forKey: .deadlineMs)
        try container.encode(self.retry, forKey: .retry)
        try container.encode(self.refund, forKey: .refund)
        try container.encode(self.quarantine, forKey: .quarantine)
        try container.encode(self.onLateCompletion, forKey: .onLateCompletion)
    }
}

extension Retry: Encodable {
    private enum Key: String, CodingKey {
        case attempts, backoffMs, capMs
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.attempts, forKey: .attempts)
        try container.encode(self.backoff.inMilliseconds, forKey: .backoffMs)
        try container.encode(self.cap.inMilliseconds, forKey: .capMs)
    }
}
