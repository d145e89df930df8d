/// The cleanup side of a store: what one pass needs.
///
/// Ages are judged against the store's own clock, never the caller's.
public protocol CleanupStore: Sendable {
    /// The database's clock.
    func now() async throws -> Timestamp

    /// How much is stuck and how much is running, at one moment of the database's clock.
    ///
    /// - Parameters:
    ///   - timeout: the age from which on an attempt is stuck.
    ///   - minimum: fewer stuck jobs than this make ``Survey/running`` uninteresting; it may then be left at 0.
    func survey(timeout: Duration, countingRunningFrom minimum: Int) async throws -> Survey

    /// The oldest stuck jobs after `cursor`, at most `limit`, as of `now`.
    func stuckJobs(
        asOf now: Timestamp,
        timeout: Duration,
        after cursor: StuckCursor?,
        limit: Int
    ) async throws -> [StuckJob]

    /// Cleans one batch in one transaction: fails the oldest stuck jobs that are still as they were read, gives their
    /// charges back, and records both in the run. Either all of it happens or nothing.
    ///
    /// - Throws: ``UnstickError`` `databaseUnavailable` when no batch can succeed now, any other code when something in
    ///   this batch was refused.
    func clean(_ batch: CleanupBatch) async throws -> CleanedBatch

    /// Writes the run as it stands, with these items; a run that is there already is overwritten.
    func record(_ run: Run, items: [RunItem]) async throws
}

/// What there is to do, as of one moment.
public struct Survey: Hashable, Sendable {
    /// The moment, by the database's clock.
    public var now: Timestamp
    /// Jobs past their limit.
    public var stuck: Int
    /// Jobs in `PROCESSING`, the stuck ones included; 0 where it was not counted.
    public var running: Int

    /// Makes a survey.
    public init(now: Timestamp, stuck: Int, running: Int) {
        self.now = now
        self.stuck = stuck
        self.running = running
    }
}

/// One transaction's worth of a pass.
public struct CleanupBatch: Hashable, Sendable {
    /// The run it belongs to, as it stands before this batch.
    public var run: Run
    /// The moment the pass judges by.
    public var now: Timestamp
    /// Where the batch before ended.
    public var cursor: StuckCursor?
    /// How many jobs to take at most.
    public var limit: Int
    /// How many items the run has already.
    public var position: Int

    /// Makes a batch.
    public init(run: Run, now: Timestamp, cursor: StuckCursor?, limit: Int, position: Int) {
        self.run = run
        self.now = now
        self.cursor = cursor
        self.limit = limit
        self.position = position
    }
}

/// What a batch did.
public struct CleanedBatch: Hashable, Sendable {
    /// The jobs that were failed, in the order they were taken.
    public var items: [RunItem]
    /// Whether there were fewer stuck jobs than the batch could take.
    public var exhausted: Bool
    /// Where the next batch goes on; `nil` for an empty one.
    public var end: StuckCursor?

    /// Makes the answer.
    public init(items: [RunItem], exhausted: Bool, end: StuckCursor?) {
        self.items = items
        self.exhausted = exhausted
        self.end = end
    }
}
