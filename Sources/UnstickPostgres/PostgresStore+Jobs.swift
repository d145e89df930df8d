import Foundation
public import Unstick
import UnstickSQL

extension PostgresStore {
    /// Moves the oldest pending jobs of some kinds to a worker.
    ///
    /// A claim whose answer was lost at the commit is read back by its mark, so that no job stays without a worker.
    public func claim(kinds: [String], worker: String?, limit: Int) async throws -> [Job] {
        try self.requireOwnTables()
        let claim = RandomID.uuid()
        let arguments: SQLArguments = [
            "kinds": .text(Self.json(kinds)), "worker": SQLValue(worker), "claim": .text(claim),
        ]
        return try await self.transact(ifUnknown: .readBack { try await self.claimed(by: claim) }) { transaction in
            try transaction.commit(after: [SQLCall(JobStatements.claim(upTo: limit), arguments)])[0].rows.map {
                try Job(row: $0)
            }
        }
        .sorted { ($0.availableAt, $0.id.exact) < ($1.availableAt, $1.id.exact) }
    }

    /// Stores heartbeats, each for the attempt that it names.
    public func heartbeat(_ beats: [Heartbeat]) async throws -> [HeartbeatAnswer] {
        try self.requireOwnTables()
        let batch = HeartbeatBatch(beats)
        var alive = try await self.alive(LeaseStatements.beat, LeaseStatements.beatAll, batch.beats)
        let first = batch.beats.filter { !alive.contains(HeartbeatBatch.Attempt($0)) }
        alive.formUnion(try await self.alive(nil, LeaseStatements.beginAll, first))
        let others = batch.others(than: alive)
        return batch.answers(alive: alive, others: others.isEmpty ? [] : try await self.jobs(others))
    }

    /// - Parameters:
    ///   - one: the statement for a single heartbeat, where there is one.
    ///   - all: the statement for many.
    /// - Returns: the attempts whose heartbeat was taken.
    private func alive(
        _ one: String?,
        _ all: String,
        _ beats: [Heartbeat]
    ) async throws -> Set<HeartbeatBatch.Attempt> {
        guard let beat = beats.first else { return [] }
        if let one, beats.count == 1 {
            let calls = [SQLCall(one, beat.arguments)]
            return try await self.once(calls, settings: .byKey) { results in
                results[0].affected == 1 ? [HeartbeatBatch.Attempt(beat)] : []
            }
        }
        let rows = beats.map {
            BeatRow(id: $0.jobID, attempt: $0.attempt, progress: $0.millionths, message: $0.message)
        }
        let arguments: SQLArguments = [
            "beats": .text(Self.json(rows)), "ids": .array(beats.lazy.map { .text($0.jobID) }),
        ]
        return try await self.once([SQLCall(all, arguments)], settings: .byKey) { results in
            Set(
                try results[0].rows.map { row in
                    HeartbeatBatch.Attempt(
                        jobID: try row.text(required: "job_id"),
                        number: try row.integer(required: "attempt")
                    )
                }
            )
        }
    }

    private struct BeatRow: Encodable {
        let id: String
        let attempt: Int
        let progress: Int?
        let message: String?
    }

    private static func json(_ value: some Encodable) -> String {
        // Texts and integers always encode.
        (try? JSONEncoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
    }

    /// Completes the job, if it is still processing in this attempt.
    ///
    /// One round trip less in the common case, where nothing is booked.
    public func complete(_ completion: Completion) async throws -> JobTransition {
        let (jobID, attempt) = (completion.jobID, completion.attempt)
        let outcome = self.readBack(completion)
        if completion.tokensUsed == nil, completion.ifLate == .refuse {
            let answer = try await self.transition(
                JobStatements.complete,
                ["id": .text(jobID), "attempt": .integer(attempt)],
                and: [SQLCall(LeaseStatements.dropEnded, ["id": .text(jobID)])],
                ifUnknown: outcome
            )
            guard case .refused(let job) = answer, job.status == .processing, job.attempt == attempt else {
                return answer
            }
        }
        return try await self.decide(completion, ifUnknown: outcome)
    }
}
