/// What a run would do now.
package struct RunPreview: Hashable, Sendable {
    /// The moment, by the database's clock.
    package var now: Timestamp
    /// How many jobs are stuck.
    package var totalFound: Int
    /// How many of them the run would take.
    package var taken: Int
    /// What it would refund for ``counted`` of these.
    package var tokensOwed: Int
    /// For how many of them that was summed: for all, or for the oldest ``Limits/counted``.
    package var counted: Int
    /// The kinds that have jobs old enough to be checked, in alphabetical order, also kinds that the run would not
    /// take.
    package var kinds: [String]
    /// The oldest stuck jobs.
    package var jobs: [StuckJob]
    /// Why it would be held: by a pause, or by the guard.
    package var held: String?
    /// Whether the reason is a pause.
    package var isPaused: Bool
    /// Whether the reason is the policy's limit for refunds, which a forced run does not exceed either.
    package var isOverRefundLimit = false
    /// Jobs that wait for a second look.
    package var waiting = 0
    /// Why the store would not let it start, also when it is forced.
    package var refused: String?
}

extension Cleaner {
    /// What a run with these options would do now.
    ///
    /// Changes nothing and leaves no record.
    ///
    /// - Parameters:
    ///   - options: the options of the run.
    ///   - listed: the most jobs to list, 1 to 10,000.
    /// - Throws: ``UnstickError`` `invalidArgument`, `databaseUnavailable`.
    package func preview(_ options: CleanupOptions, listed: Int) async throws -> RunPreview {
        try options.validate()
        let policy = self.policy(timeout: options.timeout)
        let room = options.drain ? Int.max : options.firstBatchSize
        let backlog = try await self.store.backlog(
            policy,
            kinds: options.kinds,
            refundLimit: min(room, Limits.counted),
            countsRefunds: true,
            looks: options.force ? .once : .preview
        )
        var preview = RunPreview(
            now: backlog.now,
            totalFound: backlog.stuck,
            taken: min(backlog.stuck, room),
            tokensOwed: backlog.tokensOwed,
            counted: min(backlog.stuck, room, Limits.counted),
            kinds: backlog.candidates.map(\.kind).distinct,
            jobs: [],
            held: backlog.holdReason(policy),
            isPaused: backlog.pause != nil
        )
        preview.waiting = backlog.waiting
        preview.isOverRefundLimit = policy.massFailureGuard.refundLimit(of: backlog) != nil
        if backlog.stuck + backlog.waiting > 0 { preview.refused = try await self.store.startRefusal(dryRun: true) }
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
