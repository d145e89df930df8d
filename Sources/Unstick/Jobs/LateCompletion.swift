/// A completion of an attempt that a run had timed out: the proof that the run was wrong.
///
/// A store records it once for each attempt.
public struct LateCompletion: Hashable, Sendable {
    /// The job.
    public var jobID: String
    /// The job's user.
    public var userID: String
    /// The kind of work.
    public var kind: String
    /// Its price class.
    public var tier: String?
    /// What was charged for the job.
    public var tokensCost: Int
    /// The attempt that was timed out.
    public var attempt: Int
    /// When the job was created.
    public var createdAt: Timestamp
    /// When the attempt started.
    public var startedAt: Timestamp
    /// When its worker completed it.
    public var completedAt: Timestamp
    /// When Unstick learned of it: for a team's own tables, the run that found it.
    public var recordedAt: Timestamp
    /// Whether the completion was refused, so that the work was not delivered.
    public var isRefused: Bool

    /// How long the attempt really took.
    public var duration: Duration { self.completedAt - self.startedAt }

    /// Makes a late completion from its stored fields.
    public init(
        jobID: String,
        userID: String,
        kind: String,
        tier: String?,
        tokensCost: Int,
        attempt: Int,
        createdAt: Timestamp,
        startedAt: Timestamp,
        completedAt: Timestamp,
        recordedAt: Timestamp,
        isRefused: Bool
    ) {
        self.jobID = jobID
        self.userID = userID
        self.kind = kind
        self.tier = tier
        self.tokensCost = tokensCost
        self.attempt = attempt
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.completedAt = completedAt
        self.recordedAt = recordedAt
        self.isRefused = isRefused
    }
}
