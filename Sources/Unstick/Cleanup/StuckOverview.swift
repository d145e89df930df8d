/// How much is stuck, without the jobs themselves: for a gauge, a status line or an alert.
public struct StuckOverview: Hashable, Sendable {
    /// The moment, by the database's clock.
    public var now: Timestamp
    /// Jobs over a limit of their rule, by kind, most first; at most ``mostKinds`` kinds.
    public var kinds: [StuckKind]
    /// Jobs in `PROCESSING`.
    public var running: Int
    /// Whether cleaning is paused.
    public var pause: Pause?
    /// The open holds, newest first.
    public var holds: [Hold] = []

    /// The most kinds that are counted separately.
    public static let mostKinds = 100
}

/// The stuck jobs of one kind.
public struct StuckKind: Hashable, Sendable {
    /// The kind of work.
    public var kind: String
    /// The number of jobs.
    public var jobs: Int
    /// Since when the oldest of them has been running, or waiting.
    public var since: Timestamp

    /// Makes the kind.
    public init(kind: String, jobs: Int, since: Timestamp) {
        self.kind = kind
        self.jobs = jobs
        self.since = since
    }
}

extension Cleaner {
    /// How much is stuck now.
    ///
    /// Reads the range of an index that can contain stuck jobs, and counts the running ones. Changes nothing.
    ///
    /// - Throws: ``UnstickError`` `databaseUnavailable`.
    public func overview() async throws -> StuckOverview {
        let policy = self.policy(timeout: nil)
        let candidates = try await self.store.candidates(policy.smallestLimits)
        var kinds: [ExactText: StuckKind] = [:]
        for (ruleMatches, _) in policy.ruleMatches(of: candidates) {
            let found = try await self.store.stuckByKind(
                asOf: candidates.now,
                ruleMatches,
                limit: StuckOverview.mostKinds
            )
            for kind in found {
                let known = kinds[kind.kind.exact] ?? StuckKind(kind: kind.kind, jobs: 0, since: kind.since)
                kinds[kind.kind.exact] = StuckKind(
                    kind: kind.kind,
                    jobs: known.jobs + kind.jobs,
                    since: min(known.since, kind.since)
                )
            }
        }
        return StuckOverview(
            now: candidates.now,
            kinds: kinds.values.sorted { ($1.jobs, $0.kind.exact) < ($0.jobs, $1.kind.exact) },
            running: try await self.store.runningJobs(),
            pause: candidates.pause,
            holds: candidates.holds.filter { $0.state == .open }
        )
    }
}
