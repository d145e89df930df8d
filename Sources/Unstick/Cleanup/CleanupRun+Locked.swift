/// Jobs of one phase that were left out because another transaction has locked their user's balance.
struct LockedJobs {
    var ruleMatches: RuleMatches
    var items: [RunItem]

    init(_ ruleMatches: RuleMatches, _ items: [RunItem]) {
        self.ruleMatches = ruleMatches
        self.items = items
    }
}

extension CleanupRun {
    /// How long a run waits in all for locked balances.
    private static let gracePeriod = Duration.seconds(1)

    /// The most jobs that a batch names, so that a statement with their ids is shorter than a server's limit.
    private static let mostByName = 1000

    /// Adds the jobs that a batch left out, each once: two batches may meet at one moment.
    mutating func leave(_ items: [RunItem], _ ruleMatches: RuleMatches) {
        guard !items.isEmpty else { return }
        let known = Set(self.locked.flatMap(\.items).map(\.jobID.exact))
        let new = items.filter { !known.contains($0.jobID.exact) }
        if !new.isEmpty { self.locked.append(LockedJobs(ruleMatches, new)) }
    }

    /// Tries these jobs once more.
    ///
    /// A job that is still locked becomes an error item, and the next run tries again.
    ///
    /// The run holds no lock while it waits, so it blocks no charge.
    mutating func takeLocked() async throws {
        let deadline = self.clock.now + Self.gracePeriod
        var pause = Duration.milliseconds(10)
        while !self.locked.isEmpty, !Task.isCancelled {
            let before = self.locked.reduce(0) { $0 + $1.items.count }
            let waiting = self.locked
            self.locked = []
            for jobs in waiting {
                let room = min(self.room, jobs.items.count)
                let left = Array(jobs.items.dropFirst(room))
                let still = try await self.cleanLocked(jobs.ruleMatches, jobs.items.prefix(room)) + left
                if !still.isEmpty { self.locked.append(LockedJobs(jobs.ruleMatches, still)) }
            }
            if self.locked.reduce(0, { $0 + $1.items.count }) < before { continue }
            guard self.room > 0, self.clock.now + pause < deadline else { break }
            // A run that must stop still finishes.
            try? await self.clock.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(200))
        }
        for jobs in self.locked { try await self.setAsideLocked(jobs.items) }
        self.locked = []
    }

    /// Cleans these jobs and no others.
    ///
    /// - Returns: the jobs that are still locked.
    private mutating func cleanLocked(
        _ ruleMatches: RuleMatches,
        _ items: ArraySlice<RunItem>
    ) async throws -> [RunItem] {
        guard !items.isEmpty else { return [] }
        guard items.count <= min(self.options.firstBatchSize, Self.mostByName) else {
            let half = items.index(items.startIndex, offsetBy: items.count / 2)
            return try await self.cleanLocked(ruleMatches, items[..<half])
                + self.cleanLocked(ruleMatches, items[half...])
        }
        do {
            let batch = self.batch(ruleMatches, limit: items.count, only: items.map(\.jobID))
            let cleaned = try await self.send(batch)
            self.absorb(cleaned.items, end: nil)
            return cleaned.locked
        } catch let error as UnstickError where error.isOfRow {
            guard items.count > 1 else {
                var item = items[items.startIndex]
                item.error = error.message
                try await self.setAsideLocked([item])
                return []
            }
            let half = items.index(items.startIndex, offsetBy: items.count / 2)
            return try await self.cleanLocked(ruleMatches, items[..<half])
                + self.cleanLocked(ruleMatches, items[half...])
        }
    }

    private mutating func setAsideLocked(_ items: [RunItem]) async throws {
        var aside = items
        for index in aside.indices { aside[index].position = self.result.totalFound + index + 1 }
        self.absorb(aside, end: nil)
        let (store, run, named) = (self.store, self.run, aside)
        // A run that must stop still records them.
        try await Task { try await store.record(run, items: named) }.value
    }
}
