extension Run: Encodable {
    private enum Key: String, CodingKey {
        case id, trigger, status, dryRun, timeoutMs, batchSize, totalFound, cleanedUp, retried, failed, tokensRefunded,
            tokensOwed, more
        case error, startedAt, durationMs, kinds
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.id, forKey: .id)
        try container.encode(self.trigger.description, forKey: .trigger)
        try container.encode(self.status, forKey: .status)
        try container.encode(self.dryRun, forKey: .dryRun)
        try container.encode(self.timeout?.inMilliseconds, forKey: .timeoutMs)
        try container.encode(self.batchSize, forKey: .batchSize)
        try container.encode(self.totalFound, forKey: .totalFound)
        try container.encode(self.cleanedUp, forKey: .cleanedUp)
        try container.encode(self.retried, forKey: .retried)
        try container.encode(self.failed, forKey: .failed)
        try container.encode(self.tokensRefunded, forKey: .tokensRefunded)
        if self.dryRun { try container.encode(self.tokensOwed, forKey: .tokensOwed) }
        try container.encode(self.more, forKey: .more)
        try container.encode(self.error, forKey: .error)
        try container.encode(self.startedAt, forKey: .startedAt)
        try container.encode(self.duration?.inMilliseconds, forKey: .durationMs)
        if !self.kinds.isEmpty { try container.encode(self.kinds, forKey: .kinds) }
    }
}

extension RunItem: Encodable {
    private enum Key: String, CodingKey {
        case position, jobId, userId, kind, tier, attempt, action, tokensRefunded, tokensOwed, processingDuration,
            reason, error
        case rule, limit, limitMs, measuredMs, worker, retryAt, refundRequest, source
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.position, forKey: .position)
        try container.encode(self.jobID, forKey: .jobId)
        try container.encode(self.userID, forKey: .userId)
        try container.encode(self.kind, forKey: .kind)
        try container.encode(self.tier, forKey: .tier)
        try container.encode(self.attempt, forKey: .attempt)
        try container.encode(self.action, forKey: .action)
        try container.encode(self.tokensRefunded, forKey: .tokensRefunded)
        if self.action.isPreview { try container.encode(self.tokensOwed, forKey: .tokensOwed) }
        try container.encode(self.processingDuration.inMilliseconds, forKey: .processingDuration)
        try container.encode(self.reason, forKey: .reason)
        try container.encode(self.stuckReason.rule, forKey: .rule)
        try container.encode(self.stuckReason.limit, forKey: .limit)
        try container.encode(self.stuckReason.allowed.inMilliseconds, forKey: .limitMs)
        try container.encode(self.stuckReason.measured.inMilliseconds, forKey: .measuredMs)
        try container.encode(self.stuckReason.worker, forKey: .worker)
        try container.encode(self.retryAt, forKey: .retryAt)
        try container.encode(self.error, forKey: .error)
        try container.encodeIfPresent(self.refundRequest, forKey: .refundRequest)
        try container.encodeIfPresent(self.source, forKey: .source)
    }
}
