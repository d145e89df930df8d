/// The result of a decision about a job: the new job, the ledger line and the events.
///
/// Pure: a store locks the job, requests the change, and writes all of it in one transaction.
package struct JobChange {
    /// The new job.
    package var job: Job
    /// The ledger line.
    package var transaction: NewTransaction?
    fileprivate var event: JobEvent?

    /// The events, in this order; without fields that concern only the team.
    package var events: [any Event] {
        guard let event else { return [] }
        return [event] + [self.transaction.flatMap { TokensEvent($0) }].compactMap { $0 }
    }

    fileprivate init(_ job: Job, at now: Timestamp) {
        self.job = job
        self.job.updatedAt = now
    }
}

extension Job {
    /// The end of a delivered attempt; `nil` when it is not the current one.
    ///
    /// - Parameter refunded: what the open charge has refunded so far.
    /// - Throws: ``UnstickError`` `exceedsHold`, `invalidArgument`.
    package func completing(_ completion: Completion, refunded: Int, at now: Timestamp) throws -> JobChange? {
        guard self.attempt == completion.attempt else { return nil }
        let used = try self.tokensUsed(of: completion)
        let isLate = self.isTimedOut && completion.ifLate == .accept
        guard self.status == .processing || isLate else { return nil }
        var change = JobChange(self, at: now)
        change.job.complete(used: used, at: now)
        change.settle(at: used, refunded: refunded)
        if isLate {
            change.event = JobEvent(
                .jobCompletedLate,
                of: change.job,
                reason: "completed after it had timed out",
                transaction: change.transaction
            )
        }
        return change
    }

    private func tokensUsed(of completion: Completion) throws -> Int {
        guard let used = completion.tokensUsed else { return self.tokensCost }
        guard used <= self.tokensCost else {
            throw UnstickError(
                .exceedsHold,
                "Job '\(self.id)' used \(used) tokens, and only \(self.tokensCost) are reserved for it. Nothing was booked."
            )
        }
        guard self.chargeKind == .hold || used == self.tokensCost else {
            throw UnstickError(
                .invalidArgument,
                "Job '\(self.id)' is charged in full; only a job with reserved tokens can use fewer."
            )
        }
        return used
    }

    private mutating func complete(used: Int, at now: Timestamp) {
        self.status = .completed
        self.tokensUsed = self.chargeKind == .hold ? used : nil
        self.errorMessage = nil
        self.timedOut = false
        self.quarantinedAt = nil
        self.processingCompletedAt = now
    }

    /// The end of a failed attempt; `nil` when it is not the current one.
    ///
    /// - Parameters:
    ///   - progress: in millionths.
    ///   - refunded: what the open charge has refunded so far.
    package func failing(
        _ failure: JobFailure,
        progress: Int,
        refunded: () throws -> Int,
        at now: Timestamp
    ) rethrows -> JobChange? {
        guard self.status == .processing, self.attempt == failure.attempt else { return nil }
        var change = JobChange(self, at: now)
        change.job.errorMessage = failure.message
        if let wait = failure.retryAfter {
            change.job.status = .pending
            change.job.availableAt = now + wait
            change.job.processingStartedAt = nil
            change.event = JobEvent(.jobRetried, of: change.job, reason: failure.message)
            return change
        }
        let owed = try refunded() == 0 ? failure.refund.amount(of: self.tokensCost, progress: progress) : 0
        change.end(as: .failed, refunding: owed, source: TokenBalanceManager.refundSource, by: failure.actor, at: now)
        return change
    }

    /// The cancelled job; `nil` when it has ended, or is not in this attempt.
    ///
    /// - Parameters:
    ///   - progress: in millionths.
    ///   - refunded: what the open charge has refunded so far.
    package func cancelling(
        _ cancellation: Cancellation,
        progress: Int,
        refunded: Int,
        at now: Timestamp
    ) -> JobChange? {
        guard [.pending, .processing].contains(self.status), self.attempt == cancellation.attempt else { return nil }
        var change = JobChange(self, at: now)
        change.job.errorMessage = cancellation.message ?? "Cancelled"
        let owed = refunded == 0 ? cancellation.refund.amount(of: self.tokensCost, progress: progress) : 0
        change.end(as: .cancelled, refunding: owed, source: "job_cancelled", by: cancellation.actor, at: now)
        return change
    }

    /// The requeued job; `nil` when it has not failed or been cancelled, or is not in this attempt.
    ///
    /// - Parameter refunded: what the open charge has refunded so far.
    package func requeueing(_ requeueing: Requeueing, refunded: Int, at now: Timestamp) -> JobChange? {
        guard [.failed, .cancelled].contains(self.status), self.attempt == requeueing.attempt else { return nil }
        var change = JobChange(self, at: now)
        change.job.status = .pending
        change.job.availableAt = now
        change.job.errorMessage = nil
        change.job.timedOut = false
        change.job.timeouts = 0
        change.job.quarantinedAt = nil
        change.job.processingStartedAt = nil
        change.job.processingCompletedAt = nil
        change.settle(at: self.tokensCost, refunded: refunded, as: self.chargeKind)
        change.transaction?.actor = requeueing.actor
        change.event = JobEvent(.jobRequeued, of: change.job, reason: nil, transaction: change.transaction)
        return change
    }
}

extension JobChange {
    /// Adjusts what the user has paid for the job to a price.
    ///
    /// The user has paid the cost of the job minus the refund of its open charge; a job that continues must be paid in
    /// full. A missing amount is charged under the next number. An excess is refunded from the open charge, once: where
    /// that was already refunded, the next number covers the rest.
    fileprivate mutating func settle(at price: Int, refunded: Int, as kind: ChargeKind = .charge) {
        let (job, paid) = (self.job, self.job.tokensCost - refunded)
        guard price != paid else { return }
        if refunded > 0 { self.job.charge += 1 }
        self.transaction =
            price > paid
            ? kind.charge(price - paid, for: job.id, of: job.userID, number: self.job.charge)
            : self.job.refundLine(
                paid - price,
                source: NewTransaction.leftOver,
                reason: "\(price) of \(job.tokensCost) tokens were used"
            )
    }

    /// Ends the job without a delivery.
    ///
    /// - Parameters:
    ///   - amount: the refund; nothing where the open charge was refunded before.
    ///   - actor: the administrator who ends it.
    fileprivate mutating func end(
        as status: JobStatus,
        refunding amount: Int,
        source: String,
        by actor: Actor?,
        at now: Timestamp
    ) {
        self.job.status = status
        self.job.processingCompletedAt = now
        let reason = self.job.errorMessage ?? ""
        if amount > 0 {
            self.transaction = self.job.refundLine(amount, source: source, reason: reason)
            self.transaction?.actor = actor
        }
        self.event = JobEvent(
            status == .cancelled ? .jobCancelled : .jobFailed,
            of: self.job,
            reason: reason,
            transaction: self.transaction
        )
    }
}
