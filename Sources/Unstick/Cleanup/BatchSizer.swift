/// How many jobs the next batch of a drain takes, so that its rows stay locked for a certain time.
///
/// Whoever spends or earns tokens may have to wait for a balance until the batch that moved it is committed. The database's
/// work on a batch is aimed at 15 to 30 ms, and the next batch is smaller at once after one that took longer. The way to the
/// database and back is no part of that: it takes as long for ten jobs as for a thousand.
struct BatchSizer {
    /// The size of the next batch.
    private(set) var size: Int
    private let isFixed: Bool
    /// The last batch that was too long, when the size was reduced after it.
    private var reducedFrom: Batch?
    /// Below it a smaller batch gained nothing.
    private var floor = Self.smallest

    private struct Batch {
        let jobs: Int
        let lockedFor: Duration
        let jobsPerSecond: Double

        /// Whether it shows that a smaller batch gains nothing: it goes through no faster than the larger one before, and
        /// is hardly shorter, so that what takes so long is not the jobs.
        func gainsNothing(over larger: Batch) -> Bool {
            self.jobs < larger.jobs && self.jobsPerSecond <= larger.jobsPerSecond
                && self.lockedFor / larger.lockedFor > (1 + Double(self.jobs) / Double(larger.jobs)) / 2
        }
    }

    private static let target = Duration.milliseconds(22)
    private static let comfortable = Duration.milliseconds(15)...Duration.milliseconds(30)
    /// The smallest batch: below it the fixed cost of a transaction outweighs everything.
    private static let smallest = 10

    init(start: Int, isFixed: Bool) {
        self.size = start
        self.isFixed = isFixed
    }

    /// Learns from a full batch.
    ///
    /// - Parameters:
    ///   - jobs: how many jobs it had.
    ///   - locked: how long the database worked on it.
    ///   - took: how long it took in all, the way to the database and back included.
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
        // Up by half at most: the first batches after a start are slow or fast for reasons of their own.
        let next = min(Double(jobs) * (Self.target / locked), Double(self.size) * 1.5)
        self.size = min(max(Int(next), Self.smallest), Limits.batchSize.upperBound)
    }
}
