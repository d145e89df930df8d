import Metrics

/// What every pass tells the metrics backend, also an empty one.
///
/// Labels are bounded: never a user or a job.
enum CleanupMetrics {
    static func record(_ run: Run) {
        let trigger = ("trigger", run.trigger.label)
        let outcome = ("outcome", run.dryRun ? "dry_run" : run.status.rawValue.lowercased())
        Counter(label: "unstick_cleanup_runs_total", dimensions: [trigger, outcome]).increment()
        if let duration = run.duration {
            Timer(label: "unstick_cleanup_duration_seconds", dimensions: [trigger]).record(duration: duration)
        }
        guard !run.dryRun else { return }
        Counter(label: "unstick_jobs_cleaned_total").increment(by: run.cleanedUp)
        Counter(label: "unstick_jobs_not_cleaned_total").increment(by: run.failed)
        Counter(label: "unstick_tokens_refunded_total").increment(by: run.tokensRefunded)
    }
}
