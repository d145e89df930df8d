/// What a monitor is told about a run.
enum HeartbeatEvent: Hashable, Sendable {
    /// It has begun.
    case start
    /// It has ended well.
    case success
    /// It has ended badly.
    case failure
}
