/// What one run did.
public struct CleanupResult: Hashable, Sendable {
    /// The stored record of this run.
    public var runID: String
    /// Whether it was a dry run.
    public var dryRun: Bool
    /// Jobs that were found stuck.
    public var totalFound = 0
    /// Jobs that were failed; 0 in a dry run.
    public var cleanedUp = 0
    /// Jobs that returned to the queue for another attempt; in a dry run, that would.
    public var retried = 0
    /// Jobs of ``cleanedUp`` that were quarantined because they timed out too often; in a dry run, that would be.
    public var quarantined = 0
    /// Jobs that were reported and not changed; only where a mapping does not allow changes to a foreign queue's rows.
    public var reported = 0
    /// Jobs that could not be cleaned.
    public var failed = 0
    /// Tokens refunded; 0 in a dry run.
    public var tokensRefunded = 0
    /// Tokens that a real run would refund; only in a dry run.
    public var tokensOwed = 0
    /// The jobs, oldest first; at most ``listed``.
    ///
    /// The run's record has the rest.
    public var jobs: [CleanedJob] = []
    /// The jobs that could not be cleaned, with the reason; at most ``listed``.
    public var errors: [JobError] = []
    /// Whether stuck jobs were left for the next run.
    public var more = false
    /// Why the whole run was stopped, or in a dry run would be: by a pause, a refund limit, or holds of every stuck job.
    public var held: String?
    /// Stuck jobs that open holds stop.
    public var heldCount = 0
    /// Whether runs for single jobs would be stopped too, by a pause or a refund limit; holds stop their jobs only.
    package var waitsForSchedule = false
    /// Jobs over a limit by the time of another program, which wait for a second look.
    public var waiting = 0
    /// When the second look at the first of them is due.
    public var waitingUntil: Timestamp?
    /// Why a call that only a timer makes must fail: a refund limit, or a hold that no operator has seen for a day.
    package var attention: String?
    /// Whether the reason is an operator's pause.
    public var isPaused = false
    /// Why the store would not let a real run start; only in a dry run.
    ///
    /// A forced run does not override it.
    public var refused: String?

    /// The most jobs that a result lists, so that a drain of any size fits in memory.
    public static let listed = 10_000

    /// One job of a run.
    public struct CleanedJob: Hashable, Sendable {
        /// The job's id.
        public var id: String
        /// The job's user.
        public var userID: String
        /// Tokens refunded; 0 in a dry run.
        public var tokensRefunded: Int
        /// Tokens that a real run would refund; `nil` in a real run.
        public var tokensOwed: Int?
        /// How long the attempt had been running.
        public var processingDuration: Duration
        /// Why it could not be cleaned.
        public var error: String?
    }

    /// A job that could not be cleaned.
    public struct JobError: Hashable, Sendable {
        /// The job's id.
        public var jobID: String
        /// The reason.
        public var error: String
    }

    init(runID: String, dryRun: Bool) {
        self.runID = runID
        self.dryRun = dryRun
    }

    /// The run in one sentence.
    public var message: String {
        if let held, !self.dryRun { return "Held: \(held)" }
        return self.outcome + self.heldSentence + self.waitingSentence
    }

    private var heldSentence: String {
        guard self.heldCount > 0 else { return "" }
        return "; \(self.heldCount) \(self.heldCount == 1 ? "is" : "are") held: 'unstick holds' shows why"
    }

    private var waitingSentence: String {
        guard self.waiting > 0 else { return "" }
        let first = self.waitingUntil.map { self.waiting == 1 ? ", due at \($0)" : ", the first at \($0)" } ?? ""
        return "; \(self.waiting) \(self.waiting == 1 ? "waits" : "wait") for a second look\(first)"
    }

    private var outcome: String {
        if self.totalFound == 0 {
            return self.more
                ? "No stuck job could be claimed: other transactions have locked them" : "No stuck jobs found"
        }
        if self.dryRun { return "Dry run: Found \(self.totalFound) stuck jobs (no changes made)" }
        if self.reported > 0 {
            return
                "Reported \(self.reported) stuck jobs and refunded \(self.tokensRefunded) tokens (no job was changed)"
        }
        guard self.cleanedUp > 0 else {
            return self.retried > 0
                ? "Put \(self.retried) stuck jobs back into the queue to retry them"
                : "Found \(self.totalFound) stuck jobs, but none could be cleaned up"
        }
        let retried = self.retried > 0 ? ", and put \(self.retried) back into the queue to retry them" : ""
        return
            "Successfully cleaned up \(self.cleanedUp) stuck jobs and refunded \(self.tokensRefunded) tokens\(retried)"
    }

    mutating func add(_ item: RunItem) {
        self.totalFound += 1
        if item.action == .error { self.failed += 1 }
        if item.action == .reported { self.reported += 1 }
        if item.action.isCleanedUp { self.cleanedUp += 1 }
        if [.retried, .wouldRetry].contains(item.action) { self.retried += 1 }
        if [.quarantined, .wouldQuarantine].contains(item.action) { self.quarantined += 1 }
        self.tokensRefunded += item.tokensRefunded
        self.tokensOwed += item.tokensOwed
        if self.jobs.count < Self.listed {
            self.jobs.append(
                CleanedJob(
                    id: item.jobID,
                    userID: item.userID,
                    tokensRefunded: item.tokensRefunded,
                    tokensOwed: self.dryRun ? item.tokensOwed : nil,
                    processingDuration: item.processingDuration,
                    error: item.error
                )
            )
        }
        if let error = item.error, self.errors.count < Self.listed {
            self.errors.append(JobError(jobID: item.jobID, error: error))
        }
    }
}
