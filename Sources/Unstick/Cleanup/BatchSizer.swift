/// How many jobs the next batch of a drain takes, so that a batch takes a certain time.
///
/// Whoever spends or earns tokens may have to wait for a balance until the batch that moved it is committed. The worst wait
/// is one batch: it is aimed at 15 to 30 ms, and at once made smaller after one that took more than 50.
struct BatchSizer {
    /// The size of the next batch.
    private(set) var size: Int
    private let isFixed: Bool

    private static let target = Duration.milliseconds(22)
    private static let comfortable = Duration.milliseconds(15)...Duration.milliseconds(30)
    /// The smallest batch: below it the fixed cost of a transaction outweighs everything.
    private static let smallest = 10

    init(start: Int, isFixed: Bool) {
        self.size = start
        self.isFixed = isFixed
    }

    /// Learns from a full batch.
    mutating func learn(jobs: Int, took duration: Duration) {
        guard !self.isFixed, !Self.comfortable.contains(duration), duration > .zero else { return }
        let fitting = Double(jobs) * (Self.target / duration)
        // Up by half at most: the first batches after a start are slow or fast for reasons of their own.
        let next = min(fitting, Double(self.size) * 1.5)
        self.size = min(max(Int(next), Self.smallest), Limits.batchSize.upperBound)
    }
}
