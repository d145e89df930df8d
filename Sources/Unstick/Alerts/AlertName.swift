/// What can be wrong so that somebody is to be told.
public enum AlertName: String, CaseIterable, Codable, Sendable {
    /// Many jobs are stuck.
    case stuckJobs = "stuck_jobs"
    /// Passes failed many jobs lately.
    case frequentFailures = "frequent_failures"
    /// Passes gave many tokens back lately.
    case largeRefunds = "large_refunds"
    /// No pass goes through, and nobody paused them.
    case cleanupNotRunning = "cleanup_not_running"
    /// The guard held the last pass.
    case cleanupHeld = "cleanup_held"
    /// The last pass could not go on, or the database refused it.
    case cleanupFailed = "cleanup_failed"
    /// The last pass left jobs that it could not clean, because of what is in their rows.
    case jobsNotCleaned = "jobs_not_cleaned"
    /// A job has been stuck for long, and no pass has cleaned it.
    case oldestStuck = "oldest_stuck"
    /// A webhook has only failed for long.
    case webhookFailing = "webhook_failing"
    /// The ledger and the balances do not agree.
    case ledgerMismatch = "ledger_mismatch"

    /// Whether the condition must have held for a while before somebody is told.
    ///
    /// Only where the next pass may well put an end to it. Whatever else is asked about looks back over a time itself, or
    /// is bad enough when it is seen once.
    package var waits: Bool {
        switch self {
        case .stuckJobs, .oldestStuck: true
        case .frequentFailures, .largeRefunds, .cleanupNotRunning, .cleanupHeld, .cleanupFailed, .jobsNotCleaned,
            .webhookFailing, .ledgerMismatch:
            false
        }
    }
}
