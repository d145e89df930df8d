package import Unstick

/// Workers that claim a job and complete it, again and again.
package enum Workers {
    /// Claims one job and completes it.
    package typealias Step = @Sendable () async throws -> Void

    package static let counts = [1, 8]
    private static let users = 100
    private static let kind = "image"

    /// Uses the life cycle of jobs, like an app's workers.
    package static func step(over store: any JobStore) -> Step {
        let jobs = JobLifecycle(store: store)
        return {
            guard let job = try await jobs.claim(kinds: [Self.kind], worker: "bench").first,
                case .moved = try await jobs.complete(job.id, attempt: job.attempt)
            else { throw BenchFailure(reason: "a worker found no job, or lost it") }
        }
    }

    /// Divides this many jobs among the workers.
    package static func work(_ jobs: Int, _ steps: [Step]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, step) in steps.enumerated() {
                let share = jobs / steps.count + (index < jobs % steps.count ? 1 : 0)
                group.addTask { for _ in 0..<share { try await step() } }
            }
            try await group.waitForAll()
        }
    }

    /// Creates jobs with their charges, for users who can pay for them.
    package static func fill(_ store: any Store, jobs: Int) async throws {
        let tokens = TokenBalanceManager(store: store)
        for user in 0..<Self.users { _ = try await tokens.addTokens(3 * jobs, to: "worker-\(user)", key: "bench") }
        let life = JobLifecycle(store: store)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for first in 0..<8 {
                group.addTask {
                    for number in stride(from: first, to: jobs, by: 8) {
                        try await life.create(
                            NewJob(
                                id: "work-\(number)",
                                userID: "worker-\(number % Self.users)",
                                kind: Self.kind,
                                tokensCost: 3
                            )
                        )
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Measures ours beside the others, first one worker and then eight.
    ///
    /// - Parameters:
    ///   - jobs: how many jobs wait for either side.
    ///   - others: a bare worker for each place.
    package static func compare(jobs: Int, rounds: Int, store: any JobStore, others: [Step]) async throws -> [Duel] {
        let turn = jobs / (rounds * Self.counts.count)
        var duels: [Duel] = []
        for count in Self.counts {
            let ours = [Step](repeating: Self.step(over: store), count: count)
            duels.append(
                try await Duel(count == 1 ? "1 worker" : "\(count) workers", rounds: rounds) { _ in
                    try await perSecond(turn) { try await Self.work(turn, ours) }
                } other: { _ in
                    try await perSecond(turn) { try await Self.work(turn, Array(others.prefix(count))) }
                }
            )
        }
        return duels
    }

    package static func printTable(_ duels: [Duel]) {
        Duel.printTable(
            duels,
            "claimed and completed",
            ours: "Unstick, jobs/s",
            other: "two bare statements, jobs/s",
            ratio: "of the bare"
        )
    }
}
