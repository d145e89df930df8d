/// The job side of a store: the transitions that an app and its workers make.
///
/// Each method is one transition in one transaction, and compare-and-set: whoever comes second changes nothing and is told
/// so in the answer.
public protocol JobStore: Sendable {
    /// Charges the user and creates the job as `PENDING`, both or neither. A repeat with the same id or the same idempotency
    /// key changes nothing.
    ///
    /// - Returns: the job that was created, or the one that was there, as it is now.
    /// - Throws: ``UnstickError`` `insufficientTokens`, or `conflict` when the id or the key belongs to a different job.
    func create(_ job: NewJob) async throws -> JobCreation

    /// Moves the oldest `PENDING` jobs of some kinds to `PROCESSING` and raises their attempt, at most `limit`; jobs that
    /// somebody else is claiming are passed over.
    func claim(kinds: [String], worker: String?, limit: Int) async throws -> [Job]

    /// Moves a `PENDING` job to `PROCESSING` and raises its attempt.
    func start(_ jobID: String, worker: String?) async throws -> JobTransition

    /// Notes signs of life, each for the attempt that it names.
    ///
    /// - Returns: an answer for each, in their order.
    func heartbeat(_ beats: [Heartbeat]) async throws -> [HeartbeatAnswer]

    /// Moves the job to `COMPLETED` if it is still `PROCESSING` in this attempt, and takes what was set aside for it.
    ///
    /// - Throws: ``UnstickError`` `exceedsHold`; `insufficientTokens` for a late completion that cannot be charged again.
    func complete(_ completion: Completion) async throws -> JobTransition

    /// Ends this attempt badly: the job goes back to the queue, or fails and is refunded.
    func fail(_ failure: JobFailure) async throws -> JobTransition

    /// Calls the job off if it is `PENDING` or `PROCESSING` in this attempt, and refunds it.
    func cancel(_ cancellation: Cancellation) async throws -> JobTransition

    /// Puts a `FAILED` or `CANCELLED` job back into the queue, and charges again what its charge gave back.
    ///
    /// - Throws: ``UnstickError`` `insufficientTokens`.
    func requeue(_ requeueing: Requeueing) async throws -> JobTransition

    /// The job, or `nil`.
    func job(_ jobID: String) async throws -> Job?

    /// Jobs, newest first, at most `limit`, those after `cursor` in that order.
    ///
    /// Running jobs by themselves are listed by their start, others by their creation.
    func jobs(_ filter: JobFilter, after cursor: JobCursor?, limit: Int) async throws -> Window<Job, JobCursor>

    /// Those of these jobs that there are, in no order.
    func jobs(_ ids: [String]) async throws -> [Job]

    /// How many jobs match, of the newest ``Limits/counted`` that were looked at.
    func count(_ filter: JobFilter) async throws -> JobCount

    /// The kinds and tiers of the jobs that the window after `cursor` looks at.
    func kinds(_ filter: JobFilter, after cursor: JobCursor?) async throws -> [JobKind]

    /// The kinds of all jobs there are, in no order that people know; at most ``Limits/kinds``.
    func knownKinds() async throws -> [String]

    /// The last sign of life of the job's current attempt, or `nil`.
    func lease(of jobID: String) async throws -> Lease?

    /// How old the attempts of the running jobs are, of the oldest ``Limits/counted``.
    ///
    /// - Parameter edges: where one range of ages ends and the next begins, in order.
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

    /// Puts a `FAILED` or `CANCELLED` job back into the queue, and charges again what its charge gave back.
    ///
    /// - Throws: ``UnstickError`` `insufficientTokens`.
    public func requeue(_ jobID: String, attempt: Int) async throws -> JobTransition {
        try await self.requeue(Requeueing(jobID: jobID, attempt: attempt))
    }
}

/// What became of a job that was to be created.
public enum JobCreation: Hashable, Sendable {
    /// It was created and charged now.
    case created(Job)
    /// The same job was there already, by its id or its idempotency key. Nothing changed; the job as it is.
    case existing(Job)

    /// The job, whoever created it.
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

/// What became of a transition that was asked for.
public enum JobTransition: Hashable, Sendable {
    /// It happened; the job as it is now.
    case moved(Job)
    /// Somebody else was first, or the attempt is not the current one. Nothing changed; the job as it is.
    case refused(Job)
    /// There is no such job.
    case missing
}
