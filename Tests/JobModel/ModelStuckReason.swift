import Unstick

/// The expected reason and action of a run for a job.
struct ModelStuckReason {
    var action: RunItem.Action
    var limit: LimitKind
    var allowed: Duration
    /// The measured time of that limit, in hours.
    var measured: Double
    /// How long its attempt ran, or how long it waited, in hours.
    var duration: Double
    /// The refund.
    var amount: Int
}

extension ModelJob {
    /// What a run at this hour does with it; `nil` for nothing.
    func stuckReason(at hour: Int) -> ModelStuckReason? {
        let rule = self.rule
        let created = Double(self.job.createdAt.hours)
        let started = Double(self.job.processingStartedAt?.hours ?? 0)
        let beat = max(started, Double(self.lease?.beatAt.hours ?? 0))
        let isRunning = self.job.status == .processing
        guard isRunning || self.job.status == .pending else { return nil }
        let limits: [(kind: LimitKind, allowed: Duration?, since: Double)] =
            isRunning
            ? [
                (.deadline, rule.deadline, created), (.timeout, rule.timeout, started),
                (.heartbeat, rule.heartbeatTimeout, beat),
            ] : [(.deadline, rule.deadline, created), (.pending, rule.pendingTimeout, self.availableAt)]
        for limit in limits {
            let measured = Double(hour) - limit.since
            guard let allowed = limit.allowed, .milliseconds(measured * 3_600_000) >= allowed else { continue }
            let action = self.action(isFinal: limit.kind == .deadline || !isRunning)
            return ModelStuckReason(
                action: action,
                limit: limit.kind,
                allowed: allowed,
                measured: measured,
                duration: Double(hour) - (isRunning ? started : self.availableAt),
                amount: action == .retried ? 0 : self.owed
            )
        }
        return nil
    }

    private func action(isFinal: Bool) -> RunItem.Action {
        if !isFinal, let most = self.rule.quarantine, self.job.timeouts + 1 >= most { return .quarantined }
        if !isFinal, self.job.attempt < self.rule.retry.attempts { return .retried }
        return self.owed > 0 ? .failedAndRefunded : .failed
    }

    /// The effect of a run, without the wait for the next attempt, which the store draws.
    ///
    /// - Parameter seconds: the duration according to the store.
    mutating func suffer(_ stuckReason: ModelStuckReason, after seconds: Int, at hour: Int) {
        self.job.timeouts += 1
        guard stuckReason.action != .retried else {
            self.lease = nil
            self.job.status = .pending
            self.job.errorMessage = nil
            self.job.processingStartedAt = nil
            self.job.updatedAt = .hour(hour)
            return
        }
        let refunded = stuckReason.amount > 0 ? " and tokens refunded." : "."
        self.end(as: .failed, "Job timed out after \(seconds)s. Automatically cleaned up\(refunded)", at: hour)
        self.job.timedOut = true
        if stuckReason.action == .quarantined { self.job.quarantinedAt = .hour(hour) }
        self.refunded += stuckReason.amount
    }
}

extension Timestamp {
    var hours: Int { self.milliseconds / 3_600_000 }
}
