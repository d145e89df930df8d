import Synchronization

/// Whether the caller of a request is still connected.
///
/// Long waits end when their caller has disconnected.
package final class Presence: Sendable {
    /// The presence of the current request; `nil` where the connection is not observed.
    @TaskLocal package static var current: Presence?

    private struct State {
        var isGone = false
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    package init() {}

    package var isGone: Bool { self.state.withLock { $0.isGone } }

    /// The caller has closed the connection, or its half of it.
    func leave() {
        let waiting = self.state.withLock { state in
            state.isGone = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when the caller has disconnected, or the task is cancelled.
    package func gone() async {
        let id = self.state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = self.state.withLock { state in
                    guard !state.isGone, !Task.isCancelled else { return false }
                    state.waiting[id] = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            self.state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
    }
}
