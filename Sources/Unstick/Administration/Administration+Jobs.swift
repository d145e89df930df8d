extension Administration {
    /// Retries, fails or cancels a job.
    ///
    /// A job that is not there leaves no audit entry.
    ///
    /// - Parameters:
    ///   - jobID: the job.
    ///   - kind: the change.
    ///   - reason: why, for people.
    package func change(_ jobID: String, _ kind: BulkAction.Kind, reason: String?) async throws -> JobTransition {
        guard try await self.store.job(jobID) != nil else { return .missing }
        return try await self.perform(kind.auditAction, jobID, detail: reason, outcome: \.description) {
            try await self.jobs.change(jobID, kind, reason: reason, by: self.actor)
        }
    }

    /// Cancels a job.
    ///
    /// - Parameters:
    ///   - jobID: the job.
    ///   - userID: only a job of this user; `nil` for any.
    ///   - message: why, for people.
    package func cancel(_ jobID: String, userID: String?, message: String?) async throws -> JobTransition {
        guard try await self.store.job(jobID) != nil else {
            return try await self.jobs.cancel(jobID, userID: userID, message: message)
        }
        return try await self.perform(.cancelJob, jobID, detail: message, outcome: \.description) {
            try await self.jobs.cancel(jobID, userID: userID, message: message)
        }
    }

    /// Starts an action on all matching jobs.
    ///
    /// - Parameters:
    ///   - kind: the change to each job.
    ///   - filter: selects the jobs; none that was created after `now`.
    ///   - expected: the number of matching jobs.
    ///   - description: describes these jobs.
    ///   - reason: why, for people.
    ///   - now: the database's clock.
    package func startBulk(
        _ kind: BulkAction.Kind,
        _ filter: JobFilter,
        expected: Int,
        description: String,
        reason: String?,
        at now: Timestamp
    ) async throws -> BulkAction {
        let action = BulkAction(
            id: RandomID.timeOrdered(at: now),
            kind: kind,
            filter: filter,
            by: self.actor.name,
            reason: reason,
            expected: expected,
            at: now
        )
        let detail = "\(kind.rawValue) \(description)" + (reason.map { ": \($0)" } ?? "")
        try await self.perform(.startBulk, action.id, detail: detail) { try await self.store.add(action) }
        return action
    }

    /// Stops an action on many jobs.
    ///
    /// Changes that were made stay.
    ///
    /// - Returns: whether the action was in progress.
    package func stopBulk(_ id: String) async throws -> Bool {
        try await self.perform(.stopBulk, id, outcome: \.stopOutcome) {
            try await self.store.stopBulkAction(id)
        }
    }
}

extension Bool {
    /// Describes the outcome of stopping an action.
    fileprivate var stopOutcome: String { self ? AuditEntry.done : "refused: it had ended" }
}

extension BulkAction.Kind {
    fileprivate var auditAction: AuditAction {
        switch self {
        case .retry: .retryJob
        case .fail: .failJob
        case .cancel: .cancelJob
        }
    }
}

extension JobTransition {
    /// Describes the outcome.
    fileprivate var description: String {
        switch self {
        case .moved(let job): "done: the job is \(job.status.rawValue)"
        case .refused(let job): "refused: \(job.refusal(of: nil).message)"
        case .missing: "refused: there is no such job"
        }
    }
}
