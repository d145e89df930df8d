import Unstick

/// A store of runs that changes single calls of another store.
protocol ForwardingStore: CleanupStore {
    var store: any Store { get }
}

extension ForwardingStore {
    func now() async throws -> Timestamp { try await self.store.now() }

    func check(_ policy: Policy) throws { try self.store.check(policy) }

    func startRefusal(dryRun: Bool) async throws -> String? { try await self.store.startRefusal(dryRun: dryRun) }

    func candidates(_ limits: [StuckPhase: Duration]) async throws -> Candidates {
        try await self.store.candidates(limits)
    }

    func tally(asOf now: Timestamp, _ ruleMatches: RuleMatches, limit: Int) async throws -> StuckTally {
        try await self.store.tally(asOf: now, ruleMatches, limit: limit)
    }

    func stuckByKind(asOf now: Timestamp, _ ruleMatches: RuleMatches, limit: Int) async throws -> [StuckKind] {
        try await self.store.stuckByKind(asOf: now, ruleMatches, limit: limit)
    }

    func nextDue(_ ruleMatches: RuleMatches, after earlier: Timestamp) async throws -> Timestamp? {
        try await self.store.nextDue(ruleMatches, after: earlier)
    }

    func looksTwice(at ruleMatches: RuleMatches) -> Bool { self.store.looksTwice(at: ruleMatches) }

    func noteFirstLooks(asOf now: Timestamp, _ ruleMatches: RuleMatches) async throws {
        try await self.store.noteFirstLooks(asOf: now, ruleMatches)
    }

    func nextSecondLook(after earlier: Timestamp) async throws -> Timestamp? {
        try await self.store.nextSecondLook(after: earlier)
    }

    func jobsByWorker(asOf now: Timestamp, _ ruleMatches: RuleMatches, limit: Int) async throws -> [JobsByWorker] {
        try await self.store.jobsByWorker(asOf: now, ruleMatches, limit: limit)
    }

    func openHold(_ hold: NewHold, asOf now: Timestamp, _ ruleMatches: RuleMatches) async throws -> Hold? {
        try await self.store.openHold(hold, asOf: now, ruleMatches)
    }

    func endHolds() async throws -> Bool { try await self.store.endHolds() }

    func markHoldsReminded() async throws { try await self.store.markHoldsReminded() }

    func markHoldsSeen() async throws { try await self.store.markHoldsSeen() }

    func runningJobs() async throws -> Int { try await self.store.runningJobs() }

    func waitingJobs(limit: Int) async throws -> WaitingJobs? { try await self.store.waitingJobs(limit: limit) }

    func stuckJobs(
        asOf now: Timestamp,
        _ ruleMatches: RuleMatches,
        after cursor: StuckCursor?,
        limit: Int
    ) async throws -> [StuckJob] {
        try await self.store.stuckJobs(asOf: now, ruleMatches, after: cursor, limit: limit)
    }

    func clean(_ batch: CleanupBatch) async throws -> CleanedBatch { try await self.store.clean(batch) }

    func findLateCompletions() async throws -> [LateCompletion] { try await self.store.findLateCompletions() }

    func record(_ run: Run, items: [RunItem]) async throws { try await self.store.record(run, items: items) }
}
