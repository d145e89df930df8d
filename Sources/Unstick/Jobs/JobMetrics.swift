import Metrics

/// What the life of jobs tells the metrics backend.
///
/// Labels are bounded: never a user or a job.
enum JobMetrics {
    static func claimed(_ jobs: [Job]) {
        for (kind, jobs) in Dictionary(grouping: jobs, by: \.kind) {
            Counter(label: "unstick_jobs_claimed_total", dimensions: [("kind", kind)]).increment(by: jobs.count)
        }
    }

    static func beaten(_ answers: [HeartbeatAnswer]) {
        let alive = answers.count { $0 == .alive }
        for (outcome, count) in [("alive", alive), ("refused", answers.count - alive)] where count > 0 {
            Counter(label: "unstick_heartbeats_total", dimensions: [("outcome", outcome)]).increment(by: count)
        }
    }

    /// Counts attempts that ended, of one tier and in one way.
    static func ended(tier: String?, _ outcome: String, _ count: Int = 1) {
        Counter(label: "unstick_jobs_ended_total", dimensions: [("tier", tier ?? ""), ("outcome", outcome)])
            .increment(by: count)
    }

    /// Counts the end of an attempt; one that was refused is a race that was lost.
    static func ended(_ transition: JobTransition, by operation: String) {
        switch transition {
        case .moved(let job):
            // A failed attempt whose job goes back to the queue has ended all the same.
            let outcome = job.status == .pending ? "retried" : job.status.rawValue.lowercased()
            self.ended(tier: job.tier, outcome)
        case .refused:
            Counter(label: "unstick_lost_races_total", dimensions: [("operation", operation)]).increment()
        case .missing: break
        }
    }
}
