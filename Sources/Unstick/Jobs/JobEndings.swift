/// The end of a delivered attempt.
public struct Completion: Hashable, Sendable {
    /// The job.
    public var jobID: String
    /// The attempt that the worker holds.
    public var attempt: Int
    /// The price of the work, for a job with a reservation: 0 to its cost; `nil` for all of it.
    public var tokensUsed: Int?
    /// What happens to it when the job was timed out and refunded before.
    public var ifLate: Rule.LateCompletion

    /// Makes a completion.
    public init(jobID: String, attempt: Int, tokensUsed: Int? = nil, ifLate: Rule.LateCompletion = .refuse) {
        self.jobID = jobID
        self.attempt = attempt
        self.tokensUsed = tokensUsed
        self.ifLate = ifLate
    }
}

/// The end of an attempt that failed.
public struct JobFailure: Hashable, Sendable {
    /// The job.
    public var jobID: String
    /// The attempt that the worker holds.
    public var attempt: Int
    /// Why, for people.
    public var message: String
    /// How long the job waits until its next attempt; `nil` when it has none.
    public var retryAfter: Duration?
    /// The refund rule when it has none.
    public var refund: Refund
    /// The administrator who fails it; `nil` for a worker.
    package var actor: Actor?

    /// Makes a failure.
    public init(
        jobID: String,
        attempt: Int,
        message: String,
        retryAfter: Duration? = nil,
        refund: Refund = .full
    ) {
        self.jobID = jobID
        self.attempt = attempt
        self.message = message
        self.retryAfter = retryAfter
        self.refund = refund
    }
}

/// The cancellation of a job.
public struct Cancellation: Hashable, Sendable {
    /// The job.
    public var jobID: String
    /// The attempt that the caller read.
    public var attempt: Int
    /// Why, for people.
    public var message: String?
    /// The refund rule.
    public var refund: Refund
    /// The administrator who cancels it; `nil` for an app.
    package var actor: Actor?

    /// Makes a cancellation.
    public init(jobID: String, attempt: Int, message: String? = nil, refund: Refund = .full) {
        self.jobID = jobID
        self.attempt = attempt
        self.message = message
        self.refund = refund
    }
}

/// A return of a job to the queue.
public struct Requeueing: Hashable, Sendable {
    /// The job.
    public var jobID: String
    /// The attempt that the caller read.
    public var attempt: Int
    /// The administrator who requeues it; `nil` for an app.
    package var actor: Actor?

    /// Makes a return to the queue.
    public init(jobID: String, attempt: Int) {
        self.jobID = jobID
        self.attempt = attempt
    }
}
