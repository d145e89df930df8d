/// A change to all matching jobs, made in the background.
///
/// It is a row whose progress is saved with every step: when a server stops, another one continues. No job is changed
/// twice, because each step is a compare-and-set.
public struct BulkAction: Hashable, Sendable {
    /// The change to each job.
    public enum Kind: String, Sendable, Codable, CaseIterable {
        /// A failed or cancelled job returns to the queue.
        case retry
        /// A running job fails, and is refunded as its rule says.
        case fail
        /// A waiting or running job is cancelled, and is refunded as its rule says.
        case cancel
    }

    /// The progress of an action.
    public enum Status: String, Sendable, Codable {
        /// It is in progress, or waits for a server.
        case running = "RUNNING"
        /// It has finished.
        case completed = "COMPLETED"
        /// An operator stopped it. Changes that were made stay.
        case stopped = "STOPPED"
    }

    /// Its id; ids sort by time.
    public var id: String
    /// The change.
    public var kind: Kind
    /// Selects the jobs; none that was created after the action.
    public var filter: JobFilter
    /// Who requested it.
    public var by: String
    /// Why, for people.
    public var reason: String?
    /// Its progress.
    public var status: Status
    /// When it was requested.
    public var createdAt: Timestamp
    /// When it last made progress.
    public var updatedAt: Timestamp
    /// How many jobs matched at the request, up to the counting limit.
    public var expected: Int
    /// Jobs that it changed.
    public var done: Int
    /// Jobs that changed before the action reached them, or to which the change does not apply.
    public var skipped: Int
    /// Jobs that could not be changed.
    public var failed: Int
    /// The last of these jobs.
    public var lastFailedJob: String?
    /// Why that job could not be changed.
    public var lastError: String?
    /// Where the next step starts.
    public var cursor: JobCursor?

    /// How many jobs one step handles.
    package static let step = 100
    /// How long a server keeps the action without a step.
    package static let lease = Duration.seconds(30)

    /// Makes an action that starts now.
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
    /// The actor behind it; only the admin UI starts these actions.
    var actor: Actor { Actor(name: self.by, channel: .page) }
}

extension BulkAction.Kind {
    /// The statuses of the jobs that it applies to.
    package var statuses: Set<JobStatus> {
        switch self {
        case .retry: [.failed, .cancelled]
        case .fail: [.processing]
        case .cancel: [.pending, .processing]
        }
    }
}
