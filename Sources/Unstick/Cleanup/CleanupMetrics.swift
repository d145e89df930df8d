import Metrics

/// The metrics of every run, also of an empty one.
///
/// Labels are bounded: never a user or a job.
package enum CleanupMetrics {
    /// The jobs of a kind and tier with the same outcome in a run.
    struct Group: Hashable {
        let kind: String
        let tier: String
        let outcome: String

        init(_ item: RunItem) {
            self.kind = item.kind
            self.tier = item.tier ?? ""
            self.outcome = item.action.rawValue.lowercased()
        }
    }

    /// Makes the series of every trigger and every outcome of a run.
    ///
    /// A rate ignores the first value of a series, so without this the first held run of a process would raise no
    /// alert.
    package static func prepare() {
        for trigger in [RunTrigger.scheduler, .due, .cron, .cli, .library, .admin("")] {
            for outcome in ["completed", "failed", "held", "dry_run"] {
                _ = self.runs(trigger.label, outcome)
            }
        }
    }

    private static func runs(_ trigger: String, _ outcome: String) -> Counter {
        Counter(label: "unstick_cleanup_runs_total", dimensions: [("trigger", trigger), ("outcome", outcome)])
    }

    /// - Parameter backlog: how many stuck jobs the run left.
    static func record(_ run: Run, _ cleaned: [Group: Int], backlog: Int) {
        let trigger = ("trigger", run.trigger.label)
        self.runs(run.trigger.label, run.dryRun ? "dry_run" : run.status.rawValue.lowercased()).increment()
        if let duration = run.duration {
            Timer(label: "unstick_cleanup_duration_seconds", dimensions: [trigger]).record(duration: duration)
        }
        guard !run.dryRun else { return }
        // A run over some kinds does not know the backlog of the others.
        if run.kinds.isEmpty { Gauge(label: "unstick_cleanup_backlog_jobs").record(backlog) }
        for (group, count) in cleaned {
            Counter(
                label: "unstick_jobs_cleaned_total",
                dimensions: [("kind", group.kind), ("tier", group.tier), ("outcome", group.outcome)]
            ).increment(by: count)
            // A job that was only reported continues.
            if group.outcome != RunItem.Action.reported.rawValue.lowercased() {
                JobMetrics.ended(tier: group.tier, "timed_out", count)
            }
        }
        Counter(label: "unstick_jobs_not_cleaned_total").increment(by: run.failed)
        RefundMetrics.refunded(by: run)
    }
}
