/// The limits that a rule can set, each on another time.
public enum LimitKind: String, Sendable, Codable, CaseIterable {
    /// The age of the attempt.
    case timeout
    /// The time since the last sign of life.
    case heartbeat
    /// The time in the queue, never started.
    case pending
    /// The age since creation, all attempts together.
    case deadline
}
