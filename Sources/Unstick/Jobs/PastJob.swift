/// The outcome of a job, as input for learning limits.
public struct PastJob: Hashable, Sendable {
    /// How the job ended, or its state.
    public enum Outcome: Int, Sendable, Codable, CaseIterable {
        /// A worker completed it.
        case completed
        /// It is running, or its row says so.
        case running
        /// It waits to be started.
        case waiting
        /// It timed out. Whether a worker completed it after that is not recorded, so its real end is unknown.
        case timedOut
    }

    /// The job's id.
    public var id: String
    /// The kind of work.
    public var kind: String
    /// Its price class.
    public var tier: String?
    /// What was charged for it.
    public var tokensCost: Int
    /// When it was created; its start where the creation is unknown.
    public var createdAt: Timestamp
    /// When its last attempt started; `nil` for a waiting job, and where that was not recorded.
    public var startedAt: Timestamp?
    /// When it ended; `nil` for a job that did not.
    public var endedAt: Timestamp?
    /// How it ended.
    public var outcome: Outcome

    /// Makes a past job from its stored fields.
    public init(
        id: String,
        kind: String,
        tier: String?,
        tokensCost: Int,
        createdAt: Timestamp,
        startedAt: Timestamp?,
        endedAt: Timestamp?,
        outcome: Outcome
    ) {
        self.id = id
        self.kind = kind
        self.tier = tier
        self.tokensCost = tokensCost
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.outcome = outcome
    }

    /// How long its last attempt took, if it was completed and both times are valid.
    public var duration: Duration? {
        guard self.outcome == .completed, let startedAt, let endedAt, startedAt <= endedAt else { return nil }
        return endedAt - startedAt
    }
}

/// The role of a store from which limits are learned.
public protocol PastJobStore: Sendable {
    /// Reads all jobs that were completed, timed out, or never ended, in no order, as of one moment, in bounded memory.
    ///
    /// - Parameters:
    ///   - since: only jobs created at this time or later.
    ///   - initial: the result before the first job.
    ///   - update: adds a job to the result. It may restart with a fresh `initial`.
    /// - Throws: ``UnstickError`` `invalidArgument` where the tables do not have the end of a job.
    func pastJobs<Result: Sendable>(
        since: Timestamp?,
        into initial: Result,
        _ update: @Sendable @escaping (inout Result, PastJob) -> Void
    ) async throws -> Result
}
