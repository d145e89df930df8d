/// Sets the size of the next batch of a drain, so that rows stay locked for a bounded time.
///
/// A caller who spends or receives tokens may wait for a balance until the batch that changed it commits. The sizer
/// aims at 15 to 30 ms of database work a batch, and reduces the size at once after a batch that took longer. The round
/// trip does not count: it takes as long for ten jobs as for a thousand.
struct BatchSizer {
    /// The size of the next batch.
    private(set) var size: Int
    private let isFixed: Bool
    /// The last batch that was too long, if the size was reduced after it.
    private var reducedFrom: Batch?
    /// Below this size a smaller batch gained nothing.
    private var floor = Self.smallest

    private struct Batch {
        let jobs: Int
        let lockedFor: Duration
        let jobsPerSecond: Double

        /// Whether a smaller batch gains nothing: its throughput is no higher than that of the larger one before, and
        /// it takes hardly less time, so the time is not spent on the jobs.
        func gainsNothing(over larger: Batch) -> Bool {
            self.jobs < larger.jobs && self.jobsPerSecond <= larger.jobsPerSecond
                && self.lockedFor / larger.lockedFor > (1 + Double(self.jobs) / Double(larger.jobs)) / 2
        }
    }

    private static let target = Duration.milliseconds(22)
    private static let comfortable = Duration.milliseconds(15)...Duration.milliseconds(30)
    /// The smallest batch: below it the fixed cost of a transaction dominates.
    private static let smallest = 10

    init(start: Int, isFixed: Bool) {
        self.size = start
        self.isFixed = isFixed
    }

    /// Adjusts the size after a full batch.
    ///
    /// - Parameters:
    ///   - jobs: the number of jobs in the batch.
    ///   - locked: how long the database worked on it.
    ///   - took: how long it took in all, with the round trip.
    mutating func learn(jobs: Int, lockedFor locked: Duration, took: Duration) {
        guard !self.isFixed, locked > .zero, took > .zero else { return }
        let batch = Batch(jobs: jobs, lockedFor: locked, jobsPerSecond: Double(jobs) / (took / .seconds(1)))
        let previous = self.reducedFrom
        self.reducedFrom = nil
        guard locked > Self.comfortable.upperBound else {
            self.floor = Self.smallest
            return self.grow(from: jobs, lockedFor: locked)
        }
        if let previous, batch.gainsNothing(over: previous) {
            self.floor = previous.jobs
            self.size = previous.jobs
            return
        }
        self.size = max(min(Int(Double(jobs) * (Self.target / locked)), self.size), self.floor)
        if self.size < jobs { self.reducedFrom = batch }
    }

    private mutating func grow(from jobs: Int, lockedFor locked: Duration) {
        guard locked < Self.comfortable.lowerBound else { return }
        // At most 1.5 times the last size, because the first batches after a start are not typical.
        let next = min(Double(jobs) * (Self.target / locked), Double(self.size) * 1.5)
        self.size = min(max(Int(next), Self.smallest), Limits.batchSize.upperBound)
    }
}
