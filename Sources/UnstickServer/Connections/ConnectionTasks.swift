import Synchronization

/// The tasks for connections, outside the server's own task group.
///
/// A group searches its whole list for each task that ends, which is slow with ten thousand connections. It has one
/// task instead, which ends with the last of these and cancels them when it is cancelled.
final class ConnectionTasks: Sendable {
    private struct State {
        var tasks: [Int: Task<Void, Never>] = [:]
        var next = 0
        /// Whether one of the group's tasks waits for the end of these.
        var isAwaited = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Starts work and returns at once, unless no task waits for all to end yet.
    func run(_ work: @escaping @Sendable () async -> Void) async {
        let waits = self.state.withLock { state in
            state.next += 1
            let id = state.next
            state.tasks[id] = Task {
                await work()
                self.ended(id)
            }
            defer { state.isAwaited = true }
            return !state.isAwaited
        }
        guard waits else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = self.state.withLock { state in
                    if state.tasks.isEmpty { state.isAwaited = false } else { state.waiter = continuation }
                    return state.tasks.isEmpty
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            for task in self.state.withLock({ Array($0.tasks.values) }) { task.cancel() }
        }
    }

    private func ended(_ id: Int) {
        let waiter = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.tasks[id] = nil
            guard state.tasks.isEmpty, let waiter = state.waiter else { return nil }
            state.waiter = nil
            state.isAwaited = false
            return waiter
        }
        waiter?.resume()
    }
}
