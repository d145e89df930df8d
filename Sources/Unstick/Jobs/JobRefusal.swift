/// Why a transition was refused, for machines.
public enum JobRefusal: String, Sendable, Codable, CaseIterable {
    /// The job was started again; another worker has the attempt.
    case attemptLost = "attempt_lost"
    /// The job waits in the queue: it was never started, or this attempt ended and another one is due.
    case notRunning = "not_running"
    /// Another worker has already started it.
    case alreadyRunning = "already_running"
    /// This attempt timed out.
    case timedOut = "timed_out"
    /// It was delivered before, and its reservation is settled.
    case alreadyCompleted = "already_completed"
    /// It failed before, and its tokens were refunded.
    case alreadyFailed = "already_failed"
    /// It was cancelled.
    case cancelled

    /// What happened, and what to do next.
    public var message: String {
        switch self {
        case .attemptLost: "The job is in a later attempt, which belongs to another worker. Stop working on it."
        case .notRunning: "The job waits in the queue and is not running. To work on it, claim it."
        case .alreadyRunning: "Another worker has the job. Claim another one."
        case .timedOut: "The attempt timed out, and the job was cleaned up. Stop working on it."
        case .alreadyCompleted: "The job is already completed. Nothing was changed."
        case .alreadyFailed: "The job has already failed. Stop working on it."
        case .cancelled: "The job was cancelled. Stop working on it."
        }
    }
}

extension Job {
    /// Whether its last attempt timed out.
    public var isTimedOut: Bool { self.status == .failed && self.timedOut }

    /// Why the job refuses a transition.
    ///
    /// - Parameter attempt: the attempt of the caller; `nil` for a start.
    public func refusal(of attempt: Int?) -> JobRefusal {
        switch self.status {
        case .completed: .alreadyCompleted
        case .cancelled: .cancelled
        case .failed: self.isTimedOut ? .timedOut : .alreadyFailed
        case .processing: attempt == nil || attempt == self.attempt ? .alreadyRunning : .attemptLost
        case .pending: attempt == nil || self.timeouts == 0 ? .notRunning : .timedOut
        }
    }
}
