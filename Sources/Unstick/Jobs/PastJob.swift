/// What became of a job, as far as limits can be learned from it.
public struct PastJob: Hashable, Sendable {
    /// How it ended, or did not.
    public enum Outcome: Int, Sendable, Codable, CaseIterable {
        /// A worker completed it.
        case completed
        /// It is running, or is said to be.
        case running
        /// It waits to be started.
        case waiting
        /// It was failed because it took too long.
        case timedOut
    }

    /// The job's id.
    public var id: String
    /// What sort of work it was.
    public var kind: String
    /// Its price class.
    public var tier: String?
    /// What was charged for it.
    public var tokensCost: Int
    /// When it was created; its start where nothing tells.
    public var createdAt: Timestamp
    /// When its last attempt started; `nil` for a job that waits, and where nobody recorded it.
    public var startedAt: Timestamp?
    /// When it ended; `nil` for a job that did not.
    public var endedAt: Timestamp?
    /// How it ended.
    public var outcome: Outcome

    /// Makes a past job from its stored facts.
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

    /// How long its last attempt took, if it was completed and both moments make sense.
    public var duration: Duration? {
        guard self.outcome == .completed, let startedAt, let endedAt, startedAt <= endedAt else { return nil }
        return endedAt - startedAt
    }
}

/// What limits are learned from.
public protocol PastJobStore: Sendable {
    /// Reads all jobs that were completed, timed out, or never ended, in no order, as of one moment, in bounded memory.
    ///
    /// - Parameters:
    ///   - since: only jobs created from then on.
    ///   - initial: the result before the first job.
    ///   - update: adds a job to the result. It may be called again from the start with a fresh `initial`.
    /// - Throws: ``UnstickError`` `invalidArgument` where the tables do not tell when a job ended.
    func pastJobs<Result: Sendable>(
        since: Timestamp?,
        into initial: Result,
        _ update: @Sendable @escaping (inout Result, PastJob) -> Void
    ) async throws -> Result
}
