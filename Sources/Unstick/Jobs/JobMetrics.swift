import Metrics

/// The metrics of the life of jobs.
///
/// Labels are bounded: never a user or a job.
enum JobMetrics {
    static func claimed(_ jobs: [Job]) {
        for (kind, jobs) in Dictionary(grouping: jobs, by: \.kind.exact) {
            Counter(label: "unstick_jobs_claimed_total", dimensions: [("kind", kind.text)]).increment(by: jobs.count)
        }
    }

    static func beaten(_ answers: [HeartbeatAnswer]) {
        var counts = ["alive": 0, "refused": 0, "failed": 0]
        for answer in answers {
            switch answer {
            case .alive: counts["alive", default: 0] += 1
            case .refused, .missing: counts["refused", default: 0] += 1
            case .failed: counts["failed", default: 0] += 1
            }
        }
        for (outcome, count) in counts where count > 0 {
            Counter(label: "unstick_heartbeats_total", dimensions: [("outcome", outcome)]).increment(by: count)
        }
    }

    /// Counts attempts that a run had timed out and a worker completed, each once.
    static func completedLate(_ late: LateCompletion) {
        Counter(
            label: "unstick_late_completions_total",
            dimensions: [("kind", late.kind), ("outcome", late.isRefused ? "refused" : "accepted")]
        ).increment()
    }

    /// Counts attempts of one tier that ended with one outcome.
    static func ended(tier: String?, _ outcome: String, _ count: Int = 1) {
        Counter(label: "unstick_jobs_ended_total", dimensions: [("tier", tier ?? ""), ("outcome", outcome)])
            .increment(by: count)
    }

    /// Counts the end of an attempt; a refused one is a lost race.
    static func ended(_ transition: JobTransition, by operation: String) {
        switch transition {
        case .moved(let job):
            // A failed attempt has ended, although its job returns to the queue.
            let outcome = job.status == .pending ? "retried" : job.status.rawValue.lowercased()
            self.ended(tier: job.tier, outcome)
        case .refused:
            Counter(label: "unstick_lost_races_total", dimensions: [("operation", operation)]).increment()
        case .missing: break
        }
    }
}
