/// The alerts.
public enum AlertName: String, CaseIterable, Codable, Sendable {
    /// Many jobs are stuck.
    case stuckJobs = "stuck_jobs"
    /// Runs failed many jobs lately.
    case frequentFailures = "frequent_failures"
    /// Runs refunded many tokens lately.
    case largeRefunds = "large_refunds"
    /// No run succeeds, and cleaning is not paused.
    case cleanupNotRunning = "cleanup_not_running"
    /// A hold is open, or the last run was held.
    case cleanupHeld = "cleanup_held"
    /// The last run could not continue, or the database refused it.
    case cleanupFailed = "cleanup_failed"
    /// The last run left jobs that it could not clean because of the content of their rows.
    case jobsNotCleaned = "jobs_not_cleaned"
    /// Workers completed attempts that a run had timed out: a limit is too short.
    case lateCompletions = "late_completions"
    /// A job has been stuck for long, and no run has cleaned it.
    case oldestStuck = "oldest_stuck"
    /// Every call of a webhook has failed for long.
    case webhookFailing = "webhook_failing"
    /// The ledger and the balances do not agree.
    case ledgerMismatch = "ledger_mismatch"

    /// Whether the condition must hold for a while before the alert fires.
    ///
    /// Only where the next run is likely to end the condition. The other alerts already look back over a time window,
    /// or are serious at the first check.
    package var waits: Bool {
        switch self {
        case .stuckJobs, .oldestStuck: true
        case .frequentFailures, .largeRefunds, .cleanupNotRunning, .cleanupHeld, .cleanupFailed, .jobsNotCleaned,
            .lateCompletions, .webhookFailing, .ledgerMismatch:
            false
        }
    }
}
