import Logging
import Tracing

/// One run in progress: its record, and where the next batch starts.
struct CleanupRun {
    let store: any CleanupStore
    private let policy: Policy
    let options: CleanupOptions
    private let trigger: RunTrigger
    let clock = ContinuousClock()
    private let started: ContinuousClock.Instant
    private var logger: Logger
    private(set) var run: Run
    private(set) var result: CleanupResult
    private(set) var backlog = Backlog(now: Timestamp(milliseconds: 0))
    /// The phases that are left, the current one first.
    private var ruleMatches: [RuleMatches] = []
    private var cursor: StuckCursor?
    private var hasOpenedHolds = false
    /// Jobs that were left out because another transaction has locked the user's balance; they are tried once more at
    /// the end.
    var locked: [LockedJobs] = []
    private var lockTimeouts = 0
    /// Refusals that may be caused by one row or by all rows.
    private var doubtful: (count: Int, last: UnstickError?) = (0, nil)
    private var batchSizer: BatchSizer
    private var cleaned: [CleanupMetrics.Group: Int] = [:]
    private var log = ItemLog()

    /// The most jobs that one run sets aside.
    ///
    /// They do not count towards the batch, so that a hundred jobs that cannot be cleaned do not block the ones behind
    /// them.
    private static let mostSetAside = Limits.batchSize.upperBound

    init(
        store: any CleanupStore,
        policy: Policy,
        options: CleanupOptions,
        trigger: RunTrigger,
        logger: Logger
    ) {
        self.store = store
        self.policy = policy
        self.options = options
        self.trigger = trigger
        self.logger = logger
        self.started = self.clock.now
        self.batchSizer = BatchSizer(start: options.firstBatchSize, isFixed: options.batchSize != nil)
        let placeholder = Timestamp(milliseconds: 0)
        self.run = Run(
            id: "",
            trigger: trigger,
            options: options,
            timeout: policy.standard.timeout,
            startedAt: placeholder
        )
        self.result = CleanupResult(runID: "", dryRun: options.dryRun)
    }

    mutating func execute(progress: (CleanupProgress) async throws -> Void) async throws -> CleanupResult {
        do {
            try await self.begin()
            if self.run.status == .running { try await self.work(progress: progress) }
            try await self.finish()
        } catch {
            await self.fail(error)
            throw error
        }
        return self.result
    }

    /// Reads the database's clock and the backlog, once for the whole run.
    private mutating func begin() async throws {
        try await self.readBacklog()
        self.identify(at: self.backlog.now)
        if !self.options.dryRun { try await self.openHolds() }
        self.ruleMatches = self.backlog.ruleMatches
        self.logStart()
        let holdReason = self.holdReason
        try await self.checkStart(isHeld: holdReason != nil)
        self.result.heldCount = self.backlog.held
        self.result.waiting = self.backlog.waiting
        if self.backlog.waiting > 0 {
            self.result.waitingUntil = try await self.store.nextSecondLook(after: self.backlog.now)
        }
        self.result.held = holdReason
        self.result.isPaused = holdReason != nil && self.backlog.pause != nil
        let isOverLimit = self.policy.massFailureGuard.refundLimit(of: self.backlog) != nil
        self.result.waitsForSchedule = self.result.isPaused || isOverLimit
        try await self.callAttention()
        guard holdReason != nil, !self.options.dryRun else {
            // Before the first batch, so that a run that dies in it leaves a record.
            if !self.options.dryRun, self.backlog.stuck > 0 { try await self.store.record(self.run, items: []) }
            return
        }
        self.result.more = self.backlog.stuck + self.backlog.held > 0
        self.run.status = .held
        self.run.error = holdReason
    }

