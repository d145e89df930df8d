import Logging
import Testing
import Unstick
import UnstickSQL

/// A job of a test, with its times as ages.
struct JobFixture {
    var id: String
    var user = "ada"
    var kind = "image"
    var tier: String? = "TIER_1K"
    var cost = 8
    var status = JobStatus.processing
    var attempt = 1
    /// How long ago the attempt started; `nil` where that was not recorded.
    var started: Duration? = .seconds(600)
    /// How long ago the row last changed; by default with the start.
    var updated: Duration?

    func job(asOf now: Timestamp) -> Job {
        let changed = self.updated ?? self.started ?? .zero
        let ended = [.completed, .failed, .cancelled].contains(self.status)
        return Job(
            id: self.id,
            userID: self.user,
            kind: self.kind,
            tier: self.tier,
            tokensCost: self.cost,
            status: self.status,
            attempt: self.attempt,
            createdAt: now - (self.started ?? changed) - .seconds(1),
            processingStartedAt: self.started.map { now - $0 },
            updatedAt: now - changed,
            processingCompletedAt: ended ? now - changed : nil
        )
    }
}

extension RuleMatches {
    /// One limit for every running job.
    static func timeout(_ timeout: Duration = .seconds(300)) -> RuleMatches {
        RuleMatches(phase: .processing, everyJob: Rule(timeout: timeout))
    }
}

extension CleanupBatch {
    /// The first batch of a new run, by the default limit.
    static func fixture(limit: Int, at now: Timestamp) -> CleanupBatch {
        let run = Run(
            id: RandomID.timeOrdered(at: now),
            trigger: .library,
            options: CleanupOptions(),
            timeout: nil,
            startedAt: now
        )
        return CleanupBatch(run: run, ruleMatches: .timeout(), now: now, cursor: nil, limit: limit, position: 0)
    }
}

extension ImportStore where Self: CleanupStore {
    /// Stores jobs as an import does: charged, from an opening balance of the same sum.
    func add(_ fixtures: JobFixture...) async throws {
        try await self.add(fixtures)
    }

    func add(_ fixtures: [JobFixture]) async throws {
        let now = try await self.now()
        let job = try await self.beginImport()
        _ = try await job.stage(fixtures.map { $0.job(asOf: now) })
        _ = try await job.commit { _, _ in }
    }
}

extension LedgerStore {
    func expectClean(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let reconciliation = try await self.reconcile(limit: 10)
        #expect(reconciliation.mismatches == [], sourceLocation: sourceLocation)
        #expect(reconciliation.isClean, sourceLocation: sourceLocation)
    }
}

extension JobStore {
    func status(_ id: String) async throws -> JobStatus? {
        try await self.job(id)?.status
    }
}

extension Cleaner {
    /// A cleaner that does not log into the test's output.
    init(_ store: some CleanupStore, by policy: Policy = Policy()) {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        self.init(store: store, policy: PolicySource(policy), logger: logger)
    }
}

extension LedgerStore where Self: CleanupStore {
    /// No job is stuck, and each of those that were is refunded once.
    ///
    /// - Parameters:
    ///   - jobs: how many were stuck.
    ///   - users: how many users, `user-0` and so on, had them.
    ///   - tokens: what the jobs had cost in all.
    func expectAllRefunded(_ jobs: Int, users: Int, tokens: Int) async throws {
        try await self.expectClean()
        #expect(try await self.backlog(Policy()).stuck == 0)
        var (refunds, balances) = (0, 0)
        for user in 0..<users {
            refunds += try await self.consumption(of: "user-\(user)", since: Timestamp(milliseconds: 0)).refunds
            balances += try await self.balance(of: "user-\(user)")
        }
        #expect(refunds == jobs && balances == tokens)
    }
}

extension AlertWatch {
    /// A watch that does not log into the test's output.
    static func fixture(
        _ store: any Store,
        _ thresholds: AlertThresholds = AlertThresholds(),
        interval: Duration = .seconds(900),
        ticks: Ticks? = nil
    ) -> AlertWatch {
        AlertWatch(
            store: store,
            policy: PolicySource(),
            thresholds: { thresholds },
            interval: interval,
            ticks: ticks,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }
}

extension SQLStore {
    /// The user of the database may do all that runs need, and cannot change the ledger.
    func expectRightsOfRuns() async throws {
        try await self.checkReady()
        try await self.add(JobFixture(id: "job", cost: 5))
        #expect(try await Cleaner(self).cleanupStuckJobs().tokensRefunded == 5)
        _ = try await self.claim("cleanup", due: nil, holder: "h", lease: .seconds(1))
        try await self.expectClean()
        let forged = await #expect(throws: UnstickError.self) {
            try await self.execute("DELETE FROM unstick.token_transactions")
        }
        #expect(forged?.message.contains("lacks a right") == true)
    }
}
