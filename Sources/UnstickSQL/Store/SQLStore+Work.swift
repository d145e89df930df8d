public import Unstick

// The calls of workers. A database may implement them in fewer statements; these are correct on every one.

extension SQLStore {
    /// How far back an unanswered claim is searched.
    private static var claimMemory: Duration { .seconds(600) }

    /// Moves the oldest pending jobs of some kinds to a worker.
    ///
    /// A claim whose answer was lost at the commit is read back by its mark, so that no job stays without a worker.
    public func claim(kinds: [String], worker: String?, limit: Int) async throws -> [Job] {
        try self.requireOwnTables()
        let (claim, dialect) = (RandomID.uuid(), self.dialect)
        return try await self.engine.write(ifUnknown: .readBack { try await self.claimed(by: claim) }) { transaction in
            var waiting: [(available: Int, id: ExactText)] = []
            for kind in kinds {
                let parameters: SQLArguments = ["kind": .text(kind), "limit": .integer(limit)]
                waiting += try transaction.run(JobStatements.waiting(dialect), parameters).rows.map {
                    (try $0.integer(required: "available_at"), ExactText(try $0.text(required: "id")))
                }
            }
            return try waiting.sorted { $0 < $1 }.prefix(limit).map { _, id in
                let start = SQLCall(JobStatements.start(dialect), Self.start(id.text, worker, claim))
                let results = try transaction.run([start, Self.find(id.text)])
                return try Job(row: results[1].only())
            }
        }
    }

    /// The jobs of a claim, by its mark.
    package func claimed(by claim: String) async throws -> [Job] {
        let since = try await self.now() - Self.claimMemory
        let arguments: SQLArguments = ["since": .integer(since.milliseconds), "claim": .text(claim)]
        return try await self.query(JobStatements.claimed(self.dialect), arguments) { try Job(row: $0) }
    }

    /// Moves a pending job to a worker, unless another one was first.
    public func start(_ jobID: String, worker: String?) async throws -> JobTransition {
        let claim = RandomID.uuid()
        return try await self.transition(
            JobStatements.start(self.dialect),
            Self.start(jobID, worker, claim),
            ifUnknown: .readBack { try await self.claimed(by: claim).first.map { .moved($0) } }
        )
    }

    private static func start(_ jobID: String, _ worker: String?, _ claim: String) -> SQLArguments {
        ["id": .text(jobID), "worker": SQLValue(worker), "claim": .text(claim)]
    }

    /// Stores heartbeats, each for the attempt that it names.
    public func heartbeat(_ beats: [Heartbeat]) async throws -> [HeartbeatAnswer] {
        try self.requireOwnTables()
        let batch = HeartbeatBatch(beats)
        return try await self.engine.write(ifUnknown: .repeatIt) { transaction in
            var alive: Set<HeartbeatBatch.Attempt> = []
            for beat in batch.beats {
                let isAlive =
                    try transaction.run(LeaseStatements.beat, beat.arguments).affected == 1
                    || transaction.run(LeaseStatements.begin, beat.arguments).affected == 1
                if isAlive { alive.insert(HeartbeatBatch.Attempt(beat)) }
            }
            let others = try transaction.run(batch.others(than: alive).map(Self.find)).compactMap { result in
                try result.first.map { try Job(row: $0) }
            }
            return batch.answers(alive: alive, others: others)
        }
    }

    /// Completes the job, if it is still processing in this attempt.
    public func complete(_ completion: Completion) async throws -> JobTransition {
        try await self.decide(completion, ifUnknown: self.readBack(completion))
    }

    /// No other call completes this attempt: if it is complete, it was this call.
    package func readBack(_ completion: Completion) -> Unknown<JobTransition> {
        .readBack {
            guard let job = try await self.job(completion.jobID), job.status == .completed,
                job.attempt == completion.attempt
            else { return nil }
            return .moved(job)
        }
    }
}
