import BenchSupport
import Foundation
import Synchronization
import Unstick
import UnstickPostgres

/// Workers and charges at a fixed rate.
final class ForegroundLoad: Sendable {
    /// The wait of each, in milliseconds.
    struct Waits: Sendable {
        var worker: [Double] = []
        var spend: [Double] = []
    }

    private let store: PostgresStore
    private let users: Int
    private let tick: Duration
    private let next = Mutex(0)

    init(store: PostgresStore, users: Int, tick: Duration) {
        self.store = store
        self.users = users
        self.tick = tick
    }

    func close() throws { try self.store.close() }

    /// Starts a charge and a worker's loop at every tick, and waits for the last ones.
    func run(for duration: Duration) async throws -> Waits {
        let begun = ContinuousClock.now
        return try await withThrowingTaskGroup(of: Waits.self) { group in
            for tick in 0..<Int(duration / self.tick) {
                let due = begun + self.tick * tick
                try await Task.sleep(until: due, tolerance: .zero, clock: .continuous)
                let number = self.next.withLock { next in
                    defer { next += 1 }
                    return next
                }
                group.addTask { Waits(worker: [try await self.work(number, due: due)]) }
                group.addTask { Waits(spend: [try await self.spend(number, due: due)]) }
            }
            return try await group.reduce(into: Waits()) { sum, wait in
                sum.worker += wait.worker
                sum.spend += wait.spend
            }
        }
    }

    private func work(_ number: Int, due: ContinuousClock.Instant) async throws -> Double {
        let id = "pending-\(number)"
        guard case .moved(let job) = try await self.store.start(id),
            case .moved = try await self.store.complete(id, attempt: job.attempt)
        else { throw BenchFailure(reason: "a worker lost its job \(id)") }
        return (ContinuousClock.now - due) / .milliseconds(1)
    }

    private func spend(_ number: Int, due: ContinuousClock.Instant) async throws -> Double {
        let user = "user-\(number * 7919 % self.users)"
        _ = try await self.store.create(NewJob(id: "spend-\(number)", userID: user, kind: "image", tokensCost: 1))
        return (ContinuousClock.now - due) / .milliseconds(1)
    }
}