    /// Sets why a call that only a timer makes must fail: until an operator has seen a hold, and then once a day.
    private mutating func callAttention() async throws {
        guard !self.options.dryRun, self.backlog.pause == nil else { return }
        self.result.attention = self.policy.massFailureGuard.refundLimit(of: self.backlog)
        guard let hold = self.backlog.holds.first(where: { $0.needsAttention(at: self.backlog.now) }) else { return }
        self.result.attention = "\(hold.reason) \(Hold.advice)"
        // Only these triggers have a caller or a monitor that a failure reaches.
        if hold.seenAt != nil, [.cli, .cron, .scheduler].contains(self.trigger) {
            try await self.store.markHoldsReminded()
        }
    }

    private mutating func readBacklog() async throws {
        self.backlog = try await self.store.backlog(
            self.policy,
            kinds: self.options.kinds,
            refundLimit: self.options.drain ? .max : self.options.firstBatchSize,
            looks: self.options.force ? .once : .twice
        )
    }

    /// Opens the holds that the guard asks for, and ends those without a job; the run goes on with the other jobs.
    private mutating func openHolds() async throws {
        if self.backlog.holds.contains(where: { $0.scope == .jobs }), try await self.store.endHolds() {
            try await self.readBacklog()
        }
        guard !self.options.force else { return }
        // Each round leaves fewer jobs, of which a smaller number is implausible.
        while !self.backlog.guarded.isEmpty {
            var isOpened = false
            for (hold, ruleMatches) in self.backlog.suspicions(self.policy) {
                let now = self.backlog.now
                guard let opened = try await self.store.openHold(hold, asOf: now, ruleMatches) else { continue }
                isOpened = true
                let metadata: Logger.Metadata = ["hold": "\(opened.id)", "reason": "\(opened.reason)"]
                self.logger.error("A hold was opened", metadata: metadata)
            }
            guard isOpened else { return }
            self.hasOpenedHolds = true
            try await self.readBacklog()
        }
    }

    /// Asks the store whether the jobs may be changed, once there is something to change, now or after a second look.
    ///
    /// - Throws: `conflict` with the reason where a real run must not start, also a forced one.
    private mutating func checkStart(isHeld: Bool) async throws {
        let dryRun = self.options.dryRun
        guard self.backlog.stuck + self.backlog.waiting > 0, dryRun || !isHeld,
            let refusal = try await self.store.startRefusal(dryRun: dryRun || self.backlog.stuck == 0)
        else { return }
        guard dryRun else { throw UnstickError(.conflict, refusal) }
        self.result.refused = refusal
    }

    /// Sets the run's id and start.
    private mutating func identify(at now: Timestamp) {
        self.run.id = RandomID.timeOrdered(at: now)
        self.run.startedAt = now
        self.run.updatedAt = now
        self.result.runID = self.run.id
        self.logger[metadataKey: "runId"] = "\(self.run.id)"
    }

    /// Why a real run must stop, or in a dry run would.
    private var holdReason: String? {
        if self.options.force { return self.policy.massFailureGuard.refundLimit(of: self.backlog) }
        // A hold from before does not make a run fail that has nothing else to do.
        return self.backlog.holdReason(self.policy) ?? (self.hasOpenedHolds ? self.backlog.openHolds : nil)
    }

    private mutating func work(progress: (CleanupProgress) async throws -> Void) async throws {
        while let ruleMatches = self.ruleMatches.first {
            let room = self.options.drain ? self.batchSizer.size : self.options.firstBatchSize - self.taken
            let aside = self.result.failed + self.locked.reduce(0) { $0 + $1.items.count }
            guard room > 0, aside < Self.mostSetAside, !Task.isCancelled else { break }
            let place = (phases: self.ruleMatches.count, cursor: self.cursor)
            if self.options.dryRun {
                try await self.preview(ruleMatches, upTo: room)
            } else {
                try await self.clean(ruleMatches, upTo: room)
            }
            try self.checkProgress(from: place)
            try await progress(
                CleanupProgress(
                    runID: self.run.id,
                    done: self.result.totalFound,
                    total: max(self.backlog.stuck, self.result.totalFound),
                    tokensRefunded: self.result.tokensRefunded,
                    tokensOwed: self.result.tokensOwed
                )
            )
        }
        try await self.takeLocked()
        try self.checkDoubtful()
        try await self.setAside(self.backlog.unreadable)
        self.result.more = try await self.isMoreStuck
    }

