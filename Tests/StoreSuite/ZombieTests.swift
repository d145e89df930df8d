import Testing
import Unstick

@Suite("Completions around the timeout")
struct ZombieTests {
    private static let timeout = Duration.seconds(300)
    /// The number of jobs in a round, each with a completion during the round's runs.
    private static let jobs = 100
    private static let rounds = 25

    /// The outcome of a completion.
    private enum Answer: Hashable {
        case accepted
        case refused
    }

    @Test(
        "that race a run have one outcome each: delivered and paid, or refused and refunded",
        arguments: StoreBackend.available,
        [-1, 0, 1, 3_600_000]
    )
    func oneOutcome(backend: StoreBackend, offset: Int) async throws {
        try await backend.withStore { store in
            var outcomes: [Answer: Int] = [:]
            for round in 0..<Self.rounds {
                let started = Duration.milliseconds(Self.timeout.inMilliseconds + max(offset, 0))
                let ids = (0..<Self.jobs).map { "job-\(round)-\($0)" }
                try await store.add(
                    ids.enumerated().map {
                        JobFixture(id: $1, user: "user-\(round)-\($0 / 2)", cost: 3, started: started)
                    }
                )
                let began = try #require(try await store.job(ids[0])?.processingStartedAt)
                let judged = began + Self.timeout + .milliseconds(offset)
                let answers = try await Self.race(store, ids, asOf: judged, "run-\(offset)-\(round)")
                for id in ids {
                    let job = try #require(try await store.job(id))
                    let refunds = try await store.transactions(of: job.userID, before: nil, limit: 10)
                        .filter { $0.kind == .refund && $0.sourceID == id }
                    let answer = try #require(answers[id])
                    outcomes[answer, default: 0] += 1
                    #expect(job.status == (answer == .accepted ? .completed : .failed), "\(id)")
                    #expect(refunds.map(\.amount) == (answer == .accepted ? [] : [3]), "\(id)")
                }
            }
            #expect(outcomes.values.reduce(0, +) == Self.jobs * Self.rounds)
            // A run never takes a job before its time is up; after that, both must have won many times, or nothing
            // raced.
            #expect(offset < 0 ? outcomes[.refused] == nil : outcomes.count == 2)
            try await store.expectClean()
        }
    }

    /// Completes every job while runs with uneven batches take them; returns the answer of each completion.
    private static func race(
        _ store: any Store,
        _ ids: [String],
        asOf now: Timestamp,
        _ runID: String
    ) async throws -> [String: Answer] {
        try await withThrowingTaskGroup(of: [String: Answer].self) { tasks in
            tasks.addTask {
                let run = Run(
                    id: runID,
                    trigger: .library,
                    status: .running,
                    dryRun: false,
                    timeout: Self.timeout,
                    batchSize: 10,
                    startedAt: now,
                    updatedAt: now
                )
                try await store.record(run, items: [])
                var cursor: StuckCursor?
                var position = 0
                while true {
                    let cleaned = try await store.clean(
                        CleanupBatch(
                            run: run,
                            ruleMatches: .timeout(Self.timeout),
                            now: now,
                            cursor: cursor,
                            limit: 1 + position % 7,
                            position: position
                        )
                    )
                    if cleaned.exhausted { return [:] }
                    position += cleaned.items.count
                    cursor = cleaned.end ?? cursor
                }
            }
            for lane in 0..<4 {
                tasks.addTask {
                    var answers: [String: Answer] = [:]
                    // From both ends, so that completions meet the run and do not stay ahead of it.
                    let mine = ids.indices.filter { $0 % 4 == lane }.map { ids[$0] }
                    for id in lane % 2 == 0 ? mine : mine.reversed() {
                        switch try await store.complete(id, attempt: 1) {
                        case .moved: answers[id] = .accepted
                        default: answers[id] = .refused
                        }
                    }
                    return answers
                }
            }
            return try await tasks.reduce(into: [:]) { all, some in all.merge(some) { first, _ in first } }
        }
    }
}
