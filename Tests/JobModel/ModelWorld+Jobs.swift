import Unstick

extension ModelWorld {
    private var lifecycle: JobLifecycle {
        JobLifecycle(store: self.subject.store, policy: PolicySource(ModelPolicy.policy))
    }

    mutating func create() async throws {
        guard let user = self.pick(Self.users), let kind = self.pick(ModelPolicy.kinds) else { return }
        let again = self.number(0...19) == 0 ? self.pick(self.names) : nil
        // Each two of them are one text for Swift's `==`.
        let id = again ?? "job-\(self.names.count / 2)-\(self.names.count % 2 == 0 ? "\u{e9}" : "e\u{301}")"
        let known = self.jobs[id]
        let new = NewJob(
            id: id,
            userID: known?.user ?? user,
            kind: known?.kind ?? kind,
            tokensCost: known?.cost ?? self.number(0...9),
            chargeKind: known?.chargeKind ?? (self.number(0...2) == 0 ? .hold : .charge)
        )
        self.note("create \(id) \(new.kind) \(new.chargeKind) for \(new.tokensCost) by \(new.userID)")
        do {
            try await self.lifecycle.create(new)
            if known == nil {
                guard self.balances[user, default: 0] >= new.tokensCost else {
                    throw Self.wrong("created without tokens")
                }
                self.names.append(id)
                self.jobs[id] = ModelJob(
                    id: id,
                    user: user,
                    kind: kind,
                    cost: new.tokensCost,
                    chargeKind: new.chargeKind,
                    created: self.hour
                )
                self.waits[id] = Double(self.hour)
                self.book("spend:\(id):1", user, -new.tokensCost)
            }
        } catch let error as UnstickError where error.code == .insufficientTokens {
            guard known == nil, self.balances[user, default: 0] < new.tokensCost else { throw Self.wrong("\(error)") }
        }
        try await self.compare(jobs: self.jobs[id] == nil ? [] : [id], users: [new.userID])
    }

    mutating func claim() async throws {
        let kinds = ModelPolicy.kinds.filter { _ in self.number(0...1) == 0 }
        guard !kinds.isEmpty else { return }
        let limit = self.number(1...3)
        self.note("claim \(limit) of \(kinds.joined(separator: ", "))")
        let claimed = try await self.lifecycle.claim(kinds: kinds, worker: "w", limit: limit)
        let waiting = self.names.compactMap { self.jobs[$0] }.filter {
            $0.status == .pending && kinds.contains($0.kind)
                && self.waits[$0.id, default: .infinity] <= Double(self.hour)
        }
        guard claimed.count == min(limit, waiting.count) else {
            throw Self.wrong("claimed \(claimed.map(\.id)), waiting \(waiting.map(\.id))")
        }
        let oldest = waiting.compactMap { self.waits[$0.id] }.sorted().prefix(claimed.count)
        guard claimed.compactMap({ self.waits[$0.id] }).sorted() == Array(oldest) else {
            throw Self.wrong("claimed \(claimed.map(\.id)), and others wait for longer")
        }
        for job in claimed {
            guard waiting.contains(where: { $0.id.isExactly(job.id) }) else {
                throw Self.wrong("\(job.id) was not waiting")
            }
            self.jobs[job.id]?.start(at: self.hour)
        }
        try await self.compare(jobs: claimed.map(\.id))
    }

    mutating func start() async throws {
        guard let id = self.pick(self.names), let job = self.jobs[id] else { return }
        self.note("start \(id)")
        let outcome = try await self.lifecycle.start(id)
        try Self.expect(outcome, moved: job.status == .pending)
        if job.status == .pending { self.jobs[id]?.start(at: self.hour) }
        try await self.compare(jobs: [id])
    }

    /// A job, and the attempt that a worker believes to hold, which now and then is another one.
    private mutating func held() -> (ModelJob, attempt: Int)? {
        let running = self.names.filter { self.jobs[$0]?.status == .processing }
        guard let id = self.number(0...3) == 0 ? self.pick(self.names) : self.pick(running), let job = self.jobs[id]
        else { return nil }
        return (job, self.number(0...5) == 0 ? max(job.attempt - 1, 0) : job.attempt)
    }

    mutating func beat() async throws {
        guard let (job, attempt) = self.held() else { return }
        let progress = self.number(0...2) == 0 ? nil : Double(self.number(0...4)) / 4
        self.note("beat \(job.id) attempt \(attempt) \(progress ?? -1)")
        let answer = try await self.lifecycle.heartbeat(Heartbeat(jobID: job.id, attempt: attempt, progress: progress))
        let isHeld = job.status == .processing && attempt == job.attempt
        guard (answer == .alive) == isHeld else { throw Self.wrong("the beat was answered \(answer)") }
        guard isHeld else { return }
        self.jobs[job.id]?.beat = self.hour
        if let progress { self.jobs[job.id]?.progress = Int(progress * 1_000_000) }
    }

