/// What is stuck right now, as the command line and the API answer it.
public struct StuckReport: Hashable, Sendable {
    /// How many jobs are stuck, listed or not.
    public var totalFound: Int
    /// The oldest of them.
    public var jobs: [StuckJob]
}

extension Cleaner {
    /// How many jobs are stuck, with the oldest of them.
    ///
    /// Changes nothing and leaves no record.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument`, `databaseUnavailable`.
    public func stuckReport(timeout: Duration = .seconds(300), limit: Int = 100) async throws -> StuckReport {
        let jobs = try await self.findStuckJobs(timeout: timeout, limit: limit)
        guard jobs.count == limit else { return StuckReport(totalFound: jobs.count, jobs: jobs) }
        let survey = try await self.store.survey(timeout: timeout, countingRunningFrom: .max)
        return StuckReport(totalFound: max(survey.stuck, jobs.count), jobs: jobs)
    }
}

extension StuckReport: Encodable {}

extension StuckJob: Encodable {
    private enum Key: String, CodingKey {
        case id, userId, kind, tier, tokensCost, attempt, processingStartedAt, updatedAt, stuckForMs, reason
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.id, forKey: .id)
        try container.encode(self.userID, forKey: .userId)
        try container.encode(self.kind, forKey: .kind)
        try container.encode(self.tier, forKey: .tier)
        try container.encode(self.tokensCost, forKey: .tokensCost)
        try container.encode(self.attempt, forKey: .attempt)
        try container.encode(self.processingStartedAt, forKey: .processingStartedAt)
        try container.encode(self.updatedAt, forKey: .updatedAt)
        try container.encode(self.stuckFor.inMilliseconds, forKey: .stuckForMs)
        try container.encode(self.reason, forKey: .reason)
    }
}
