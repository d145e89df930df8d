/// The last sign of life of an attempt.
public struct Lease: Hashable, Sendable {
    /// The attempt.
    public var attempt: Int
    /// When it was given.
    public var beatAt: Timestamp
    /// How far the work has come, from 0 to 1.
    public var progress: Double
    /// What the worker said.
    public var message: String?

    /// Makes a sign of life from its stored facts.
    public init(attempt: Int, beatAt: Timestamp, progress: Double, message: String?) {
        self.attempt = attempt
        self.beatAt = beatAt
        self.progress = progress
        self.message = message
    }
}
