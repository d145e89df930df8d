import Unstick

extension ModelWorld {
    private var lifecycle: JobLifecycle {
        JobLifecycle(store: self.subject.store, policy: PolicySource(ModelPolicy.policy))
    }

    mutating func create() async throws {
        guard let user = self.pick(Self.users), let kind = self.pick(ModelPolicy.kinds) else { return }
        let again = self.number(0...19) == 0 ? self.pick(self.names) : nil
        let known = again.flatMap { self.jobs[$0]?.job }
        // Every two of them are one text for Swift's `==`.
        let name = "job-\(self.names.count / 2)-\(self.names.count % 2 == 0 ? "\u{e9}" : "e\u{301}")"
        let new = NewJob(
            id: known?.id ?? name,
            userID: known?.userID ?? user,
            kind: known?.kind ?? kind,
            tier: known.map(\.tier) ?? self.pick([nil, "TIER_4K"]) ?? nil,
            tokensCost: known?.tokensCost ?? self.number(0...9),
            chargeKind: known?.chargeKind ?? (self.number(0...2) == 0 ? .hold : .charge),
            payload: known.map(\.payload) ?? self.pick([nil, #"{"n":1}"#]) ?? nil
        )
        self.note("create \(new.id) \(new.kind) \(new.chargeKind) for \(new.tokensCost) by \(new.userID)")
        let balance = self.balance(of: new.userID)
        do {
            let creation = try await self.lifecycle.create(new)
            guard creation.isNew == (known == nil), creation.job.id.isExactly(new.id) else {
                throw Self.wrong("the creation was answered \(creation)")
            }
            if known == nil {
                guard balance >= new.tokensCost else { throw Self.wrong("created without tokens") }
                self.names.append(new.id)
                self.jobs[new.id] = ModelJob(new, at: self.hour)
                self.charge(new.id, new.tokensCost, number: 1, new.chargeKind)
            }
        } catch let error as UnstickError where error.code == .insufficientTokens {
            guard known == nil, balance < new.tokensCost else { throw Self.wrong("\(error)") }
        }
        try await self.compare(jobs: self.jobs[new.id] == nil ? [] : [new.id], users: [new.userID])
    }

    /// The longest real time of a test, in hours.
    private static var realTime: Double { 0.05 }

    mutating func claim() async throws {
        let kinds = ModelPolicy.kinds.filter { _ in self.number(0...1) == 0 }
        guard !kinds.isEmpty else { return }
        let limit = self.number(1...3)
        let worker = self.pick([nil, "w1", "w2"]) ?? nil
        self.note("claim \(limit) of \(kinds.joined(separator: ", "))")
        let claimed = try await self.lifecycle.claim(kinds: kinds, worker: worker, limit: limit)
        let waiting = self.names.compactMap { self.jobs[$0] }.filter {
            $0.job.status == .pending && kinds.contains($0.job.kind) && $0.availableAt <= Double(self.hour)
        }
        guard claimed.count == min(limit, waiting.count) else {
            throw Self.wrong("claimed \(claimed.map(\.id)), waiting \(waiting.map(\.job.id))")
        }
        let oldest = waiting.map(\.availableAt).sorted().prefix(claimed.count)
        // A retried job waits for a random part of an hour, and real time is added to the model's hours:
        // two times that are closer than that may be in either order.
        let times = claimed.compactMap { self.jobs[$0.id]?.availableAt }.sorted()
        guard times.count == oldest.count, zip(times, oldest).allSatisfy({ $0 - $1 < Self.realTime }) else {
            throw Self.wrong("claimed \(claimed.map(\.id)), and others wait for longer")
        }
        let now = try await self.subject.store.now()
        for job in claimed {
            guard waiting.contains(where: { $0.job.id.isExactly(job.id) }) else {
                throw Self.wrong("\(job.id) was not waiting")
            }
            self.jobs[job.id]?.start(at: self.hour, worker: worker)
            guard self.rounded(job, now) == self.jobs[job.id]?.job else { throw Self.wrong("claimed \(job)") }
        }
        try await self.compare(jobs: claimed.map(\.id))
    }

    mutating func start() async throws {
        guard let id = self.pick(self.names), let job = self.jobs[id]?.job else { return }
        self.note("start \(id)")
        let outcome = try await self.lifecycle.start(id, worker: "w3")
        if job.status == .pending { self.jobs[id]?.start(at: self.hour, worker: "w3") }
        try await self.expect(outcome, of: id, moved: job.status == .pending)
    }

    /// A job, and the attempt that a worker assumes, which is sometimes a wrong one.
    private mutating func held() -> (ModelJob, attempt: Int)? {
        let running = self.names.filter { self.jobs[$0]?.job.status == .processing }
        guard let id = self.number(0...3) == 0 ? self.pick(self.names) : self.pick(running), let job = self.jobs[id]
        else { return nil }
        return (job, self.number(0...5) == 0 ? max(job.job.attempt - 1, 0) : job.job.attempt)
    }

    mutating func beat() async throws {
        guard let (job, attempt) = self.held() else { return }
        let beat = Heartbeat(
            jobID: job.job.id,
            attempt: attempt,
            progress: self.number(0...2) == 0 ? nil : Double(self.number(0...8)) / 8,
            message: self.pick([nil, "half", "nearly"]) ?? nil
        )
        self.note("beat \(beat)")
        let answer = try await self.lifecycle.heartbeat(beat)
        let isHeld = job.job.status == .processing && attempt == job.job.attempt
        guard (answer == .alive) == isHeld else { throw Self.wrong("the beat was answered \(answer)") }
        if isHeld { self.jobs[job.job.id]?.beat(beat, at: self.hour) }
        try await self.compare(jobs: [job.job.id])
    }

    mutating func complete() async throws {
        guard let (model, attempt) = self.held() else { return }
        let job = model.job
        let used = job.chargeKind == .hold && self.number(0...1) == 0 ? self.number(0...job.tokensCost) : nil
        self.note("complete \(job.id) attempt \(attempt) used \(used ?? -1)")
        let isHeld = job.status == .processing && attempt == job.attempt
        let isLate =
            job.isTimedOut && attempt == job.attempt && model.rule.onLateCompletion == .accept
        let price = used ?? job.tokensCost
        let outcome: JobTransition
        do {
            outcome = try await self.lifecycle.complete(job.id, attempt: attempt, tokensUsed: used)
        } catch let error as UnstickError where error.code == .insufficientTokens {
            guard isHeld || isLate, self.balance(of: job.userID) < price - model.paid else {
                throw Self.wrong("\(error)")
            }
            return try await self.compare(jobs: [job.id], users: [job.userID])
        }
        if isHeld || isLate {
            self.jobs[job.id]?.complete(used: price, at: self.hour)
            self.settle(job.id, at: price)
        }
        try await self.expect(outcome, of: job.id, moved: isHeld || isLate)
    }

    /// Books the missing or excess amount for a delivered job.
    private mutating func settle(_ id: String, at price: Int) {
        guard let model = self.jobs[id], price != model.paid else { return }
        let number = model.job.charge + (model.refunded > 0 ? 1 : 0)
        self.jobs[id]?.job.charge = number
        guard price < model.paid else {
            self.jobs[id]?.refunded = 0
            return self.charge(id, price - model.paid, number: number, .charge)
        }
        self.bookRefund(
            id,
            model.paid - price,
            source: "job_completed",
            reason: "\(price) of \(model.job.tokensCost) tokens were used"
        )
    }

    mutating func fail() async throws {
        guard let (model, attempt) = self.held() else { return }
        let (job, isRetryable) = (model.job, self.number(0...2) > 0)
        self.note("fail \(job.id) attempt \(attempt) retryable \(isRetryable)")
        let outcome = try await self.lifecycle.fail(job.id, attempt: attempt, message: "no", isRetryable: isRetryable)
        let isHeld = job.status == .processing && attempt == job.attempt
        if isHeld, isRetryable, attempt < model.rule.retry.attempts {
            self.jobs[job.id]?.lease = nil
            self.jobs[job.id]?.job.status = .pending
            self.jobs[job.id]?.job.errorMessage = "no"
            self.jobs[job.id]?.job.processingStartedAt = nil
            self.jobs[job.id]?.job.updatedAt = .hour(self.hour)
            try await self.wait(job.id, until: nil)
        } else if isHeld {
            self.end(job.id, as: .failed, "no", source: TokenBalanceManager.refundSource)
        }
        try await self.expect(outcome, of: job.id, moved: isHeld)
    }

    mutating func cancel() async throws {
        guard let id = self.pick(self.names), let job = self.jobs[id]?.job else { return }
        let message = self.pick([nil, "not wanted"]) ?? nil
        self.note("cancel \(id)")
        let isOpen = job.status == .pending || job.status == .processing
        let outcome = try await self.lifecycle.cancel(id, message: message)
        if isOpen { self.end(id, as: .cancelled, message ?? "Cancelled", source: "job_cancelled") }
        try await self.expect(outcome, of: id, moved: isOpen)
    }

    mutating func requeue() async throws {
        guard let id = self.pick(self.names), let model = self.jobs[id] else { return }
        self.note("requeue \(id)")
        let isEnded = model.job.status == .failed || model.job.status == .cancelled
        let outcome: JobTransition
        do {
            outcome = try await self.lifecycle.requeue(id)
        } catch let error as UnstickError where error.code == .insufficientTokens {
            guard isEnded, self.balance(of: model.job.userID) < model.refunded else { throw Self.wrong("\(error)") }
            return try await self.compare(jobs: [id], users: [model.job.userID])
        }
        if isEnded {
            self.jobs[id]?.requeue(at: self.hour)
            if model.refunded > 0 {
                self.jobs[id]?.refunded = 0
                self.jobs[id]?.job.charge += 1
                self.charge(id, model.refunded, number: model.job.charge + 1, model.job.chargeKind)
            }
        }
        try await self.expect(outcome, of: id, moved: isEnded)
    }

    /// A caller refunds tokens, in any state of the job.
    mutating func refund() async throws {
        guard let id = self.pick(self.names), let model = self.jobs[id] else { return }
        let (job, amount) = (model.job, self.number(1...10))
        self.note("refund \(amount) of \(id)")
        let key = LedgerKey.refund(job: id, charge: job.charge)
        let known = self.ledger[job.userID]?.first { $0.id.isExactly(key) }
        do {
            let booking = try await TokenBalanceManager(store: self.subject.store)
                .refundTokens(amount, to: job.userID, for: id, charge: job.charge, reason: "sorry")
            if case .booked = booking {
                guard known == nil, job.status != .completed, amount <= job.tokensCost else {
                    throw Self.wrong("\(amount) of \(id) came back")
                }
                self.jobs[id]?.refunded = amount
                self.book(
                    key,
                    job.userID,
                    amount,
                    .refund,
                    source: TokenBalanceManager.refundSource,
                    of: id,
                    reason: "sorry"
                )
            } else if known?.amount != amount || known?.kind != .refund {
                throw Self.wrong("\(booking) was there before")
            }
        } catch let error as UnstickError where error.code == .refundRefused {
            guard known == nil, job.status == .completed || amount > job.tokensCost else {
                throw Self.wrong("\(error)")
            }
        } catch let error as UnstickError where error.code == .conflict {
            guard let known, known.amount != amount || known.kind != .refund else { throw Self.wrong("\(error)") }
        }
        try await self.compare(jobs: [id], users: [job.userID])
    }

    /// The job ends without a delivery.
    private mutating func end(_ id: String, as status: JobStatus, _ message: String, source: String) {
        let owed = self.jobs[id]?.owed ?? 0
        self.jobs[id]?.end(as: status, message, at: self.hour)
        self.jobs[id]?.refunded += owed
        self.bookRefund(id, owed, source: source, reason: message)
    }

    private mutating func charge(_ id: String, _ amount: Int, number: Int, _ kind: ChargeKind) {
        guard let job = self.jobs[id]?.job else { return }
        self.book(
            LedgerKey.spend(job: id, charge: number),
            job.userID,
            -amount,
            kind == .hold ? .hold : .spend,
            source: "job",
            of: id
        )
    }

    private mutating func bookRefund(_ id: String, _ amount: Int, source: String, reason: String) {
        guard let job = self.jobs[id]?.job else { return }
        self.book(
            LedgerKey.refund(job: id, charge: job.charge),
            job.userID,
            amount,
            job.chargeKind == .hold ? .release : .refund,
            source: source,
            of: id,
            reason: reason
        )
    }

    /// The job waits for as long as the store drew.
    ///
    /// - Parameter moment: the end of the wait according to a run, if one requeued it.
    mutating func wait(_ id: String, until time: Timestamp?) async throws {
        guard let model = self.jobs[id], let stored = try await self.subject.store.job(id) else { return }
        let longest = model.rule.retry.wait(after: model.job.attempt, random: 0)
        let wait = stored.availableAt - stored.updatedAt
        guard (longest / 2 - .seconds(1)...longest).contains(wait), time ?? stored.availableAt == stored.availableAt
        else { throw Self.wrong("\(id) waits for \(wait)") }
        self.jobs[id]?.availableAt = Double(self.hour) + Double(wait.inMilliseconds) / 3_600_000
        let hour = self.hour(stored.availableAt, try await self.subject.store.now())
        self.jobs[id]?.job.availableAt = hour
    }

    static func wrong(_ text: String) -> ModelMismatch { ModelMismatch(description: text) }

    /// The answer is the job of the model, and so is the stored one.
    private func expect(_ outcome: JobTransition, of id: String, moved: Bool) async throws {
        let now = try await self.subject.store.now()
        let answered: Job
        switch outcome {
        case .moved(let job) where moved: answered = job
        case .refused(let job) where !moved: answered = job
        default: throw Self.wrong("the answer was \(outcome), which should \(moved ? "" : "not ")have moved")
        }
        guard let model = self.jobs[id], self.rounded(answered, now) == model.job else {
            throw Self.wrong("answered \(answered), expected \(String(describing: self.jobs[id]?.job))")
        }
        try await self.compare(jobs: [id], users: [model.job.userID])
    }
}