    /// Whether the run leaves stuck jobs.
    ///
    /// Jobs whose rows are locked, or that another run cleans, are counted again.
    private var isMoreStuck: Bool {
        get async throws {
            guard self.backlog.stuck > self.result.totalFound - self.backlog.unreadable.count else { return false }
            guard self.ruleMatches.isEmpty else { return true }
            guard !self.options.dryRun else { return false }
            let left = try await self.store.backlog(
                self.policy,
                kinds: self.options.kinds,
                looks: self.options.force ? .once : .twice
            )
            return left.stuck > self.result.failed - self.backlog.unreadable.count
        }
    }

    /// A run must make progress: the cursor moves with each batch, or the phase ends.
    ///
    /// - Throws: `databaseRejected` without progress, because the run would take the same jobs forever.
    private func checkProgress(from place: (phases: Int, cursor: StuckCursor?)) throws {
        guard self.ruleMatches.count == place.phases, let cursor else { return }
        guard let old = place.cursor, cursor == old || cursor.since < old.since else { return }
        throw UnstickError(
            .databaseRejected,
            "The run makes no progress at the job '\(cursor.id)': the database returns the same jobs again. The id may not "
                + "match the type of its column; 'unstick doctor' checks the tables."
        )
    }

    /// Jobs whose age is unknown: they become error items and do not change.
    private mutating func setAside(_ jobs: [StuckJob]) async throws {
        guard !jobs.isEmpty, !Task.isCancelled else { return }
        let items = jobs.enumerated().map { offset, job in
            self.item(for: job, action: .error, offset: offset, error: job.problem)
        }
        self.absorb(items, end: nil)
        try await self.store.record(self.run, items: items)
    }

    /// How many more jobs the run may take.
    var room: Int { self.options.drain ? Int.max : max(self.options.firstBatchSize - self.taken, 0) }

    /// How many stuck jobs the run leaves.
    private var remaining: Int { max(self.backlog.stuck - self.taken, 0) }

    private var taken: Int { self.result.totalFound - self.result.failed }

    /// Cleans the next jobs.
    ///
    /// When the database refuses a row of the batch, the batch is halved until the bad job is alone. A refusal that
    /// concerns every job ends the run.
    private mutating func clean(_ ruleMatches: RuleMatches, upTo limit: Int) async throws {
        do {
            let begun = self.clock.now
            let cleaned = try await self.send(self.batch(ruleMatches, limit: limit, after: self.cursor))
            if !cleaned.exhausted {
                let took = self.clock.now - begun
                self.batchSizer.learn(jobs: limit, lockedFor: cleaned.lockedFor ?? took, took: took)
            }
            self.absorb(cleaned.items, end: cleaned.end)
            self.leave(cleaned.locked, ruleMatches)
            if cleaned.exhausted { self.endPhase() }
        } catch let error as UnstickError where error.code == .schemaMismatch && !error.mayBeOfRow {
            throw self.unusable(error)
        } catch let error as UnstickError where error.isOfRow {
            try self.countLockTimeout(error)
            try self.countDoubtful(error, isAlone: limit == 1)
            guard limit > 1 else { return try await self.setAside(error, ruleMatches) }
            try await self.clean(ruleMatches, upTo: limit / 2)
            guard self.ruleMatches.first == ruleMatches else { return }
            try await self.clean(ruleMatches, upTo: limit - limit / 2)
        }
    }

    /// How many lock time-outs a run tolerates: enough to find one job in a batch of any size.
    private static let mostLockTimeouts = 16

