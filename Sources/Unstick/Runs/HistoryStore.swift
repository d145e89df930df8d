/// The history side of a store: what passes did.
public protocol HistoryStore: Sendable {
    /// The run, or `nil`.
    func run(_ id: String) async throws -> Run?

    /// Runs, newest first, at most `limit`, those older than the run `before`.
    func runs(_ filter: RunFilter, before: String?, limit: Int) async throws -> Window<Run, String>

    /// The last successful run over all kinds. Dry runs do not count.
    func lastSuccess() async throws -> Run?

    /// The last run over all kinds that ended, with any status. Dry runs do not count.
    func lastWholeRun() async throws -> Run?

    /// What passes that began since a moment did together, and what calls gave back since; a dry run did nothing.
    func totals(since: Timestamp) async throws -> RunTotals

    /// The same by the hour, those hours in which a pass began, in order.
    func hourlyTotals(since: Timestamp) async throws -> [HourTotals]

    /// What a run did with each job, in its order, at most `limit`, those after position `after`.
    func items(of runID: String, after position: Int, limit: Int) async throws -> [RunItem]

    /// What passes did with a job, the newest first, at most `limit`; dry runs did nothing.
    func items(ofJob job: Job, limit: Int) async throws -> [JobItem]
}

/// Which runs a listing shows.
///
/// Conditions that are set must all hold.
public struct RunFilter: Hashable, Sendable {
    /// Only those started by this: `cron`, `scheduler`, `cli`, `library`, `admin`, or `admin:` with a name.
    public var trigger: String?
    /// Only those that ended so.
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

/// What one pass did with one job, with the pass.
public struct JobItem: Hashable, Sendable {
    /// The run.
    public var runID: String
    /// What it did.
    public var item: RunItem

    /// Makes the answer.
    public init(runID: String, item: RunItem) {
        self.runID = runID
        self.item = item
    }

    /// When the pass began.
    public var at: Timestamp { RandomID.moment(of: self.runID) }
}

/// What passes did together in one hour.
public struct HourTotals: Hashable, Sendable {
    /// When the hour began.
    public var hour: Timestamp
    /// Jobs that were failed or reported.
    public var failed: Int
    /// Jobs that were tried again.
    public var retried: Int
    /// Tokens given back, by passes and by calls.
    public var tokensRefunded: Int
    /// The most jobs that one pass found stuck.
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

/// What several passes did together, and what was given back beside them.
public struct RunTotals: Hashable, Sendable {
    /// Jobs that passes failed or tried again.
    public var cleanedUp: Int
    /// Tokens given back, by passes and by calls.
    public var tokensRefunded: Int
    /// Those of them that calls gave back: a worker's failure, a cancellation, whatever people do with jobs.
    public var tokensByCalls: Int

    /// Makes the answer.
    public init(cleanedUp: Int, tokensRefunded: Int, tokensByCalls: Int = 0) {
        self.cleanedUp = cleanedUp
        self.tokensRefunded = tokensRefunded
        self.tokensByCalls = tokensByCalls
    }
}

/// A job for which its user got tokens back.
public struct RefundedJob: Hashable, Sendable {
    /// The job.
    public var jobID: String
    /// Its user.
    public var userID: String
    /// How many tokens.
    public var tokens: Int
    /// When.
    public var at: Timestamp
}

extension HistoryStore {
    /// How many of the newest passes are looked at for what was given back lately.
    private static var recentRuns: Int { 100 }

    /// Runs, newest first, at most `limit`, those older than the run `before`.
    public func runs(before: String?, limit: Int) async throws -> [Run] {
        try await self.runs(RunFilter(), before: before, limit: limit).rows
    }
}

extension HistoryStore where Self: LedgerStore {
    /// Jobs for which tokens were given back lately, by passes and by calls, newest first, at most `limit`.
    public func recentRefunds(limit: Int) async throws -> [RefundedJob] {
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
