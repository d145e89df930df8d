/// The cleanup side of a store: what one pass needs.
///
/// Ages are judged against the store's own clock, never the caller's.
public protocol CleanupStore: Sendable {
    /// The database's clock.
    func now() async throws -> Timestamp

    /// Whether the store can judge by every limit of this policy.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument`, naming the rule and what it lacks.
    func check(_ policy: Policy) throws

    /// The jobs that are old enough to be stuck, counted by phase, kind and tier, at one moment of the database's clock.
    ///
    /// - Parameter limits: the age from which on a job may be stuck, for each phase to look at.
    func candidates(_ limits: [StuckPhase: Duration]) async throws -> Candidates

    /// How many of them are stuck, and what would be given back for the first `limit` of them.
    func tally(asOf now: Timestamp, _ ruleMatches: RuleMatches, limit: Int) async throws -> StuckTally

    /// How many jobs are stuck of each kind, most first, of at most `limit` kinds.
    func stuckByKind(asOf now: Timestamp, _ ruleMatches: RuleMatches, limit: Int) async throws -> [StuckKind]

    /// How many jobs are `PROCESSING`.
    func runningJobs() async throws -> Int

    /// The jobs that could be started and were not, counted up to `limit`; `nil` where the tables do not tell.
    func waitingJobs(limit: Int) async throws -> WaitingJobs?

    /// The oldest stuck jobs after `cursor`, at most `limit`, as of `now`.
    func stuckJobs(
        asOf now: Timestamp,
        _ ruleMatches: RuleMatches,
        after cursor: StuckCursor?,
        limit: Int
    ) async throws -> [StuckJob]

    /// Cleans one batch in one transaction: fails or retries the oldest stuck jobs that are still as they were read, gives
    /// their charges back, and records both in the run. Either all of it happens or nothing.
    ///
    /// - Throws: ``UnstickError`` `databaseRejected` when the database refused a row of this batch; any other code when no
    ///   batch can succeed now, whatever jobs are in it.
    func clean(_ batch: CleanupBatch) async throws -> CleanedBatch

    /// Writes the run as it stands, with these items; a run that is there already is overwritten.
    func record(_ run: Run, items: [RunItem]) async throws
}

/// Jobs that are old enough to be stuck.
public struct Candidates: Hashable, Sendable {
    /// Those of one phase, kind and tier.
    public struct Group: Hashable, Sendable {
        /// The phase of their life.
        public var phase: StuckPhase
        /// What sort of work.
        public var kind: String
        /// The price class.
        public var tier: String?
        /// How many.
        public var count: Int

        /// Makes a group.
        public init(phase: StuckPhase, kind: String, tier: String?, count: Int) {
            self.phase = phase
            self.kind = kind
            self.tier = tier
            self.count = count
        }
    }

    /// The moment, by the database's clock.
    public var now: Timestamp
    /// The groups that are not empty.
    public var groups: [Group]
    /// Whether cleaning is paused.
    public var pause: Pause?
    /// Jobs of a team's own table whose age cannot be told, at most ``unreadableListed``: a run sets them aside by name.
    public var unreadable: [StuckJob]

    /// How many of ``unreadable`` are read.
    public static let unreadableListed = 100

    /// Makes the answer.
    public init(now: Timestamp, groups: [Group], pause: Pause?, unreadable: [StuckJob] = []) {
        self.now = now
        self.groups = groups
        self.pause = pause
        self.unreadable = unreadable
    }
}

/// How much is stuck.
public struct StuckTally: Hashable, Sendable {
    /// How many jobs, listed or not.
    public var jobs: Int
    /// What would be given back for those within the limit.
    public var tokensOwed: Int

    /// Makes the answer.
    public init(jobs: Int, tokensOwed: Int) {
        self.jobs = jobs
        self.tokensOwed = tokensOwed
    }
}

/// One transaction's worth of a pass.
public struct CleanupBatch: Hashable, Sendable {
    /// The run it belongs to, as it stands before this batch.
    public var run: Run
    /// What its jobs are judged by.
    public var ruleMatches: RuleMatches
    /// The moment the pass judges by.
    public var now: Timestamp
    /// Where the batch before ended.
    public var cursor: StuckCursor?
    /// How many jobs to take at most.
    public var limit: Int
    /// How many items the run has already.
    public var position: Int
    /// The ids of the only jobs to take; `nil` for all after the cursor.
    public var only: [String]?

    /// Makes a batch.
    public init(
        run: Run,
        ruleMatches: RuleMatches,
        now: Timestamp,
        cursor: StuckCursor?,
        limit: Int,
        position: Int,
        only: [String]? = nil
    ) {
        self.run = run
        self.ruleMatches = ruleMatches
        self.now = now
        self.cursor = cursor
        self.limit = limit
        self.position = position
        self.only = only
    }
}

/// What a batch did.
public struct CleanedBatch: Hashable, Sendable {
    /// The jobs that were cleaned or set aside, in the order they were taken.
    public var items: [RunItem]
    /// Jobs that were left as they are because another transaction has their user's balance; they have no stored item.
    public var locked: [RunItem]
    /// Whether there were fewer stuck jobs than the batch could take.
    public var exhausted: Bool
    /// Where the next batch goes on; `nil` for an empty one.
    public var end: StuckCursor?
    /// How long the database worked on it with its rows locked, by one clock and without the way to the database and back;
    /// `nil` where that is not known.
    public var lockedFor: Duration?

    /// Makes the answer.
    public init(
        items: [RunItem],
        locked: [RunItem] = [],
        exhausted: Bool,
        end: StuckCursor?,
        lockedFor: Duration? = nil
    ) {
        self.items = items
        self.locked = locked
        self.exhausted = exhausted
        self.end = end
        self.lockedFor = lockedFor
    }
}
