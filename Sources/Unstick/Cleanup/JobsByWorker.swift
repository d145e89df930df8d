/// The running or waiting jobs of one kind and worker, without those of a hold or of an approval.
public struct JobsByWorker: Hashable, Sendable {
    /// The kind of work.
    public var kind: String
    /// The worker; `nil` where it is unknown, and for waiting jobs.
    public var worker: String?
    /// How many jobs there are.
    public var jobs: Int
    /// How many of them are stuck.
    public var stuck = 0
    /// When the newest of them started.
    public var startedAt: Timestamp
    /// The last heartbeat or start of any of them.
    public var signAt: Timestamp
    /// When the last of the stuck ones passed its limit; `nil` where none is stuck.
    public var passedAt: Timestamp?

    /// Makes a group.
    public init(
        kind: String,
        worker: String?,
        jobs: Int,
        stuck: Int = 0,
        startedAt: Timestamp,
        signAt: Timestamp,
        passedAt: Timestamp? = nil
    ) {
        self.kind = kind
        self.worker = worker
        self.jobs = jobs
        self.stuck = stuck
        self.startedAt = startedAt
        self.signAt = signAt
        self.passedAt = passedAt
    }

    /// The most groups that one run reads.
    package static let most = 20_000
}
