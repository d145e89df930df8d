/// What one pass did.
public struct CleanupResult: Hashable, Sendable {
    /// The stored record of this pass.
    public var runID: String
    /// Whether it only looked.
    public var dryRun: Bool
    /// Jobs that were found stuck.
    public var totalFound = 0
    /// Jobs that were failed; 0 in a dry run.
    public var cleanedUp = 0
    /// Jobs that went back to the queue instead, to be tried again; in a dry run, that would.
    public var retried = 0
    /// Jobs of ``cleanedUp`` that were parked because they timed out too often; in a dry run, that would be.
    public var quarantined = 0
    /// Jobs that were left as they are, and told; only where a foreign queue's rows are not to be changed.
    public var reported = 0
    /// Jobs that could not be cleaned.
    public var failed = 0
    /// Tokens given back; 0 in a dry run.
    public var tokensRefunded = 0
    /// Tokens that a real run would give back; only in a dry run.
    public var tokensOwed = 0
    /// The jobs, oldest first; at most ``listed``, the rest is in the run's record.
    public var jobs: [CleanedJob] = []
    /// The jobs that could not be cleaned, with the reason; at most ``listed``.
    public var errors: [JobError] = []
    /// Whether stuck jobs were left for the next pass.
    public var more = false
    /// Why the guard stopped the pass, or in a dry run would stop a real one.
    public var held: String?
    /// Whether that is a pause that somebody asked for.
    public var isPaused = false

    /// How many jobs a result lists at most, so that a drain of any size fits in memory.
    public static let listed = 10_000

    /// One job of a pass.
    public struct CleanedJob: Hashable, Sendable {
        /// The job's id.
        public var id: String
        /// Whose job it is.
        public var userID: String
        /// Tokens given back; 0 in a dry run.
        public var tokensRefunded: Int
        /// Tokens that a real run would give back; `nil` in a real run.
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
        /// Why.
        public var error: String
    }

    init(runID: String, dryRun: Bool) {
        self.runID = runID
        self.dryRun = dryRun
    }

    /// The pass in one sentence.
    public var message: String {
        if let held, !self.dryRun { return "Held: \(held)" }
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
