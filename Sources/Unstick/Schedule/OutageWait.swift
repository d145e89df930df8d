/// The wait of the schedule after an outage: workers that could not send heartbeats send them before a run ends jobs.
///
/// An outage is a time in which this server had no answer from the database, or in which the machine slept.
package struct OutageWait: Sendable {
    /// A shorter time without an answer is no outage.
    static let shortest = Duration.seconds(60)
    /// How long runs wait after an outage.
    static let grace = Duration.seconds(120)

    private var answeredAt: ContinuousClock.Instant
    private var endsAt: ContinuousClock.Instant?

    /// Makes a wait for a server that starts now: a database that does not answer for long after that had an outage.
    package init(at now: ContinuousClock.Instant = .now) { self.answeredAt = now }

    /// The database answered.
    ///
    /// - Returns: whether an outage ended now.
    @discardableResult
    package mutating func answered(at now: ContinuousClock.Instant = .now) -> Bool {
        defer { self.answeredAt = now }
        guard now - self.answeredAt > Self.shortest else { return false }
        self.endsAt = now + Self.grace
        return true
    }

    /// A run succeeded, whose time is no outage.
    package mutating func worked(until now: ContinuousClock.Instant = .now) { self.answeredAt = now }

    /// How much longer runs wait; `nil` where they need not.
    package func left(at now: ContinuousClock.Instant = .now) -> Duration? {
        self.endsAt.flatMap { $0 > now ? $0 - now : nil }
    }
}
