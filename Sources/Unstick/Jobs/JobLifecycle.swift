/// The jobs of an app, from their creation and charge to their end, by the policy in force.
///
/// ```swift
/// let jobs = JobLifecycle(store: store)
/// try await jobs.create(NewJob(id: "render-17", userID: "ada", kind: "image", tokensCost: 8))
/// if let job = try await jobs.claim(kinds: ["image"], worker: "gpu-7").first {
///     try await jobs.complete(job.id, attempt: job.attempt)
/// }
/// ```
///
/// Each call names the attempt of the caller. A caller that has lost the attempt is refused and changes nothing. Safe
/// to call from several tasks and several processes over one database.
public struct JobLifecycle: Sendable {
    /// The store that keeps the jobs.
    public let store: any JobStore
    private let policy: PolicySource
    /// The administrator who fails, cancels and requeues jobs; `nil` for an app and its workers.
    private var actor: Actor?

    /// Makes a life cycle over a store.
    public init(store: any JobStore, policy: PolicySource = PolicySource()) {
        self.init(store: store, policy: policy, actor: nil)
    }

    /// Makes a life cycle for an administrator, whose name the ledger lines have.
    init(store: any JobStore, policy: PolicySource, actor: Actor?) {
        self.store = store
        self.policy = policy
        self.actor = actor
    }

    /// Charges the user and creates the job, both or neither.
    ///
    /// A repeat with the same id or the same idempotency key changes nothing and returns ``JobCreation/existing(_:)``
    /// with the current job, which may have ended. ``requeue(_:)`` runs a failed job again.
    ///
    /// - Throws: ``UnstickError`` `insufficientTokens`, `conflict`, `invalidArgument`, `amountOutOfRange`.
    @discardableResult
    public func create(_ job: NewJob) async throws -> JobCreation {
        try await self.store.create(job)
    }

    /// Claims the oldest waiting jobs of some kinds.
    ///
    /// - Parameters:
    ///   - kinds: 1 to 100 kinds, by their whole names.
    ///   - worker: the name of the worker, shown when the job is stuck.
    ///   - limit: the most jobs, 1 to 100.
    /// - Returns: the jobs with the attempt that the worker now holds; empty when none waits.
    public func claim(kinds: [String], worker: String? = nil, limit: Int = 1) async throws -> [Job] {
        guard 1...Limits.claimedKinds ~= kinds.count, 1...Limits.claimedJobs ~= limit else {
            throw UnstickError(
                .invalidArgument,
                "A claim names 1 to \(Limits.claimedKinds) kinds and takes 1 to \(Limits.claimedJobs) jobs."
            )
        }
        for kind in kinds { try Limits.checkID(kind, "kind") }
        if let worker { try Limits.checkID(worker, "worker") }
        let jobs = try await self.store.claim(kinds: kinds.distinct, worker: worker, limit: limit)
        JobMetrics.claimed(jobs)
        return jobs
    }

    /// Starts a job by its id.
    public func start(_ jobID: String, worker: String? = nil) async throws -> JobTransition {
        try Limits.checkText(jobID, "job id")
        if let worker { try Limits.checkID(worker, "worker") }
        return try await self.store.start(jobID, worker: worker)
    }

    /// Stores a heartbeat.
    public func heartbeat(_ beat: Heartbeat) async throws -> HeartbeatAnswer {
        let answer = try await self.heartbeat([beat])[0]
        if case .failed(let error) = answer { throw error }
        return answer
    }

    /// Stores heartbeats of up to 1,000 jobs; one that is invalid or refused does not affect the others.
    public func heartbeat(_ beats: [Heartbeat]) async throws -> [HeartbeatAnswer] {
        try Self.checkBatch(beats.count)
        var answers: [HeartbeatAnswer?] = beats.map { beat in beat.fault.map { .failed($0) } }
        let sound = beats.indices.filter { answers[$0] == nil }
        let stored = try await self.stored(sound.map { beats[$0] })
        for (index, answer) in zip(sound, stored) { answers[index] = answer }
        let all = answers.compactMap { $0 }
        JobMetrics.beaten(all)
        return all
    }

