import BenchSupport
import Foundation
import Unstick
import UnstickPostgres

/// A drain that runs during another measurement.
final class ForegroundDrain {
    private let store: PostgresStore
    private(set) var cost = Cost()

    init(store: PostgresStore) {
        self.store = store
    }

    func close() throws { try self.store.close() }

    /// Drains until the body ends; the current batch is finished.
    func during<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        let begun = ContinuousClock.now
        let store = self.store
        let drain = Task {
            try await Cleaner(store: store, logger: quiet)
                .cleanupStuckJobs(CleanupOptions(drain: true, force: true))
        }
        let value = try await body()
        drain.cancel()
        let result = try await drain.value
        guard result.more else { throw BenchFailure(reason: "the backlog ended before the window did") }
        self.cost.jobs += result.cleanedUp
        self.cost.seconds += (ContinuousClock.now - begun) / .seconds(1)
        return value
    }
}
