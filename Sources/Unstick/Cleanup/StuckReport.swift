/// The stuck jobs, as the command line and the API return them.
public struct StuckReport: Hashable, Sendable {
    /// How many jobs are stuck, listed or not.
    public var totalFound: Int
    /// The oldest stuck jobs.
    public var jobs: [StuckJob]
    /// Why a run would be held now, by the guard or a pause; `nil` if it would not.
    public var held: String?
    /// Why a run over a team's own tables would not start; `nil` if it would.
    public var refused: String?
    /// Stuck jobs that open holds stop, beside ``totalFound``; `nil` where there are none.
    public var heldCount: Int?
    /// Jobs of ``totalFound`` that wait for a second look; `nil` where there are none.
    public var waiting: Int?
}

extension Cleaner {
    /// How many jobs are stuck, with the oldest of them.
    ///
    /// Changes nothing and leaves no record.
    ///
    /// - Parameters:
    ///   - timeout: the age at which an attempt is stuck, in place of the policy's timeouts.
    ///   - limit: how many to list at most, 1 to 10,000.
    /// - Throws: ``UnstickError`` `invalidArgument`, `databaseUnavailable`.
    public func stuckReport(timeout: Duration? = nil, limit: Int = 100) async throws -> StuckReport {
        try CleanupOptions(timeout: timeout, batchSize: limit).validate()
        let policy = self.policy(timeout: timeout)
        let backlog = try await self.store.backlog(policy)
        var jobs: [StuckJob] = Array(backlog.unreadable.prefix(limit))
        for ruleMatches in backlog.ruleMatches where jobs.count < limit {
            jobs += try await self.store.stuckJobs(
                asOf: backlog.now,
                ruleMatches,
                after: nil,
                limit: limit - jobs.count
            )
        }
        let total = backlog.stuck + backlog.unreadable.count
        return StuckReport(
            totalFound: max(total, jobs.count),
            jobs: jobs,
            held: backlog.holdReason(policy) ?? backlog.openHolds,
            refused: backlog.stuck > 0 ? try await self.startRefusal() : nil,
            heldCount: backlog.held > 0 ? backlog.held : nil,
            waiting: try await self.waiting(policy, backlog)
        )
    }

    /// How many of the stuck jobs wait for a second look; `nil` for none.
    private func waiting(_ policy: Policy, _ backlog: Backlog) async throws -> Int? {
        guard backlog.ruleMatches.contains(where: self.store.looksTwice) else { return nil }
        do {
            let waiting = try await self.store.backlog(policy, looks: .preview).waiting
            return waiting > 0 ? waiting : nil
        } catch let error as UnstickError where error.code == .schemaMismatch {
            // Tables of an older version know no looks.
            return nil
        }
    }

    /// Why a run would not start; `nil` for tables of an older version, which a run refuses anyway.
    private func startRefusal() async throws -> String? {
        do {
            return try await self.store.startRefusal(dryRun: true)
        } catch let error as UnstickError where error.code == .schemaMismatch {
            return nil
        }
    }
}

extension StuckReport: Encodable {}

extension StuckJob: Encodable {
    private enum Key: String, CodingKey {
        case id, userId, kind, tier, tokensCost, attempt, processingStartedAt, updatedAt, stuckForMs, reason
        case rule, limit, limitMs, measuredMs, worker, action, tokensOwed, error
    }

    /// Encodes the documented shape.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(self.id, forKey: .id)
        try container.encode(self.userID, forKey: .userId)
        try container.encode(self.kind, forKey: .kind)
        try container.encode(self.tier, forKey: .tier)
        try container.encode(max(self.tokensCost, 0), forKey: .tokensCost)
        try container.encode(self.attempt, forKey: .attempt)
        try container.encode(self.processingStartedAt, forKey: .processingStartedAt)
        try container.encode(self.updatedAt, forKey: .updatedAt)
        try container.encode(self.stuckFor.inMilliseconds, forKey: .stuckForMs)
        try container.encode(self.reason, forKey: .reason)
        try container.encode(self.stuckReason.rule, forKey: .rule)
        try container.encode(self.stuckReason.limit, forKey: .limit)
        try container.encode(self.stuckReason.allowed.inMilliseconds, forKey: .limitMs)
        try container.encode(self.stuckReason.measured.inMilliseconds, forKey: .measuredMs)
        try container.encode(self.stuckReason.worker, forKey: .worker)
        try container.encode(self.action.previewed, forKey: .action)
        try container.encode(self.tokensOwed, forKey: .tokensOwed)
        try container.encodeIfPresent(self.problem, forKey: .error)
    }
}
