/// A scheduled run that ended early: its server died, was stopped or lost the database, or the database refused it.
struct Interruption: Hashable {
    /// When the rest is to run: after the lease, and later with each further interruption.
    var resumesAt: Timestamp

    /// The longest wait.
    private static let longestWait = Duration.seconds(3600)
    /// How many runs are read.
    private static let recentRuns = 20

    /// - Parameters:
    ///   - recent: runs without dry runs, newest first.
    ///   - lapsedAt: when a lease ended whose holder never released it.
    ///   - lease: how long a lease is held.
    /// - Returns: `nil` where nothing was interrupted.
    init?(recent: [Run], lapsedAt: Timestamp?, lease: Duration) {
        let runs = recent.filter { [.scheduler, .due, .cron].contains($0.trigger) }
        let unfinished = runs.prefix { $0.isUnfinished }
        guard let lastSign = lapsedAt.map({ $0 - lease }) ?? unfinished.first?.updatedAt else { return nil }
        let tries = min(max(unfinished.count, 1), Self.recentRuns)
        self.resumesAt = lastSign + min(lease * (1 << (tries - 1)), Self.longestWait)
    }

    /// The current interruption, if any.
    static func find(in store: any ScheduleStore & HistoryStore, lease: Duration) async throws -> Interruption? {
        let recent = try await store.runs(RunFilter(dryRun: false), before: nil, limit: Self.recentRuns).rows
        let lapsedAt = try await store.state(of: ScheduledCleanup.name)?.lapsedAt
        return Interruption(recent: recent, lapsedAt: lapsedAt, lease: lease)
    }
}

extension Run {
    /// Whether the run has work left: it is in progress, or it was interrupted.
    fileprivate var isUnfinished: Bool {
        switch self.status {
        case .running: true
        case .failed: self.more
        // A scheduled run continues until no job is stuck, unless its server is stopped or too many jobs were set
        // aside.
        case .completed: self.more && self.trigger != .cron && self.failed < Limits.batchSize.upperBound
        case .held: false
        }
    }
}
