import TestSupport
import Testing
import Unstick
import UnstickSQLite

/// A model that gets slower: its good jobs cross their limit one by one, so that the guard never sees many at once.
@Suite("a model that gets slower")
struct SlowModelTests {
    private struct Running {
        let id: String
        let attempt: Int
        let endsAt: Timestamp
    }

    /// How many of 1,200 good jobs are failed: one every 22 s, of 40 to 100 s, with a limit of 150 s.
    ///
    /// - Parameters:
    ///   - factor: how much slower they are.
    ///   - interval: the time between two runs.
    private func lost(factor: Int, every interval: Duration) async throws -> Int {
        let clock = MovedClock()
        let store = try SQLiteStore.inMemory(clock: { clock.now })
        let policy = Policy(standard: Rule(timeout: .seconds(150)))
        let jobs = JobLifecycle(store: store, policy: PolicySource(policy))
        let cleaner = Cleaner(store: store, policy: PolicySource(policy))
        var running: [Running] = []
        var (random, failed) = (UInt64(factor), 0)
        var nextRun = clock.now + interval
        for number in 0..<1200 {
            try await jobs.create(NewJob(id: "job-\(number)", userID: "ada", kind: "video", tokensCost: 0))
            guard let job = try await jobs.claim(kinds: ["video"], worker: "w-\(number % 8)").first else { continue }
            // A linear congruential generator: the same jobs in every run of the test.
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let duration = Duration.seconds((40 + Int(random >> 33) % 61) * factor)
            running.append(Running(id: job.id, attempt: job.attempt, endsAt: clock.now + duration))
            for _ in 0..<22 {
                clock.advance(.seconds(1))
                for job in running where job.endsAt <= clock.now {
                    try await jobs.complete(job.id, attempt: job.attempt)
                }
                running.removeAll { $0.endsAt <= clock.now }
                guard clock.now >= nextRun else { continue }
                nextRun = clock.now + interval
                failed += try await cleaner.cleanupStuckJobs().cleanedUp
            }
        }
        return failed
    }

    /// What `docs/judging-stuck.md` says.
    @Test("loses few good jobs before its kind is held", arguments: [(2, 12, 5), (3, 8, 6), (10, 0, 28)])
    func slower(factor: Int, bySchedule: Int, due: Int) async throws {
        #expect(try await self.lost(factor: factor, every: .seconds(900)) == bySchedule)
        #expect(try await self.lost(factor: factor, every: .seconds(15)) == due)
    }
}
