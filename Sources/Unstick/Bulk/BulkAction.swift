/// One thing done with all jobs that match, in the background.
///
/// It is a row, and where it stands is written with every step: a server that dies is followed by another one, and a job that
/// was dealt with before is not dealt with again, since each step is a compare-and-set of its own.
public struct BulkAction: Hashable, Sendable {
    /// What is done with each job.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// A job that failed or was cancelled goes back to the queue.
        case retry
        /// A running job fails, and is refunded as its rule says.
        case fail
        /// A waiting or running job is called off, and is refunded as its rule says.
        case cancel
    }

    /// How far it has come.
    public enum Status: String, Sendable, Codable {
        /// It goes on, or waits for a server.
        case running = "RUNNING"
        /// It has come to the end.
        case completed = "COMPLETED"
        /// Somebody stopped it; what was done stays done.
        case stopped = "STOPPED"
    }

    /// Its id; ids sort by time.
    public var id: String
    /// What is done.
    public var kind: Kind
    /// With which jobs; none that was created after it.
    public var filter: JobFilter
    /// Who asked for it.
    public var by: String
    /// Why, for people.
    public var reason: String?
    /// How far it has come.
    public var status: Status
    /// When it was asked for.
    public var createdAt: Timestamp
    /// When it last went on.
    public var updatedAt: Timestamp
    /// How many jobs matched when it was asked for, as far as was counted.
    public var expected: Int
    /// Jobs that it changed.
    public var done: Int
    /// Jobs that had changed before it came to them, or that cannot be changed so.
    public var skipped: Int
    /// Jobs that could not be changed.
    public var failed: Int
    /// The last of them.
    public var lastFailedJob: String?
    /// Why it could not.
    public var lastError: String?
    /// Where it goes on.
    public var cursor: JobCursor?

    /// How many jobs one step deals with.
    package static let step = 100
    /// How long a server keeps it without a step.
    package static let lease = Duration.seconds(30)

    /// Makes one that begins now.
    public init(
        id: String,
        kind: Kind,
        filter: JobFilter,
        by: String,
        reason: String?,
        expected: Int,
        at now: Timestamp
    ) {
        self.id = id
        self.kind = kind
        self.filter = filter
        self.by = by
        self.reason = reason
        self.status = .running
        self.createdAt = now
        self.updatedAt = now
        self.expected = expected
        self.done = 0
        self.skipped = 0
        self.failed = 0
    }
}

extension BulkAction {
    /// Who asked for it; only the page starts these actions.
    var actor: Actor { Actor(name: self.by, door: .page) }
}

extension BulkAction.Kind {
    /// The statuses of the jobs that it can be done with.
    public var statuses: Set<JobStatus> {
        switch self {
        case .retry: [.failed, .cancelled]
        case .fail: [.processing]
        case .cancel: [.pending, .processing]
        }
    }
}
