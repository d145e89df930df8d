import Unstick

/// What has happened to a job since a dry run predicted an action.
struct RunOutcome {
    /// The job as it is now.
    var now: Badge
    /// Whether it differs from the prediction.
    var differs: Bool

    /// - Parameters:
    ///   - item: the prediction.
    ///   - moment: the time of the prediction.
    ///   - job: the job as it is now; `nil` where it is gone.
    init(of item: RunItem, at time: Timestamp, job: Job?) {
        guard let job else {
            self.now = Badge("Gone", .quiet)
            self.differs = false
            return
        }
        self.now = Badge(job.status)
        self.differs = job.updatedAt > time && !item.cameTrue(job)
    }
}

extension RunItem {
    /// Whether the prediction has come true, by any actor.
    fileprivate func cameTrue(_ job: Job) -> Bool {
        switch self.action {
        case .wouldFail: job.attempt == self.attempt && job.status == .failed
        case .wouldQuarantine: job.attempt == self.attempt && job.quarantinedAt != nil
        case .wouldRetry: job.attempt > self.attempt || job.status == .pending
        // Nothing was predicted.
        case .failedAndRefunded, .failed, .retried, .reported, .quarantined, .wouldReport, .error: true
        }
    }
}
