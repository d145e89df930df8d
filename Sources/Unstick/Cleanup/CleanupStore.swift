/// The role of a store that a cleanup run needs.
///
/// Ages are computed with the store's clock, never with the caller's.
public protocol CleanupStore: Sendable {
    /// The database's clock.
    func now() async throws -> Timestamp

    /// Checks that the store supports every limit of this policy.
    ///
    /// - Throws: ``UnstickError`` `invalidArgument` with the rule and what it lacks.
    func check(_ policy: Policy) throws

    /// Why a run must not change these jobs yet; `nil` where nothing stops it.
    ///
    /// A store of a team's own tables compares their times with its clock before the first run that changes something: a
    /// time in another zone than its mapping says makes live jobs look stuck.
    ///
    /// - Parameter dryRun: whether the run changes nothing; the store remembers the start of any other run.
    func startRefusal(dryRun: Bool) async throws -> String?

    /// The jobs that are old enough to be stuck, counted by phase, kind and tier, at one moment of the database's clock.
    ///
    /// - Parameter limits: the smallest age at which a job can be stuck, for each phase to check.
    func candidates(_ limits: [StuckPhase: Duration]) async throws -> Candidates

    /// How many of them are stuck, and the refund due for the first `limit` of them.
    func tally(asOf now: Timestamp, _ ruleMatches: RuleMatches, limit: Int) async throws -> StuckTally

    /// The number of stuck jobs of each kind, most first, of at most `limit` kinds.
    func stuckByKind(asOf now: Timestamp, _ ruleMatches: RuleMatches, limit: Int) async throws -> [StuckKind]

    /// When the next job reaches a limit of its rule, after `earlier`; `nil` where none will.
    ///
    /// A job of a kind that the matches do not have is ignored.
    func nextDue(_ ruleMatches: RuleMatches, after earlier: Timestamp) async throws -> Timestamp?

    /// Whether a run must find these jobs twice, because another program wrote the times of a team's own tables.
    func looksTwice(at ruleMatches: RuleMatches) -> Bool

    /// Records the jobs that are over such a limit and were not found before: a bounded number, the oldest first.
    func noteFirstLooks(asOf now: Timestamp, _ ruleMatches: RuleMatches) async throws

    /// When the second look at the next job is due, after `earlier`; `nil` where none is.
    func nextSecondLook(after earlier: Timestamp) async throws -> Timestamp?

    /// The jobs of the phase by kind and worker, most first, with how many of them are stuck; without those of a hold or
    /// an approval.
    func jobsByWorker(asOf now: Timestamp, _ ruleMatches: RuleMatches, limit: Int) async throws -> [JobsByWorker]

    /// Opens a hold of the stuck jobs that it selects, and sends its event.
    ///
    /// - Returns: `nil` where it selects none.
    func openHold(_ hold: NewHold, asOf now: Timestamp, _ ruleMatches: RuleMatches) async throws -> Hold?

    /// Records that an operator has seen the open holds.
    func markHoldsSeen() async throws

    /// Records that a timer's call has failed because of the open holds.
    func markHoldsReminded() async throws

    /// Ends the holds of which no job is left.
    ///
    /// - Returns: whether there was one.
    func endHolds() async throws -> Bool

    /// The number of `PROCESSING` jobs.
    func runningJobs() async throws -> Int

    /// The jobs that wait to be started, counted up to `limit`; `nil` where the tables do not have that.
    func waitingJobs(limit: Int) async throws -> WaitingJobs?

    /// The oldest stuck jobs after `cursor`, at most `limit`, as of `now`.
    func stuckJobs(
        asOf now: Timestamp,
        _ ruleMatches: RuleMatches,
        after cursor: StuckCursor?,
        limit: Int
    ) async throws -> [StuckJob]

    /// Cleans one batch in one transaction: fails or retries the oldest stuck jobs that have not changed since they
    /// were read, refunds their charges, and adds them to the run. All of it happens or nothing.
    ///
    /// - Throws: ``UnstickError`` `databaseRejected` when the database refused a row of this batch; any other code when
    ///   no batch can succeed now.
    func clean(_ batch: CleanupBatch) async throws -> CleanedBatch

    /// Records the jobs of a team's own tables that a run failed and that were completed later.
    ///
    /// Checks the items of the last seven days in turns, a bounded number a call.
    ///
    /// - Returns: those that were not recorded before.
    func findLateCompletions() async throws -> [LateCompletion]

    /// Writes the run with these items; replaces a run that is already stored.
    func record(_ run: Run, items: [RunItem]) async throws
}

/// Jobs that are old enough to be stuck.
public struct Candidates: Hashable, Sendable {
    /// The jobs of one phase, kind and tier.
    public struct Group: Hashable, Sendable {
        /// The phase.
        public var phase: StuckPhase
        /// The kind of work.
        public var kind: String
        /// The price class.
        public var tier: String?
        /// The number of jobs.
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
    /// The open holds, and those whose approval lasts, newest first.
    public var holds: [Hold]
    /// Jobs of a team's own table whose age is unknown, at most ``unreadableListed``: a run records them as errors.
    public var unreadable: [StuckJob]

    /// The most entries of ``unreadable``.
    public static let unreadableListed = 100

    /// Makes the candidates.
    public init(
        now: Timestamp,
        groups: [Group],
        pause: Pause?,
        holds: [Hold] = [],
        unreadable: [StuckJob] = []
    ) {
        self.now = now
        self.groups = groups
        self.pause = pause
        self.holds = holds
        self.unreadable = unreadable
    }
}

/// The number of stuck jobs and their refunds.
public struct StuckTally: Hashable, Sendable {
    /// The number of jobs, listed or not.
    public var jobs: Int
    /// The refund due for those within the limit.
    public var tokensOwed: Int

    /// Makes the tally.
    public init(jobs: Int, tokensOwed: Int) {
        self.jobs = jobs
        self.tokensOwed = tokensOwed
    }
}

/// The work of one transaction of a run.
public struct CleanupBatch: Hashable, Sendable {
    /// The run, as it is before this batch.
    public var run: Run
    /// The rules for its jobs.
    public var ruleMatches: RuleMatches
    /// The time of the run, by the database's clock.
    public var now: Timestamp
    /// The end of the batch before.
    public var cursor: StuckCursor?
    /// The most jobs to take.
    public var limit: Int
    /// The number of items that the run already has.
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

/// The outcome of a batch.
public struct CleanedBatch: Hashable, Sendable {
    /// The jobs that were cleaned or set aside, in their order.
    public var items: [RunItem]
    /// Jobs that were not changed because another transaction has locked their user's balance; they have no stored
    /// item.
    public var locked: [RunItem]
    /// Whether there were fewer stuck jobs than the batch could take.
    public var exhausted: Bool
    /// Where the next batch starts; `nil` for an empty batch.
    public var end: StuckCursor?
    /// How long the database worked on it with its rows locked, without the round trip; `nil` where that is unknown.
    public var lockedFor: Duration?

    /// Makes the outcome.
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