    /// A lock that belongs to no single job, such as one on the whole table, would cost a wait with every half of a
    /// batch.
    private mutating func countLockTimeout(_ error: UnstickError) throws {
        guard error.code == .lockTimeout else { return }
        self.lockTimeouts += 1
        if self.lockTimeouts > Self.mostLockTimeouts { throw error }
    }

    /// How many jobs may be refused one by one while none is cleaned.
    private static let mostDoubtful = 100

    /// Counts a refusal that a broken trigger, or a trigger that checks the row, may have raised.
    ///
    /// A broken trigger refuses every job, so once a job is cleaned the trigger is not broken.
    private mutating func countDoubtful(_ error: UnstickError, isAlone: Bool) throws {
        guard error.code != .databaseRejected, error.mayBeOfRow, isAlone else { return }
        self.doubtful = (self.doubtful.count + 1, error)
        if self.taken == 0, self.doubtful.count >= Self.mostDoubtful { throw self.unusable(error) }
    }

    /// - Throws: the last refusal, when every job was refused and none was cleaned.
    private func checkDoubtful() throws {
        guard self.taken == 0, let error = self.doubtful.last else { return }
        if self.doubtful.count > 1, self.doubtful.count == self.result.failed { throw self.unusable(error) }
    }

    private func unusable(_ error: UnstickError) -> UnstickError {
        UnstickError(.databaseUnusable, error.message, cause: error.cause)
    }

    /// The next batch of the run in its current state.
    mutating func batch(
        _ ruleMatches: RuleMatches,
        limit: Int,
        after cursor: StuckCursor? = nil,
        only ids: [String]? = nil
    ) -> CleanupBatch {
        self.run.updatedAt = self.run.startedAt + (self.clock.now - self.started)
        return CleanupBatch(
            run: self.run,
            ruleMatches: ruleMatches,
            now: self.backlog.now,
            cursor: cursor,
            limit: limit,
            position: self.result.totalFound,
            only: ids
        )
    }

    /// Sends a batch to the store.
    ///
    /// Cancellation must not interrupt it: a run ends after its current batch.
    func send(_ batch: CleanupBatch) async throws -> CleanedBatch {
        let store = self.store
        return try await withSpan("unstick.cleanup.batch") { span in
            span.attributes["unstick.run_id"] = batch.run.id
            return try await Task { try await store.clean(batch) }.value
        }
    }

    /// Ends the current phase.
    private mutating func endPhase() {
        self.ruleMatches.removeFirst()
        self.cursor = nil
    }

    /// Records the next job as an error, and skips it.
    private mutating func setAside(_ error: UnstickError, _ ruleMatches: RuleMatches) async throws {
        guard let job = try await self.nextStuckJobs(ruleMatches, 1).first else { return self.endPhase() }
        let item = self.item(for: job, action: .error, error: error.details)
        self.absorb([item], end: job.cursor)
        try await self.store.record(self.run, items: [item])
    }

    /// Lists the next jobs as a dry run does.
    private mutating func preview(_ ruleMatches: RuleMatches, upTo limit: Int) async throws {
        let jobs = try await self.nextStuckJobs(ruleMatches, limit)
        let items = jobs.enumerated().map { offset, job in
            self.item(for: job, action: job.action.previewed, offset: offset, error: job.problem)
        }
        self.absorb(items, end: jobs.last?.cursor)
        if items.count < limit { self.endPhase() }
        try await self.store.record(self.run, items: items)
    }

    private func nextStuckJobs(_ ruleMatches: RuleMatches, _ limit: Int) async throws -> [StuckJob] {
        try await self.store.stuckJobs(
            asOf: self.backlog.now,
            ruleMatches,
            after: self.cursor,
            limit: limit
        )
    }

    private func item(
        for job: StuckJob,
        action: RunItem.Action,
        offset: Int = 0,
        error: String? = nil
    ) -> RunItem {
        RunItem(
            position: self.result.totalFound + offset + 1,
            jobID: job.id,
            userID: job.userID,
            kind: job.kind,
            tier: job.tier,
            attempt: job.attempt,
            since: job.since,
            action: action,
            amount: action == .error ? 0 : job.tokensOwed,
            processingDuration: job.stuckFor,
            stuckReason: job.stuckReason,
            error: error
        )
    }

