import Unstick

/// The expected job: plain values, no database.
struct ModelJob {
    /// Every field of it; its times in whole hours.
    var job: Job
    /// The last heartbeat of the current attempt.
    var lease: Lease?
    /// The refund of the open charge.
    var refunded = 0
    /// The time from which a waiting job may be claimed, in hours.
    var availableAt: Double

    init(_ new: NewJob, at hour: Int) {
        self.job = Job(
            id: new.id,
            userID: new.userID,
            kind: new.kind,
            tier: new.tier,
            tokensCost: new.tokensCost,
            status: .pending,
            chargeKind: new.chargeKind,
            payload: new.payload,
            createdAt: .hour(hour),
            updatedAt: .hour(hour)
        )
        self.availableAt = Double(hour)
    }

    var rule: Rule { ModelPolicy.policy.rule(kind: self.job.kind, tier: nil) }

    /// What its user has paid for it.
    var paid: Int { self.job.tokensCost - self.refunded }

    /// The refund due if it ends now.
    var owed: Int {
        let progress = self.lease.map { Int($0.progress * 1_000_000) } ?? 0
        return self.refunded > 0 ? 0 : self.rule.refund.amount(of: self.job.tokensCost, progress: progress)
    }

    mutating func start(at hour: Int, worker: String?) {
        self.job.status = .processing
        self.job.attempt += 1
        self.job.worker = worker
        self.job.processingStartedAt = .hour(hour)
        self.job.updatedAt = .hour(hour)
    }

    mutating func beat(_ beat: Heartbeat, at hour: Int) {
        self.lease = Lease(
            attempt: self.job.attempt,
            beatAt: .hour(hour),
            progress: beat.progress ?? self.lease?.progress ?? 0,
            message: beat.message ?? self.lease?.message
        )
    }

    mutating func end(as status: JobStatus, _ message: String?, at hour: Int) {
        self.lease = nil
        self.job.status = status
        self.job.errorMessage = message
        self.job.updatedAt = .hour(hour)
        self.job.processingCompletedAt = .hour(hour)
    }

    mutating func complete(used: Int, at hour: Int) {
        self.end(as: .completed, nil, at: hour)
        self.job.tokensUsed = self.job.chargeKind == .hold ? used : nil
        self.job.timedOut = false
        self.job.quarantinedAt = nil
    }

    mutating func requeue(at hour: Int) {
        self.job.status = .pending
        self.job.timeouts = 0
        self.job.timedOut = false
        self.job.errorMessage = nil
        self.job.quarantinedAt = nil
        self.job.processingStartedAt = nil
        self.job.processingCompletedAt = nil
        self.job.availableAt = .hour(hour)
        self.job.updatedAt = .hour(hour)
        self.availableAt = Double(hour)
    }
}

extension Timestamp {
    static func hour(_ hour: Int) -> Timestamp { Timestamp(milliseconds: hour * 3_600_000) }
}
