/// The role of a store that keeps jobs: the transitions by an app and its workers.
///
/// Each method is one transition in one transaction, and compare-and-set: the second caller changes nothing and
/// receives a refusal.
public protocol JobStore: Sendable {
    /// Charges the user and creates the job as `PENDING`, both or neither. A repeat with the same id or the same idempotency
    /// key changes nothing.
    ///
    /// - Returns: the created job, or the existing one as it is now.
    /// - Throws: ``UnstickError`` `insufficientTokens`, or `conflict` when the id or the key belongs to a different
    ///   job.
    func create(_ job: NewJob) async throws -> JobCreation

    /// Moves the oldest `PENDING` jobs of some kinds to `PROCESSING` and raises their attempt, at most `limit`; skips
    /// jobs that another caller is claiming.
    func claim(kinds: [String], worker: String?, limit: Int) async throws -> [Job]

    /// Moves a `PENDING` job to `PROCESSING` and raises its attempt.
    func start(_ jobID: String, worker: String?) async throws -> JobTransition

    /// Stores heartbeats, each for the attempt that it names.
    ///
    /// - Returns: an answer for each, in their order.
    func heartbeat(_ beats: [Heartbeat]) async throws -> [HeartbeatAnswer]

    /// Moves the job to `COMPLETED` if it is still `PROCESSING` in this attempt, and settles its reservation.
    ///
    /// - Throws: ``UnstickError`` `exceedsHold`; `insufficientTokens` for a late completion that cannot be charged again.
    func complete(_ completion: Completion) async throws -> JobTransition

    /// Records that a worker completed an attempt after a run had timed it out, and sends the event of a refusal.
    ///
    /// - Parameters:
    ///   - job: the job as it is now.
    ///   - attempt: the attempt that the worker completed.
    /// - Returns: the late completion, if it is one and was not recorded before.
    func recordLateCompletion(of job: Job, attempt: Int) async throws -> LateCompletion?

    /// Fails this attempt: the job returns to the queue, or fails and is refunded.
    func fail(_ failure: JobFailure) async throws -> JobTransition

    /// Cancels the job if it is `PENDING` or `PROCESSING` in this attempt, and refunds it.
    func cancel(_ cancellation: Cancellation) async throws -> JobTransition

    /// Puts a `FAILED` or `CANCELLED` job back into the queue, and charges again what was refunded.
    ///
    /// - Throws: ``UnstickError`` `insufficientTokens`.
    func requeue(_ requeueing: Requeueing) async throws -> JobTransition

    /// The job, or `nil`.
    func job(_ jobID: String) async throws -> Job?

    /// Jobs after `cursor`, newest first, at most `limit`.
    ///
    /// A filter for running jobs only orders by their start, others by their creation.
    func jobs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> Window<Job, JobCursor>

    /// Those of these jobs that exist, in no order.
    func jobs(_ ids: [String]) async throws -> [Job]

    /// How many jobs match, of the newest ``Limits/counted``.
    func count(_ filter: JobFilter) async throws -> JobCount

    /// The kinds and tiers of the jobs in the window after `cursor`.
    func kinds(_ filter: JobFilter, after cursor: JobCursor?) async throws -> [JobKind]

    /// The kinds of all jobs, in no particular order; at most ``Limits/kinds``.
    func knownKinds() async throws -> [String]

    /// The last heartbeat of the job's current attempt, or `nil`.
    func lease(of jobID: String) async throws -> Lease?

    /// The ages of the attempts of the running jobs, of the oldest ``Limits/counted``.
    ///
    /// - Parameter edges: the limits between the ranges of ages, in order.
    func runningAges(edges: [Duration]) async throws -> [RunningAges]
}

extension JobStore {
    /// Moves a `PENDING` job to `PROCESSING` and raises its attempt.
    public func start(_ jobID: String) async throws -> JobTransition {
        try await self.start(jobID, worker: nil)
    }

    /// Moves the job to `COMPLETED` if it is still `PROCESSING` in this attempt.
    public func complete(_ jobID: String, attempt: Int) async throws -> JobTransition {
        try await self.complete(Completion(jobID: jobID, attempt: attempt))
    }

    /// Puts a `FAILED` or `CANCELLED` job back into the queue, and charges again what was refunded.
    ///
    /// - Throws: ``UnstickError`` `insufficientTokens`.
    public func requeue(_ jobID: String, attempt: Int) async throws -> JobTransition {
        try await self.requeue(Requeueing(jobID: jobID, attempt: attempt))
    }
}

/// The outcome of a creation.
public enum JobCreation: Hashable, Sendable {
    /// It was created and charged now.
    case created(Job)
    /// The same job existed, by its id or its idempotency key. Nothing changed; the job as it is.
    case existing(Job)

    /// The job, in both cases.
    public var job: Job {
        switch self {
        case .created(let job), .existing(let job): job
        }
    }

    /// Whether it was created now.
    public var isNew: Bool {
        if case .created = self { true } else { false }
    }
}

/// The outcome of a transition.
public enum JobTransition: Hashable, Sendable {
    /// It happened; the job as it is now.
    case moved(Job)
    /// Another caller was first, or the attempt is not the current one. Nothing changed; the job as it is.
    case refused(Job)
    /// There is no such job.
    case missing

    /// The job as it is now.
    package var job: Job? {
        switch self {
        case .moved(let job), .refused(let job): job
        case .missing: nil
        }
    }
}