    mutating func absorb(_ items: [RunItem], end: StuckCursor?) {
        self.cursor = end ?? self.cursor
        for item in items {
            self.result.add(item)
            if item.error == nil { self.cleaned[CleanupMetrics.Group(item), default: 0] += 1 }
            self.log.note(item, to: self.logger)
        }
        self.run.totalFound = self.result.totalFound
        self.run.cleanedUp = self.result.cleanedUp
        // A dry run does not requeue jobs.
        self.run.retried = self.options.dryRun ? 0 : self.result.retried
        self.run.failed = self.result.failed
        self.run.tokensRefunded = self.result.tokensRefunded
        self.run.tokensOwed = self.result.tokensOwed
    }

    private func logStart() {
        var metadata: Logger.Metadata = [
            "trigger": "\(self.trigger)", "dryRun": .stringConvertible(self.options.dryRun),
            "drain": .stringConvertible(self.options.drain), "stuck": .stringConvertible(self.backlog.stuck),
            "batchSize": .stringConvertible(self.options.firstBatchSize),
        ]
        if let timeout = self.options.timeout { metadata["timeoutMs"] = .stringConvertible(timeout.inMilliseconds) }
        self.logger.info("Cleanup started", metadata: metadata)
    }

    private mutating func finish() async throws {
        self.log.end(to: self.logger)
        if self.run.status == .running { self.run.status = .completed }
        self.run.more = self.result.more
        try await self.close()
        self.logEnd()
        CleanupMetrics.record(self.run, self.cleaned, backlog: self.remaining)
    }

    private func logEnd() {
        var metadata: Logger.Metadata = [
            "trigger": "\(self.trigger)", "dryRun": .stringConvertible(self.options.dryRun),
            "totalFound": .stringConvertible(self.run.totalFound),
            "cleanedUp": .stringConvertible(self.result.cleanedUp), "failed": .stringConvertible(self.run.failed),
            "tokensRefunded": .stringConvertible(self.run.tokensRefunded), "more": .stringConvertible(self.run.more),
        ]
        guard self.run.status == .held else { return self.logger.info("Cleanup finished", metadata: metadata) }
        metadata["reason"] = "\(self.run.error ?? "")"
        // A pause is intended; a hold by the guard is a fault.
        self.logger.log(level: Pause.held(self.run) ? .notice : .error, "Cleanup held", metadata: metadata)
    }

    /// Records a run that could not continue or start, if the database still accepts writes.
    private mutating func fail(_ error: any Error) async {
        self.run.status = .failed
        self.run.error = (error as? UnstickError)?.details ?? "The run was interrupted."
        self.run.more = true
        self.logger.error("Cleanup failed", metadata: ["trigger": "\(self.trigger)", "reason": "\(error)"])
        CleanupMetrics.record(self.run, self.cleaned, backlog: self.remaining)
        do {
            if self.run.id.isEmpty {
                guard (error as? UnstickError)?.code != .databaseUnavailable else { return }
                self.identify(at: try await self.store.now())
            }
            try await self.close()
        } catch {
            self.logger.error("The failed run could not be recorded", metadata: ["reason": "\(error)"])
        }
    }

    /// Whether the run leaves no record: the schedule's runs show that the cleanup works.
    private var isUnrecorded: Bool {
        self.trigger == .due && self.run.status == .completed && self.run.totalFound == 0
    }

    private mutating func close() async throws {
        guard !self.isUnrecorded else { return }
        let duration = self.clock.now - self.started
        self.run.duration = duration
        self.run.updatedAt = self.run.startedAt + duration
        let (store, run) = (self.store, self.run)
        // A cancelled run also leaves its record.
        try await Task { try await store.record(run, items: []) }.value
    }
}
