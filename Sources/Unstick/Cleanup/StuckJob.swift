/// A job over a limit of its rule, with the values that were checked.
public struct StuckJob: Hashable, Sendable {
    /// The job's id.
    public var id: String
    /// The job's user.
    public var userID: String
    /// The kind of work.
    public var kind: String
    /// Its price class.
    public var tier: String?
    /// What was charged for it, in tokens.
    public var tokensCost: Int
    /// The attempt that is stuck; 0 for a job that was never started.
    public var attempt: Int
    /// When that attempt started, where it was recorded.
    public var processingStartedAt: Timestamp?
    /// When the row last changed.
    public var updatedAt: Timestamp
    /// The time from which its age counts: the start, or the last change where no start is recorded; for a job in the
    /// queue its creation.
    public var since: Timestamp
    /// Microseconds of ``since`` below a millisecond, where the database keeps them.
    ///
    /// The cursor needs them.
    package var fraction = 0
    /// How long it has been running, or waiting, by the database's clock.
    public var stuckFor: Duration
    /// The rule and the limit that the job is over.
    public var stuckReason: StuckReason
    /// What a run would do with it now.
    public var action: RunItem.Action
    /// What a run would refund.
    public var tokensOwed: Int
    /// Why a run does not clean it; `nil` for a job that can be cleaned.
    package var problem: String?

    /// Its place in the order of a run.
    public var cursor: StuckCursor { StuckCursor(since: self.since, fraction: self.fraction, id: self.id) }

    /// Why it is stuck, for people.
    public var reason: String { self.problem ?? self.stuckReason.reason(attempt: self.attempt) }

    /// Makes a stuck job from its fields.
    public init(
        id: String,
        userID: String,
        kind: String,
        tier: String?,
        tokensCost: Int,
        attempt: Int,
        processingStartedAt: Timestamp?,
        updatedAt: Timestamp,
        since: Timestamp,
        stuckFor: Duration,
        stuckReason: StuckReason,
        action: RunItem.Action,
        tokensOwed: Int
    ) {
        self.id = id
        self.userID = userID
        self.kind = kind
        self.tier = tier
        self.tokensCost = tokensCost
        self.attempt = attempt
        self.processingStartedAt = processingStartedAt
        self.updatedAt = updatedAt
        self.since = since
        self.stuckFor = stuckFor
        self.stuckReason = stuckReason
        self.action = action
        self.tokensOwed = tokensOwed
    }
}

/// The place of a stuck job in the order of a run: oldest first, then by id.
public struct StuckCursor: Hashable, Sendable {
    /// The moment from which the job's age counts.
    public var since: Timestamp
    /// Microseconds of that time below a millisecond, where the database keeps them.
    public var fraction: Int
    /// The job's id.
    public var id: String

    /// Makes a cursor.
    public init(since: Timestamp, fraction: Int = 0, id: String) {
        self.since = since
        self.fraction = fraction
        self.id = id
    }

    // By the bytes of the id: two ids may differ in their Unicode composition only.

    /// Whether both are the same place.
    public static func == (one: StuckCursor, other: StuckCursor) -> Bool {
        one.since == other.since && one.fraction == other.fraction && one.id.isExactly(other.id)
    }

    /// Hashes the place.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.since)
        hasher.combine(self.fraction)
        hasher.combine(self.id.exact)
    }
}
