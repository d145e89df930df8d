import Unstick

extension ModelWorld {
    /// Compares the jobs with their heartbeats, and the balances with their newest line.
    func compare(jobs ids: [String] = [], users: [String] = []) async throws {
        let store = self.subject.store
        let now = try await store.now()
        for id in ids {
            guard let expected = self.jobs[id], let stored = try await store.job(id) else {
                throw Self.wrong("\(id) is missing")
            }
            let rounded = self.rounded(stored, now)
            guard rounded == expected.job, stored.id.isExactly(id) else {
                throw Self.wrong("stored \(rounded), expected \(expected.job)")
            }
            var lease = try await store.lease(of: id)
            if let beatAt = lease?.beatAt { lease?.beatAt = self.hour(beatAt, now) }
            guard lease == expected.lease else {
                throw Self.wrong("\(id): \(String(describing: lease)), expected \(String(describing: expected.lease))")
            }
        }
        for user in users {
            let stored = try await store.balance(of: user)
            guard stored == self.balance(of: user) else {
                throw Self.wrong("\(user) has \(stored), and should have \(self.balance(of: user))")
            }
            let last = try await store.transactions(of: user, before: nil, limit: 1).first
            guard last.map({ ModelLine($0) }) == self.ledger[user]?.last else {
                throw Self.wrong("\(user)'s last line is \(String(describing: last))")
            }
        }
    }

    /// The job of a store, its times in the model's whole hours.
    func rounded(_ stored: Job, _ now: Timestamp) -> Job {
        var job = stored
        job.createdAt = self.hour(stored.createdAt, now)
        job.availableAt = self.availableHour(stored, now)
        job.updatedAt = self.hour(stored.updatedAt, now)
        job.processingStartedAt = stored.processingStartedAt.map { self.hour($0, now) }
        job.processingCompletedAt = stored.processingCompletedAt.map { self.hour($0, now) }
        job.quarantinedAt = stored.quarantinedAt.map { self.hour($0, now) }
        return job
    }

    /// The time from which a job may be claimed: if it was drawn, it is between the hours.
    private func availableHour(_ stored: Job, _ now: Timestamp) -> Timestamp {
        let hours = Double(self.hour) - Double((now - stored.availableAt).inMilliseconds) / 3_600_000
        guard let model = self.jobs[stored.id], abs(hours - model.availableAt) < 0.4 else {
            return self.hour(stored.availableAt, now)
        }
        return model.job.availableAt
    }

    /// A time of the store in the model's whole hours.
    func hour(_ time: Timestamp, _ now: Timestamp) -> Timestamp {
        let past = Double((now - time).inMilliseconds) / 3_600_000
        return .hour(self.hour - Int(past.rounded()))
    }

    /// Compares everything, the ledger line by line.
    func compareAll() async throws {
        try await self.compare(jobs: self.names, users: Self.users)
        var paid: [ExactText: Int] = [:]
        for user in Self.users {
            var lines: [TokenTransaction] = []
            var before: Int?
            repeat {
                let page = try await self.subject.store.transactions(of: user, before: before, limit: 500)
                lines += page
                before = page.count == 500 ? page.last?.sequence : nil
            } while before != nil
            lines.reverse()
            let stored = lines.map { ModelLine($0) }
            guard stored == self.ledger[user, default: []] else {
                let expected = self.ledger[user, default: []]
                throw Self.wrong("\(user)'s ledger differs in \(Set(stored).symmetricDifference(expected))")
            }
            guard zip(lines, lines.dropFirst()).allSatisfy({ $0.createdAt <= $1.createdAt }) else {
                throw Self.wrong("\(user)'s ledger is not in the order of time")
            }
            for line in stored where line.isOfJob { paid[line.sourceID ?? "", default: 0] -= line.amount }
        }
        for id in self.names { try self.checkPrice(id, paid: paid[id, default: 0]) }
        let reconciliation = try await self.subject.store.reconcile(limit: 5)
        guard reconciliation.isClean else { throw Self.wrong("\(reconciliation.mismatches)") }
    }

    /// A user paid for a delivered job what it cost; for any other job never more, and never less than the policy says.
    private func checkPrice(_ id: String, paid: Int) throws {
        guard let job = self.jobs[id] else { return }
        let price = job.job.status == .completed ? job.job.tokensUsed ?? job.job.tokensCost : job.paid
        guard paid == price, 0...job.job.tokensCost ~= paid else {
            throw Self.wrong("\(paid) was paid for \(id), and should be \(price): \(job.job)")
        }
    }
}
