/// What one pass did.
public struct CleanupResult: Hashable, Sendable {
    /// The stored record of this pass.
    public var runID: String
    /// Whether it only looked.
    public var dryRun: Bool
    /// Jobs that were found stuck.
    public var totalFound = 0
    /// Jobs that were failed or put back; 0 in a dry run.
    public var cleanedUp = 0
    /// Those of them that are tried again; in a dry run, that would be.
    public var retried = 0
    /// Those of them that were parked because they timed out too often; in a dry run, that would be.
    public var quarantined = 0
    /// Jobs that were left as they are, and told; only where a foreign queue's rows are not to be changed.
    public var reported = 0
    /// Jobs that could not be cleaned.
    public var failed = 0
    /// Tokens given back; in a dry run, that would be.
    public var tokensRefunded = 0
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
        /// Tokens given back; in a dry run, that would be.
        public var tokensRefunded: Int
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
        if self.totalFound == 0 { return "No stuck jobs found" }
        if self.dryRun { return "Dry run: Found \(self.totalFound) stuck jobs (no changes made)" }
        if self.reported > 0 {
            return
                "Reported \(self.reported) stuck jobs and refunded \(self.tokensRefunded) tokens (no job was changed)"
        }
        if self.cleanedUp == 0 { return "Found \(self.totalFound) stuck jobs, but none could be cleaned up" }
        let retried = self.retried > 0 ? " (\(self.retried) of them to be tried again)" : ""
        return
            "Successfully cleaned up \(self.cleanedUp) stuck jobs\(retried) and refunded \(self.tokensRefunded) tokens"
    }

    mutating func add(_ item: RunItem) {
        self.totalFound += 1
        switch item.action {
        case .error: self.failed += 1
        case .wouldFail, .wouldRetry, .wouldQuarantine, .wouldReport: break
        case .failed, .failedAndRefunded, .retried, .quarantined: self.cleanedUp += 1
        case .reported: self.reported += 1
        }
        if [.retried, .wouldRetry].contains(item.action) { self.retried += 1 }
        if [.quarantined, .wouldQuarantine].contains(item.action) { self.quarantined += 1 }
        self.tokensRefunded += item.tokensRefunded
        if self.jobs.count < Self.listed {
            self.jobs.append(
                CleanedJob(
                    id: item.jobID,
                    userID: item.userID,
                    tokensRefunded: item.tokensRefunded,
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
