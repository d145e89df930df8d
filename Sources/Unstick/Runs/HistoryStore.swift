/// The role of a store that keeps the history of runs.
public protocol HistoryStore: Sendable {
    /// The run, or `nil`.
    func run(_ id: String) async throws -> Run?

    /// Runs older than the run `before`, newest first, at most `limit`.
    func runs(_ filter: RunFilter, before: String?, limit: Int) async throws -> Window<Run, String>

    /// The last successful run over all kinds. Dry runs do not count.
    func lastSuccess() async throws -> Run?

    /// The last run over all kinds that ended, with any status. Dry runs do not count.
    func lastWholeRun() async throws -> Run?

    /// The totals of the runs that began since a time, and the refunds by calls since then, without dry runs.
    func totals(since: Timestamp) async throws -> RunTotals

    /// The same for each hour in which a run began, in order.
    func hourlyTotals(since: Timestamp) async throws -> [HourTotals]

    /// The jobs of a run after position `after`, in its order, at most `limit`.
    func items(of runID: String, after position: Int, limit: Int) async throws -> [RunItem]

    /// The items of a job in all runs, the newest first, at most `limit`, without dry runs.
    func items(ofJob job: Job, limit: Int) async throws -> [JobItem]

    /// The late completions of a job, by attempt.
    func lateCompletions(of job: Job, limit: Int) async throws -> [LateCompletion]

    /// The late completions that were recorded since a time, newest first.
    func lateCompletions(since: Timestamp, limit: Int) async throws -> [LateCompletion]
}

/// The conditions of a listing of runs.
///
/// A run must meet all conditions that are set.
public struct RunFilter: Hashable, Sendable {
    /// Only runs with this trigger: `cron`, `scheduler`, `cli`, `library`, `admin`, or `admin:` with a name.
    public var trigger: String?
    /// Only runs with this status.
    public var status: Run.Status?
    /// Only dry runs, or only real ones.
    public var dryRun: Bool?

    /// Makes a filter; without conditions it shows every run.
    public init(trigger: String? = nil, status: Run.Status? = nil, dryRun: Bool? = nil) {
        self.trigger = trigger
        self.status = status
        self.dryRun = dryRun
    }
}

/// A job's item in one run.
public struct JobItem: Hashable, Sendable {
    /// The run.
    public var runID: String
    /// The item.
    public var item: RunItem

    /// Makes the answer.
    public init(runID: String, item: RunItem) {
        self.runID = runID
        self.item = item
    }

    /// When the run began.
    public var at: Timestamp { RandomID.time(of: self.runID) }
}

/// The totals of the runs of one hour.
public struct HourTotals: Hashable, Sendable {
    /// When the hour began.
    public var hour: Timestamp
    /// Jobs that were failed or reported.
    public var failed: Int
    /// Jobs that were retried.
    public var retried: Int
    /// Tokens refunded, by runs and by calls.
    public var tokensRefunded: Int
    /// The most jobs that one run found stuck.
    public var mostFound: Int

    /// Makes the answer.
    public init(hour: Timestamp, failed: Int = 0, retried: Int = 0, tokensRefunded: Int = 0, mostFound: Int = 0) {
        self.hour = hour
        self.failed = failed
        self.retried = retried
        self.tokensRefunded = tokensRefunded
        self.mostFound = mostFound
    }
}

/// The totals of several runs, and of the refunds by calls.
public struct RunTotals: Hashable, Sendable {
    /// Jobs that runs failed or retried.
    public var cleanedUp: Int
    /// Tokens refunded, by runs and by calls.
    public var tokensRefunded: Int
    /// The part of it that calls refunded: a worker's failure, a cancellation, an operator's change.
    public var tokensByCalls: Int

    /// Makes the answer.
    public init(cleanedUp: Int, tokensRefunded: Int, tokensByCalls: Int = 0) {
        self.cleanedUp = cleanedUp
        self.tokensRefunded = tokensRefunded
        self.tokensByCalls = tokensByCalls
    }
}

/// A job whose user was refunded.
package struct RefundedJob: Hashable, Sendable {
    /// The job.
    package var jobID: String
    /// Its user.
    package var userID: String
    /// The number of tokens.
    package var tokens: Int
    /// The time of the refund.
    package var at: Timestamp
}

extension HistoryStore {
    /// How many of the newest runs are searched for recent refunds.
    private static var recentRuns: Int { 100 }

    /// Runs older than the run `before`, newest first, at most `limit`.
    package func runs(before: String?, limit: Int) async throws -> [Run] {
        try await self.runs(RunFilter(), before: before, limit: limit).rows
    }
}

extension HistoryStore where Self: LedgerStore {
    /// Jobs that were refunded lately, by runs and by calls, newest first, at most `limit`.
    package func recentRefunds(limit: Int) async throws -> [RefundedJob] {
        let byRuns = try await self.recentRefundsByRuns(limit: limit).map { refund in
            RefundedJob(
                jobID: refund.item.jobID,
                userID: refund.item.userID,
                tokens: refund.item.tokensRefunded,
                at: refund.at
            )
        }
        let byCalls = try await self.refundsByCalls(limit: limit).map { line in
            RefundedJob(jobID: line.sourceID ?? line.id, userID: line.userID, tokens: line.amount, at: line.createdAt)
        }
        return Array((byRuns + byCalls).sorted { $0.at > $1.at }.prefix(limit))
    }
}

extension HistoryStore {
    private func recentRefundsByRuns(limit: Int) async throws -> [JobItem] {
        let recent = try await self.runs(RunFilter(dryRun: false), before: nil, limit: Self.recentRuns).rows
        var found: [JobItem] = []
        for run in recent where run.tokensRefunded > 0 {
            let items = try await self.items(of: run.id, after: 0, limit: limit)
            found += items.filter { $0.tokensRefunded > 0 }.map { JobItem(runID: run.id, item: $0) }
            if found.count >= limit { break }
        }
        return Array(found.prefix(limit))
    }
}