    /// Stores heartbeats; if the database refuses them as a whole, one by one.
    private func stored(_ beats: [Heartbeat]) async throws -> [HeartbeatAnswer] {
        guard !beats.isEmpty else { return [] }
        do {
            return try await self.store.heartbeat(beats)
        } catch let error as UnstickError where error.code == .databaseRejected && beats.count > 1 {
            var answers: [HeartbeatAnswer] = []
            for beat in beats {
                do {
                    answers += try await self.store.heartbeat([beat])
                } catch let error as UnstickError where error.code == .databaseRejected {
                    answers.append(.failed(error))
                }
            }
            return answers
        }
    }

    /// Completes a job.
    ///
    /// - Parameters:
    ///   - jobID: the job.
    ///   - attempt: the attempt that the worker holds.
    ///   - tokensUsed: the price of the work, for a job with a reservation; `nil` for all of it.
    /// - Throws: ``UnstickError`` `exceedsHold`, `insufficientTokens`.
    @discardableResult
    public func complete(_ jobID: String, attempt: Int, tokensUsed: Int? = nil) async throws -> JobTransition {
        try Limits.checkText(jobID, "job id")
        if let tokensUsed, !(0...Limits.tokens ~= tokensUsed) {
            throw UnstickError(.amountOutOfRange, "The tokens used must be a whole number from 0 to \(Limits.tokens).")
        }
        let completion = Completion(jobID: jobID, attempt: attempt, tokensUsed: tokensUsed)
        var outcome = try await self.store.complete(completion)
        guard case .refused(let job) = outcome else { return Self.counted(outcome, "complete") }
        if job.isTimedOut, job.attempt == attempt, self.rule(of: job).onLateCompletion == .accept {
            var late = completion
            late.ifLate = .accept
            do {
                outcome = try await self.store.complete(late)
            } catch {
                // Also a completion that cannot be charged again proves that the run was wrong.
                try await self.recordIfLate(outcome, attempt)
                throw error
            }
        }
        try await self.recordIfLate(outcome, attempt)
        return Self.counted(outcome, "complete")
    }

    /// Records that a run was wrong about this attempt.
    ///
    /// Before the worker has its answer: one that gets none repeats its call.
    private func recordIfLate(_ outcome: JobTransition, _ attempt: Int) async throws {
        guard let job = outcome.job,
            let late = try await self.store.recordLateCompletion(of: job, attempt: attempt)
        else { return }
        JobMetrics.completedLate(late)
    }

    /// The outcome of one completion of a batch.
    public enum CompletionOutcome: Sendable {
        /// The store's answer.
        case answered(JobTransition)
        /// This one was refused; the others were stored.
        case failed(UnstickError)
    }

    /// Completes up to 1,000 jobs; one that is invalid or refused does not affect the others.
    ///
    /// If the database becomes unavailable in between, the rest are answered with that error and may be sent again.
    public func complete(_ completions: [Completion]) async throws -> [CompletionOutcome] {
        try Self.checkBatch(completions.count)
        var outcomes: [CompletionOutcome] = []
        for completion in completions {
            do {
                outcomes.append(
                    .answered(
                        try await self.complete(
                            completion.jobID,
                            attempt: completion.attempt,
                            tokensUsed: completion.tokensUsed
                        )
                    )
                )
            } catch let error as UnstickError where error.code == .databaseUnavailable {
                guard !outcomes.isEmpty else { throw error }
                return outcomes + Array(repeating: .failed(error), count: completions.count - outcomes.count)
            } catch let error as UnstickError {
                outcomes.append(.failed(error))
            }
        }
        return outcomes
    }

