public import ServiceLifecycle
import Synchronization
import Unstick

/// Runs that users started from the admin UI: they continue while the browser shows another page.
///
/// When the server stops, each ends after its current batch.
public final class StartedRuns: Service {
    private struct State {
        var tasks: [Int: Task<Void, Never>] = [:]
        var next = 0
        var isEnded = false
    }

    private let state = Mutex(State())

    init() {}

    /// Starts a run.
    ///
    /// - Parameter body: the run; it calls its argument with each batch.
    /// - Returns: the id of its record, once it has one.
    /// - Throws: why it could not begin.
    func start(
        _ body: @escaping @Sendable (@escaping @Sendable (CleanupProgress) -> Void) async throws -> CleanupResult
    ) async throws -> String {
        let (ids, continuation) = AsyncThrowingStream.makeStream(of: String.self, throwing: (any Error).self)
        let id = self.state.withLock { state in
            state.next += 1
            return state.next
        }
        let task = Task {
            do {
                continuation.yield(try await body { continuation.yield($0.runID) }.runID)
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
            self.state.withLock { _ = $0.tasks.removeValue(forKey: id) }
        }
        let isEnded = self.state.withLock { state in
            if !state.isEnded, !task.isCancelled { state.tasks[id] = task }
            return state.isEnded
        }
        if isEnded { task.cancel() }
        for try await runID in ids { return runID }
        throw UnstickError(.databaseUnavailable, "The server is stopping. Start the run again when it is back.")
    }

    /// Waits until the server stops, and then for the runs in progress.
    public func run() async throws {
        try? await gracefulShutdown()
        let tasks = self.state.withLock { state in
            state.isEnded = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }
}