    mutating func complete() async throws {
        guard let (job, attempt) = self.held() else { return }
        let used = job.chargeKind == .hold && self.number(0...1) == 0 ? self.number(0...job.cost) : nil
        self.note("complete \(job.id) attempt \(attempt) used \(used ?? -1)")
        let isHeld = job.status == .processing && attempt == job.attempt
        let isLate = job.status == .failed && job.isTimedOut && attempt == job.attempt && job.kind == "late"
        let taken = max((used ?? job.cost) - (job.cost - job.refunded), 0)
        do {
            let outcome = try await self.lifecycle.complete(job.id, attempt: attempt, tokensUsed: used)
            try Self.expect(outcome, moved: isHeld || isLate)
        } catch let error as UnstickError where error.code == .insufficientTokens {
            guard isLate, self.balances[job.user, default: 0] < taken else { throw Self.wrong("\(error)") }
            return try await self.compare(jobs: [job.id], users: [job.user])
        }
        if isHeld, let used { self.book("refund:\(job.id):\(job.charge)", job.user, job.cost - used) }
        if isLate, taken > 0 {
            self.jobs[job.id]?.charge += 1
            self.book("spend:\(job.id):\(job.charge + 1)", job.user, -taken)
        }
        if isHeld || isLate {
            self.jobs[job.id]?.status = .completed
            self.jobs[job.id]?.isTimedOut = false
        }
        try await self.compare(jobs: [job.id], users: [job.user])
    }

    mutating func fail() async throws {
        guard let (job, attempt) = self.held() else { return }
        let isRetryable = self.number(0...2) > 0
        self.note("fail \(job.id) attempt \(attempt) retryable \(isRetryable)")
        let outcome = try await self.lifecycle.fail(job.id, attempt: attempt, message: "no", isRetryable: isRetryable)
        let isHeld = job.status == .processing && attempt == job.attempt
        try Self.expect(outcome, moved: isHeld)
        if isHeld {
            if isRetryable, attempt < job.rule.retry.attempts {
                try await self.putBack(job.id)
            } else {
                self.end(job.id, as: .failed)
            }
        }
        try await self.compare(jobs: [job.id], users: [job.user])
    }

    mutating func cancel() async throws {
        guard let id = self.pick(self.names), let job = self.jobs[id] else { return }
        self.note("cancel \(id)")
        let isOpen = job.status == .pending || job.status == .processing
        try Self.expect(try await self.lifecycle.cancel(id), moved: isOpen)
        if isOpen { self.end(id, as: .cancelled) }
        try await self.compare(jobs: [id], users: [job.user])
    }

    mutating func requeue() async throws {
        guard let id = self.pick(self.names), let job = self.jobs[id] else { return }
        self.note("requeue \(id)")
        let isEnded = job.status == .failed || job.status == .cancelled
        do {
            try Self.expect(try await self.lifecycle.requeue(id), moved: isEnded)
        } catch let error as UnstickError where error.code == .insufficientTokens {
            guard isEnded, job.refunded > 0, self.balances[job.user, default: 0] < job.cost else {
                throw Self.wrong("\(error)")
            }
            return try await self.compare(jobs: [id], users: [job.user])
        }
        if isEnded {
            self.jobs[id]?.status = .pending
            self.jobs[id]?.timeouts = 0
            self.jobs[id]?.isTimedOut = false
            self.jobs[id]?.isParked = false
            self.waits[id] = Double(self.hour)
            if job.refunded > 0 {
                self.jobs[id]?.charge += 1
                self.jobs[id]?.refunded = 0
                self.book("spend:\(id):\(job.charge + 1)", job.user, -job.cost)
            }
        }
        try await self.compare(jobs: [id], users: [job.user])
    }

    /// The job ends without having been delivered.
    mutating func end(_ id: String, as status: JobStatus) {
        guard let job = self.jobs[id] else { return }
        let owed = job.refunded > 0 ? 0 : job.owed(job.rule.refund)
        self.book("refund:\(id):\(job.charge)", job.user, owed)
        self.jobs[id]?.refunded += owed
        self.jobs[id]?.status = status
    }

    /// The job goes back to the queue, and waits for as long as the store drew.
    mutating func putBack(_ id: String) async throws {
        guard let job = self.jobs[id], let stored = try await self.subject.store.job(id) else { return }
        let longest = job.rule.retry.wait(after: job.attempt, random: 0)
        let wait = stored.availableAt - stored.updatedAt
        guard (longest / 2 - .seconds(1)...longest).contains(wait) else { throw Self.wrong("\(id) waits for \(wait)") }
        self.jobs[id]?.status = .pending
        self.waits[id] = Double(self.hour) + Double(wait.inMilliseconds) / 3_600_000
    }

    static func wrong(_ text: String) -> ModelMismatch { ModelMismatch(description: text) }

    private static func expect(_ outcome: JobTransition, moved: Bool) throws {
        if case .moved = outcome { if moved { return } } else if !moved { return }
        throw self.wrong("the answer was \(outcome), which should \(moved ? "" : "not ")have moved")
    }
}
