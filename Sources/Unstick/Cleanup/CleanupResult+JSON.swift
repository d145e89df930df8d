extension CleanupResult: Encodable {
    private enum Key: String, CodingKey {
        case runId, dryRun, totalFound, cleanedUp, failed, tokensRefunded, tokensOwed, jobs, errors, more, held,
            heldCount, waiting, waitingUntil, refused, reported
        case retried, quarantined
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.runID, forKey: .runId)
        try container.encode(self.dryRun, forKey: .dryRun)
        try container.encode(self.totalFound, forKey: .totalFound)
        try container.encode(self.cleanedUp, forKey: .cleanedUp)
        try container.encode(self.failed, forKey: .failed)
        try container.encode(self.tokensRefunded, forKey: .tokensRefunded)
        if self.dryRun { try container.encode(self.tokensOwed, forKey: .tokensOwed) }
        try container.encode(self.jobs, forKey: .jobs)
        try container.encode(self.errors, forKey: .errors)
        try container.encode(self.more, forKey: .more)
        try container.encodeIfPresent(self.held, forKey: .held)
        if self.heldCount > 0 { try container.encode(self.heldCount, forKey: .heldCount) }
        if self.waiting > 0 { try container.encode(self.waiting, forKey: .waiting) }
        try container.encodeIfPresent(self.waitingUntil, forKey: .waitingUntil)
        try container.encodeIfPresent(self.refused, forKey: .refused)
        if self.retried > 0 { try container.encode(self.retried, forKey: .retried) }
        if self.quarantined > 0 { try container.encode(self.quarantined, forKey: .quarantined) }
        if self.reported > 0 { try container.encode(self.reported, forKey: .reported) }
    }
}

extension CleanupResult.CleanedJob: Encodable {
    private enum Key: String, CodingKey {
        case id, userId, tokensRefunded, tokensOwed, processingDuration, error
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.id, forKey: .id)
        try container.encode(self.userID, forKey: .userId)
        try container.encode(self.tokensRefunded, forKey: .tokensRefunded)
        try container.encodeIfPresent(self.tokensOwed, forKey: .tokensOwed)
        try container.encode(self.processingDuration.inMilliseconds, forKey: .processingDuration)
        try container.encodeIfPresent(self.error, forKey: .error)
    }
}

extension CleanupResult.JobError: Encodable {
    private enum Key: String, CodingKey {
        case jobId, error
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.jobID, forKey: .jobId)
        try container.encode(self.error, forKey: .error)
    }
}
