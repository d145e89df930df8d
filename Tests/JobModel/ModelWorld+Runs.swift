import Logging
import Unstick

extension ModelWorld {
    /// A run, and its expected effect.
    mutating func cleanUp() async throws {
        let drain = self.number(0...3) > 0
        let size = self.number(1...30)
        let isDryRun = self.number(0...5) == 0
        self.note("run of \(size)\(drain ? ", drain" : "")\(isDryRun ? ", dry" : "")")
        var due: [ExactText: ModelStuckReason] = [:]
        for id in self.names { due[id] = self.jobs[id]?.stuckReason(at: self.hour) }
        let cleaner = Cleaner(
            store: self.subject.store,
            policy: PolicySource(ModelPolicy.policy),
            logger: Logger(label: "model") { _ in SwiftLogNoOpLogHandler() }
        )
        let result = try await cleaner.cleanupStuckJobs(
            CleanupOptions(dryRun: isDryRun, batchSize: size, drain: drain)
        )
        let items = try await self.subject.store.items(of: result.runID, after: 0, limit: 10_000)
        guard result.failed == 0, result.totalFound == (drain ? due.count : min(size, due.count)),
            result.more == (result.totalFound < due.count), items.count == result.totalFound
        else {
            throw Self.wrong(
                "the run found \(items.map(\.jobID)), and should have found \(due.keys.map(\.text)); \(result.errors)"
            )
        }
        let now = try await self.subject.store.now()
        for (index, item) in items.enumerated() {
            guard let stuckReason = due[item.jobID] else { throw Self.wrong("\(item.jobID) was taken: \(item.reason)") }
            try self.check(item, at: index, stuckReason, isDryRun, now)
            if !isDryRun { try await self.suffer(stuckReason, item, of: result.runID) }
        }
        try await self.checkCounts(of: result, items)
        try await self.compare(jobs: due.keys.map(\.text), users: Self.users)
    }

    /// Compares every field of a run's item for a job.
    private func check(
        _ item: RunItem,
        at index: Int,
        _ stuckReason: ModelStuckReason,
        _ isDryRun: Bool,
        _ now: Timestamp
    ) throws {
        guard let job = self.jobs[item.jobID]?.job else { return }
        let isRunning = job.status == .processing
        var expected = RunItem(
            position: index + 1,
            jobID: job.id,
            userID: job.userID,
            kind: job.kind,
            tier: job.tier,
            attempt: job.attempt,
            since: isRunning ? job.processingStartedAt ?? job.updatedAt : job.createdAt,
            action: isDryRun ? stuckReason.action.previewed : stuckReason.action,
            amount: stuckReason.amount,
            processingDuration: item.processingDuration,
            stuckReason: StuckReason(
                rule: self.jobs[job.id]?.rule.name ?? "",
                limit: stuckReason.limit,
                allowed: stuckReason.allowed,
                measured: item.stuckReason.measured,
                worker: job.worker
            )
        )
        if stuckReason.action == .retried, !isDryRun { expected.retryAt = item.retryAt ?? now }
        var stored = item
        stored.since = self.hour(item.since, now)
        guard stored == expected, Self.isNearly(item.stuckReason.measured, stuckReason.measured),
            Self.isNearly(item.processingDuration, stuckReason.duration)
        else { throw Self.wrong("the run stored \(stored), expected \(expected) of \(stuckReason)") }
    }

    private static func isNearly(_ duration: Duration, _ hours: Double) -> Bool {
        abs(Double(duration.inMilliseconds) / 3_600_000 - hours) < 0.4
    }

    private mutating func suffer(_ stuckReason: ModelStuckReason, _ item: RunItem, of runID: String) async throws {
        guard let job = self.jobs[item.jobID]?.job else { return }
        let seconds = (item.processingDuration.inMilliseconds + 500) / 1000
        self.jobs[job.id]?.suffer(stuckReason, after: seconds, at: self.hour)
        if stuckReason.action == .retried { return try await self.wait(job.id, until: item.retryAt) }
        self.book(
            LedgerKey.refund(job: job.id, charge: job.charge),
            job.userID,
            stuckReason.amount,
            job.chargeKind == .hold ? .release : .refund,
            source: TokenBalanceManager.refundSource,
            of: job.id,
            runID: runID,
            reason: "Job timeout cleanup - stuck for \(seconds)s"
        )
    }

    /// Compares the result of a run with its stored record.
    private func checkCounts(of result: CleanupResult, _ items: [RunItem]) async throws {
        let run = try await self.subject.store.run(result.runID)
        let cleanedUp = items.count { [.failed, .failedAndRefunded, .quarantined].contains($0.action) }
        let retried = items.count { [.retried, .wouldRetry].contains($0.action) }
        let (refunded, owed) = (items.map(\.tokensRefunded).reduce(0, +), items.map(\.tokensOwed).reduce(0, +))
        guard let run, run.dryRun == result.dryRun, run.totalFound == items.count, run.failed == 0,
            run.cleanedUp == cleanedUp, result.cleanedUp == cleanedUp, run.retried == (run.dryRun ? 0 : retried),
            result.retried == retried,
            run.tokensRefunded == refunded, result.tokensRefunded == refunded, run.tokensOwed == owed,
            result.tokensOwed == owed, run.more == result.more, run.status == .completed,
            result.jobs.map(\.id) == items.map(\.jobID), !run.dryRun || cleanedUp + refunded == 0
        else { throw Self.wrong("the run says \(result), is stored as \(String(describing: run))") }
    }
}
