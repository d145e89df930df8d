/// Why a transition was refused, for machines.
public enum JobRefusal: String, Sendable, Codable, CaseIterable {
    /// The job was started again; the attempt is somebody else's.
    case attemptLost = "attempt_lost"
    /// The job waits in the queue: it was never started, or this attempt ended and another one is due.
    case notRunning = "not_running"
    /// Somebody has it already.
    case alreadyRunning = "already_running"
    /// This attempt timed out.
    case timedOut = "timed_out"
    /// It was delivered before, and what was set aside for it is taken.
    case alreadyCompleted = "already_completed"
    /// It failed before, and its tokens went back.
    case alreadyFailed = "already_failed"
    /// It was called off.
    case cancelled

    /// What happened, and what to do next.
    public var message: String {
        switch self {
        case .attemptLost: "The job is in a later attempt, which belongs to another worker. Stop working on it."
        case .notRunning: "The job is in the queue and not running. Claim it first."
        case .alreadyRunning: "Another worker has the job. Claim another one."
        case .timedOut: "The attempt timed out, and the job was cleaned up. Stop working on it."
        case .alreadyCompleted: "The job is already completed. Nothing was changed."
        case .alreadyFailed: "The job has already failed. Stop working on it."
        case .cancelled: "The job was cancelled. Stop working on it."
        }
    }
}

extension Job {
    /// Whether its last attempt ended because it took too long.
    public var isTimedOut: Bool { self.status == .failed && self.timedOut }

    /// Why the job as it is refuses a transition.
    ///
    /// - Parameter attempt: the attempt that the caller holds; `nil` for one who wanted to start it.
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
