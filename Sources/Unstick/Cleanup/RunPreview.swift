/// What a pass would do now.
public struct RunPreview: Hashable, Sendable {
    /// The moment, by the database's clock.
    public var now: Timestamp
    /// How many jobs are stuck.
    public var totalFound: Int
    /// How many of them the pass would take.
    public var taken: Int
    /// What it would give back for ``counted`` of these.
    public var tokensOwed: Int
    /// For how many of them that was added up: for all, or for the oldest ``Limits/counted``.
    public var counted: Int
    /// The kinds that have jobs old enough to be judged, in alphabetical order, whichever the pass would take.
    public var kinds: [String]
    /// The oldest of them.
    public var jobs: [StuckJob]
    /// Why it would be held: by a pause, or by the guard.
    public var held: String?
    /// Whether that is a pause.
    public var isPaused: Bool
}

extension Cleaner {
    /// What a pass with these options would do now.
    ///
    /// Changes nothing and leaves no record.
    ///
    /// - Parameters:
    ///   - options: how the pass would go.
    ///   - listed: how many jobs to list at most, 1 to 10,000.
    /// - Throws: ``UnstickError`` `invalidArgument`, `databaseUnavailable`.
    public func preview(_ options: CleanupOptions, listed: Int) async throws -> RunPreview {
        try options.validate()
        let policy = self.policy(timeout: options.timeout)
        let room = options.drain ? Int.max : options.firstBatchSize
        let backlog = try await self.store.backlog(
            policy,
            kinds: options.kinds,
            refundLimit: min(room, Limits.counted),
            countsRefunds: true
        )
        var preview = RunPreview(
            now: backlog.now,
            totalFound: backlog.stuck,
            taken: min(backlog.stuck, room),
            tokensOwed: backlog.tokensOwed,
            counted: min(backlog.stuck, room, Limits.counted),
            kinds: backlog.candidates.map(\.kind).distinct,
            jobs: [],
            held: backlog.pause?.message ?? policy.massFailureGuard.holdReason(to: backlog),
            isPaused: backlog.pause != nil
        )
        for ruleMatches in backlog.ruleMatches where preview.jobs.count < listed {
            preview.jobs += try await self.store.stuckJobs(
                asOf: backlog.now,
                ruleMatches,
                after: nil,
                limit: listed - preview.jobs.count
            )
        }
        return preview
    }
}
