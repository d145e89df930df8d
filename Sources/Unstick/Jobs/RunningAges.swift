/// The ages of the running jobs of a kind and tier.
public struct RunningAges: Hashable, Sendable {
    /// The kind and tier.
    public var kind: JobKind
    /// The number of jobs in each range of ages; the last range has no end.
    public var counts: [Int]
    /// Since when the oldest of them has been running.
    public var oldest: Timestamp

    /// Makes the answer.
    public init(kind: JobKind, counts: [Int], oldest: Timestamp) {
        self.kind = kind
        self.counts = counts
        self.oldest = oldest
    }
}
