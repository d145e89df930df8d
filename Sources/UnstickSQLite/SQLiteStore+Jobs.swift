public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Moves the oldest pending jobs of some kinds to a worker.
    public func claim(kinds: [String], worker: String?, limit: Int) async throws -> [Job] {
        try await self.write(ifUnknown: .tell) { transaction in
            var waiting: [(available: Int, id: ExactText)] = []
            for kind in kinds {
                let facts: SQLArguments = ["kind": .text(kind), "limit": .integer(limit)]
                waiting += try transaction.run(JobStatements.waiting, facts).rows.map {
                    (try $0.integer(required: "available_at"), ExactText(try $0.text(required: "id")))
                }
            }
            return try waiting.sorted { $0 < $1 }.prefix(limit).map { _, id in
                let facts: SQLArguments = ["id": .text(id.text), "worker": SQLValue(worker)]
                let results = try transaction.run([SQLCall(JobStatements.start, facts), Self.find(id.text)])
                return try Job(row: results[1].only())
            }
        }
    }

    /// Moves a pending job to a worker, if nobody was first.
    public func start(_ jobID: String, worker: String?) async throws -> JobTransition {
        try await self.transition(
            JobStatements.start,
            ["id": .text(jobID), "worker": SQLValue(worker)],
            ifUnknown: .tell
        )
    }

    /// Notes signs of life, each for the attempt that it names.
    public func heartbeat(_ beats: [Heartbeat]) async throws -> [HeartbeatAnswer] {
        let batch = HeartbeatBatch(beats)
        return try await self.write(ifUnknown: .tell) { transaction in
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
        try await self.decide(completion, ifUnknown: .tell)
    }
}
