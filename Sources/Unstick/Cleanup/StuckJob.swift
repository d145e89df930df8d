/// A job that passed its limit, with the facts it was judged by.
public struct StuckJob: Hashable, Sendable {
    /// The job's id.
    public var id: String
    /// Whose job it is.
    public var userID: String
    /// What sort of work it is.
    public var kind: String
    /// Its price class.
    public var tier: String?
    /// What was charged for it, in tokens.
    public var tokensCost: Int
    /// The attempt that is stuck.
    public var attempt: Int
    /// When that attempt started, where it was recorded.
    public var processingStartedAt: Timestamp?
    /// When the row last changed.
    public var updatedAt: Timestamp
    /// Microseconds of ``since`` below its millisecond, where the database keeps them.
    ///
    /// The cursor needs them.
    package var fraction = 0
    /// How long it has been running, by the database's clock.
    public var stuckFor: Duration
    /// The limit that it passed.
    public var limit: Duration

    /// The moment from which its age counts: the start, or the last change where no start was recorded.
    public var since: Timestamp { self.processingStartedAt ?? self.updatedAt }

    /// Its place in the order in which jobs are taken.
    public var cursor: StuckCursor { StuckCursor(since: self.since, fraction: self.fraction, id: self.id) }

    /// Why it is judged stuck, in words.
    public var reason: String { Self.reason(running: self.stuckFor, limit: self.limit) }

    /// The sentence for an attempt that has run for a time against a limit.
    package static func reason(running: Duration, limit: Duration) -> String {
        "processing for \(running.text), limit \(limit.text)"
    }

    /// What is said of a job in somebody else's table whose cost is no amount of tokens.
    package static let badCost =
        "Its cost is not a whole number of tokens from 0 to \(Limits.tokens), so it cannot be refunded."

    /// Makes a stuck job from its facts.
    public init(
        id: String,
        userID: String,
        kind: String,
        tier: String?,
        tokensCost: Int,
        attempt: Int,
        processingStartedAt: Timestamp?,
        updatedAt: Timestamp,
        stuckFor: Duration,
        limit: Duration
    ) {
        self.id = id
        self.userID = userID
        self.kind = kind
        self.tier = tier
        self.tokensCost = tokensCost
        self.attempt = attempt
        self.processingStartedAt = processingStartedAt
        self.updatedAt = updatedAt
        self.stuckFor = stuckFor
        self.limit = limit
    }
}

/// The place of a stuck job in the order in which they are taken: oldest first, then by id.
public struct StuckCursor: Hashable, Sendable {
    /// The moment from which the job's age counts.
    public var since: Timestamp
    /// Microseconds of that moment below its millisecond, where the database keeps them.
    public var fraction: Int
    /// The job's id.
    public var id: String

    /// Makes a cursor.
    public init(since: Timestamp, fraction: Int = 0, id: String) {
        self.since = since
        self.fraction = fraction
        self.id = id
    }
}
