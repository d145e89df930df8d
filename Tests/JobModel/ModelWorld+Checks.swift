import Logging
import Unstick

extension ModelWorld {
    /// A pass, and what it should have done.
    mutating func sweep() async throws {
        let drain = self.number(0...3) > 0
        let size = self.number(1...30)
        let isDryRun = self.number(0...5) == 0
        self.note("sweep of \(size)\(drain ? ", drain" : "")\(isDryRun ? ", dry" : "")")
        let fates = self.names.compactMap { id in
            self.jobs[id]?.fate(at: self.hour, waitsSince: self.waits[id] ?? 0).map { (id, $0) }
        }
        let cleaner = Cleaner(
            store: self.subject.store,
            policy: PolicySource(ModelPolicy.policy),
            logger: Logger(label: "model") { _ in SwiftLogNoOpLogHandler() }
        )
        let result = try await cleaner.cleanupStuckJobs(
            CleanupOptions(dryRun: isDryRun, batchSize: size, drain: drain)
        )
        let items = try await self.subject.store.items(of: result.runID, after: 0, limit: 10_000)
        guard result.failed == 0, result.totalFound == (drain ? fates.count : min(size, fates.count)),
            result.more == (result.totalFound < fates.count)
        else {
            let found = items.map { "\($0.jobID) (\($0.kind), \($0.reason))" }
            throw Self.wrong(
                "the pass found \(result.totalFound): \(found), and should have found \(fates.map(\.0)); \(result.errors)"
            )
        }
        for item in items {
            guard let fate = fates.first(where: { $0.0.isExactly(item.jobID) })?.1 else {
                throw Self.wrong("\(item.jobID) was taken: \(item.reason)")
            }
            let isPaid = (self.jobs[item.jobID]?.refunded ?? 0) > 0
            let expected = isPaid && fate == .failedAndRefunded ? RunItem.Action.failed : fate
            guard item.action == (isDryRun ? expected.previewed : expected) else {
                throw Self.wrong("\(item.jobID) was \(item.action), and should have been \(expected)")
            }
            if !isDryRun { try await self.suffer(fate, item.jobID) }
        }
        try await self.compare(jobs: fates.map(\.0), users: Self.users)
    }

    private mutating func suffer(_ fate: RunItem.Action, _ id: String) async throws {
        if fate == .retried {
            try await self.putBack(id)
        } else {
            self.end(id, as: .failed)
            self.jobs[id]?.isTimedOut = true
            self.jobs[id]?.isParked = fate == .quarantined
        }
        self.jobs[id]?.timeouts += 1
    }

    /// The jobs and the balances as the store has them.
    func compare(jobs ids: [String] = [], users: [String] = []) async throws {
        for id in ids {
            guard let job = self.jobs[id], let stored = try await self.subject.store.job(id) else {
                throw Self.wrong("\(id) is missing")
            }
            try self.compare(job, stored)
        }
        for user in users {
            let stored = try await self.subject.store.balance(of: user)
            guard stored == self.balances[user, default: 0] else {
                throw Self.wrong("\(user) has \(stored), and should have \(self.balances[user, default: 0])")
            }
        }
    }

    private func compare(_ job: ModelJob, _ stored: Job) throws {
        guard stored.id.isExactly(job.id), stored.userID.isExactly(job.user), stored.kind.isExactly(job.kind),
            stored.status == job.status, stored.attempt == job.attempt, stored.charge == job.charge,
            stored.timeouts == job.timeouts, stored.isTimedOut == (job.isTimedOut && job.status == .failed),
            (stored.quarantinedAt != nil) == job.isParked
        else { throw Self.wrong("stored \(stored), expected \(job)") }
    }

    /// Everything there is, the ledger line by line.
    func compareAll() async throws {
        try await self.compare(jobs: self.names, users: Self.users)
        for user in Self.users {
            var lines: [ExactText: Int] = [:]
            var before: Int?
            repeat {
                let page = try await self.subject.store.transactions(of: user, before: before, limit: 500)
                for line in page where line.kind != .grant { lines[line.id] = line.amount }
                before = page.count == 500 ? page.last?.sequence : nil
            } while before != nil
            guard lines == self.ledger[user, default: [:]] else {
                let expected = self.ledger[user, default: [:]]
                let differing = Set(lines.keys).union(expected.keys).filter { lines[$0] != expected[$0] }.sorted()
                throw Self.wrong("\(user)'s ledger differs in \(differing)")
            }
        }
        let reconciliation = try await self.subject.store.reconcile(limit: 5)
        guard reconciliation.isClean else { throw Self.wrong("\(reconciliation.mismatches)") }
    }
}