    /// Fails an attempt: the job waits for its next attempt, or fails and is refunded by its rule.
    ///
    /// - Parameters:
    ///   - jobID: the job.
    ///   - attempt: the attempt that the worker holds.
    ///   - message: why, for people; at most 2,000 bytes.
    ///   - isRetryable: whether another attempt may succeed.
    @discardableResult
    public func fail(
        _ jobID: String,
        attempt: Int,
        message: String,
        isRetryable: Bool = true
    ) async throws -> JobTransition {
        try Self.checkNote(message)
        guard let job = try await self.job(jobID) else { return .missing }
        let rule = self.rule(of: job)
        var failure = JobFailure(
            jobID: jobID,
            attempt: attempt,
            message: message,
            retryAfter: isRetryable && attempt < rule.retry.attempts
                ? rule.retry.wait(after: attempt, random: .random(in: 0...1)) : nil,
            refund: rule.refund
        )
        failure.actor = self.actor
        return Self.counted(try await self.store.fail(failure), "fail")
    }

    /// Cancels a job and refunds it by its rule; its worker learns it with the next heartbeat.
    ///
    /// - Parameters:
    ///   - jobID: the job.
    ///   - userID: only a job of this user; `nil` for an administrator's call.
    ///   - message: why, for people; at most 2,000 bytes.
    @discardableResult
    public func cancel(_ jobID: String, userID: String? = nil, message: String? = nil) async throws -> JobTransition {
        if let message { try Self.checkNote(message) }
        guard let job = try await self.job(jobID), userID.map(job.userID.isExactly) ?? true else { return .missing }
        let refund = self.rule(of: job).refund
        var cancellation = Cancellation(jobID: jobID, attempt: job.attempt, message: message, refund: refund)
        cancellation.actor = self.actor
        let outcome = try await self.store.cancel(cancellation)
        // It was started in between. The cancellation is for the job, whatever its attempt.
        guard case .refused(let now) = outcome, now.attempt > job.attempt else {
            return Self.counted(outcome, "cancel")
        }
        return try await self.cancel(jobID, userID: userID, message: message)
    }

    /// Puts a failed, quarantined or cancelled job back into the queue, and charges again what was refunded: its user
    /// has then paid its cost, and not more.
    ///
    /// - Throws: ``UnstickError`` `insufficientTokens`.
    @discardableResult
    public func requeue(_ jobID: String) async throws -> JobTransition {
        guard let job = try await self.job(jobID) else { return .missing }
        var requeueing = Requeueing(jobID: jobID, attempt: job.attempt)
        requeueing.actor = self.actor
        return try await self.store.requeue(requeueing)
    }

    /// Retries, fails or cancels a job for an administrator.
    ///
    /// - Parameters:
    ///   - jobID: the job.
    ///   - kind: the change.
    ///   - reason: why, for people.
    ///   - actor: the administrator.
    func change(
        _ jobID: String,
        _ kind: BulkAction.Kind,
        reason: String?,
        by actor: Actor
    ) async throws -> JobTransition {
        var jobs = self
        jobs.actor = actor
        let reason = reason ?? actor.request
        switch kind {
        case .retry: return try await jobs.requeue(jobID)
        case .cancel: return try await jobs.cancel(jobID, message: reason)
        case .fail:
            guard let job = try await self.store.job(jobID) else { return .missing }
            return try await jobs.fail(jobID, attempt: job.attempt, message: reason, isRetryable: false)
        }
    }

    private static func counted(_ outcome: JobTransition, _ operation: String) -> JobTransition {
        JobMetrics.ended(outcome, by: operation)
        return outcome
    }

    private func rule(of job: Job) -> Rule {
        self.policy.current.rule(kind: job.kind, tier: job.tier)
    }

    private static func checkBatch(_ count: Int) throws {
        guard 1...Limits.batchedCalls ~= count else {
            throw UnstickError(.invalidArgument, "A batch has 1 to \(Limits.batchedCalls) entries.")
        }
    }

    private static func checkNote(_ text: String) throws { try Limits.checkText(text, "message") }

    private func job(_ id: String) async throws -> Job? {
        try Limits.checkText(id, "job id")
        return try await self.store.job(id)
    }
}
