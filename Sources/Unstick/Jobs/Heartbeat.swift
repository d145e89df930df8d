/// A worker's heartbeat.
public struct Heartbeat: Hashable, Sendable {
    /// The job.
    public var jobID: String
    /// The attempt that the worker holds.
    public var attempt: Int
    /// The progress, 0 to 1; `nil` keeps the last value.
    public var progress: Double?
    /// The current step, for people; `nil` keeps the last one.
    public var message: String?

    /// Makes a heartbeat.
    public init(jobID: String, attempt: Int, progress: Double? = nil, message: String? = nil) {
        self.jobID = jobID
        self.attempt = attempt
        self.progress = progress
        self.message = message
    }

    /// The longest ``message``, in bytes of UTF-8.
    public static let messageBytes = Limits.idBytes

    /// - Throws: ``UnstickError`` `invalidArgument`, naming the field.
    package func validate() throws {
        try Limits.checkID(self.jobID, "job id")
        if let progress {
            guard 0...1 ~= progress else {
                throw UnstickError(.invalidArgument, "The progress must be a number from 0 to 1.")
            }
        }
        try Limits.checkText(self.message ?? "", "message", most: Self.messageBytes)
    }

    /// What is wrong with it; `nil` if it is valid.
    var fault: UnstickError? {
        do {
            try self.validate()
            return nil
        } catch {
            return error as? UnstickError ?? UnstickError(.invalidArgument, "The heartbeat cannot be read.")
        }
    }

    /// The progress in millionths.
    package var millionths: Int? { self.progress.map { Int($0 * Double(Refund.whole)) } }
}

/// The answer to a heartbeat.
public enum HeartbeatAnswer: Hashable, Sendable {
    /// The worker still has the attempt.
    case alive
    /// The attempt was lost; the job as it is.
    case refused(Job)
    /// There is no such job.
    case missing
    /// This heartbeat was invalid, or the database refused it; the others of its batch were stored.
    case failed(UnstickError)
}

/// The last heartbeat of an attempt.
public struct Lease: Hashable, Sendable {
    /// The attempt.
    public var attempt: Int
    /// When it was sent.
    public var beatAt: Timestamp
    /// The progress of the work, from 0 to 1.
    public var progress: Double
    /// The message of the worker.
    public var message: String?

    /// Makes a heartbeat from its stored fields.
    public init(attempt: Int, beatAt: Timestamp, progress: Double, message: String?) {
        self.attempt = attempt
        self.beatAt = beatAt
        self.progress = progress
        self.message = message
    }
}
