/// The schedule side of a store: which node runs a tick, decided by a row and the database's clock.
///
/// A lease is a row with a holder and an end. A node that dies keeps it until the end and no longer.
public protocol ScheduleStore: Sendable {
    /// The database's clock.
    func now() async throws -> Timestamp

    /// What is known of a schedule; `nil` before its first lease.
    func state(of schedule: String) async throws -> ScheduleState?

    /// Remembers that a scheduler is there, and when it runs next.
    func announce(_ schedule: String, next: Timestamp?) async throws

    /// Takes the lease, and with it the tick that is due.
    ///
    /// - Parameters:
    ///   - schedule: the schedule's name.
    ///   - due: the tick; `nil` takes the lease for a pass outside the schedule.
    ///   - holder: who takes it, unique among all nodes.
    ///   - lease: how long it is held unless it is renewed.
    func claim(_ schedule: String, due: Timestamp?, holder: String, lease: Duration) async throws -> TickClaim

    /// Holds the lease for a further time.
    ///
    /// - Returns: `false` when the lease is somebody else's by now: stop.
    func renew(_ schedule: String, holder: String, lease: Duration) async throws -> Bool

    /// Gives the lease back.
    func release(_ schedule: String, holder: String) async throws
}

extension ScheduleStore {
    /// When the last tick was due that some node took; `nil` before the first.
    public func lastTick(of schedule: String) async throws -> Timestamp? {
        try await self.state(of: schedule)?.lastDue
    }
}

/// What became of a node's claim to a tick.
public enum TickClaim: Hashable, Sendable {
    /// The tick is this node's.
    case claimed
    /// Some node took this tick or a later one before.
    case alreadyTaken
    /// A pass is going on, here or on another node.
    case busy
}
