/// The role of a store that schedules: a row and the database's clock decide which node runs a tick.
///
/// A lease is a row with a holder and an end. A node that dies keeps it until that end.
public protocol ScheduleStore: Sendable {
    /// The database's clock.
    func now() async throws -> Timestamp

    /// The state of a schedule; `nil` before its first lease.
    func state(of schedule: String) async throws -> ScheduleState?

    /// Stores that a scheduler is active, and its next run.
    func announce(_ schedule: String, next: Timestamp?) async throws

    /// Takes the lease, and with it the due tick.
    ///
    /// - Parameters:
    ///   - schedule: the schedule's name.
    ///   - due: the tick; `nil` takes the lease for a run outside the schedule.
    ///   - holder: the node, unique among all nodes.
    ///   - lease: how long it is held unless it is renewed.
    func claim(_ schedule: String, due: Timestamp?, holder: String, lease: Duration) async throws -> TickClaim

    /// Extends the lease.
    ///
    /// - Returns: `false` when another node has the lease: stop.
    func renew(_ schedule: String, holder: String, lease: Duration) async throws -> Bool

    /// Releases the lease.
    func release(_ schedule: String, holder: String) async throws
}

extension ScheduleStore {
    /// The due time of the last tick that a node took; `nil` before the first.
    public func lastTick(of schedule: String) async throws -> Timestamp? {
        try await self.state(of: schedule)?.lastDue
    }
}

/// The outcome of a node's claim to a tick.
public enum TickClaim: Hashable, Sendable {
    /// This node has the tick.
    case claimed
    /// A node took this tick or a later one before.
    case alreadyTaken
    /// A run is in progress, here or on another node.
    case busy
}
