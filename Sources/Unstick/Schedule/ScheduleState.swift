/// What is known of a schedule, by the database's clock.
public struct ScheduleState: Hashable, Sendable {
    /// When the last tick was due that some node took; `nil` before the first.
    public var lastDue: Timestamp?
    /// When a lease ended whose holder never released it: it died, or lost the database.
    ///
    /// `nil` where there is none.
    public var lapsedAt: Timestamp?
    /// When a scheduler last said that it is there; `nil` when none ever did.
    public var seenAt: Timestamp?
    /// When that scheduler runs next; `nil` when its schedule names no further time.
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

    /// For how long a scheduler may say nothing before it is taken for gone.
    package static let silence = Duration.seconds(120)

    /// When a scheduler that is there runs next; `nil` where none is there.
    package func nextRun(at now: Timestamp) -> Timestamp? {
        // A time in the future comes from a wrong clock.
        guard let seenAt, (.zero - Self.silence)...Self.silence ~= now - seenAt else { return nil }
        return self.nextDue
    }
}
