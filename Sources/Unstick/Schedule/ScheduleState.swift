/// The state of a schedule, by the database's clock.
public struct ScheduleState: Hashable, Sendable {
    /// The due time of the last tick that a node took; `nil` before the first.
    public var lastDue: Timestamp?
    /// When a lease ended whose holder never released it: it died, or lost the database.
    ///
    /// `nil` where there is none.
    public var lapsedAt: Timestamp?
    /// When a scheduler last announced itself; `nil` when none ever did.
    public var seenAt: Timestamp?
    /// The next run of that scheduler; `nil` when its schedule has no further time.
    public var nextDue: Timestamp?

    /// Makes the answer.
    public init(
        lastDue: Timestamp? = nil,
        lapsedAt: Timestamp? = nil,
        seenAt: Timestamp? = nil,
        nextDue: Timestamp? = nil
    ) {
        self.lastDue = lastDue
        self.lapsedAt = lapsedAt
        self.seenAt = seenAt
        self.nextDue = nextDue
    }

    /// For how long a scheduler may be silent before it counts as stopped.
    package static let silence = Duration.seconds(120)

    /// The next run of an active scheduler; `nil` without one.
    package func nextRun(at now: Timestamp) -> Timestamp? {
        // A time in the future comes from a wrong clock.
        guard let seenAt, (.zero - Self.silence)...Self.silence ~= now - seenAt else { return nil }
        return self.nextDue
    }
}
