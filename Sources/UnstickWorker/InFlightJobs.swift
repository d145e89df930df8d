import Synchronization
import Unstick

/// The jobs that a worker is processing.
final class InFlightJobs: Sendable {
    private struct Entry {
        let attempt: Int
        var report: ProgressReporter?
        var stop: (@Sendable () -> Void)?
        var isLost = false
        var isStopped = false
    }

    private struct State {
        var entries: [ExactText: Entry] = [:]
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
    }

    private let places: Int
    private let state = Mutex(State())

    init(places: Int) {
        self.places = places
    }

    private var isEmpty: Bool { self.state.withLock { $0.entries.isEmpty } }

    /// How many more jobs there is room for, as soon as there is any; 0 when the wait was cancelled.
    func freePlaces() async -> Int {
        while !Task.isCancelled {
            let free = self.state.withLock { self.places - $0.entries.count }
            if free > 0 { return free }
            await self.change { self.places - $0.entries.count > 0 }
        }
        return 0
    }

    /// Waits until no job is in progress, at most for a time.
    func waitUntilEmpty(for gracePeriod: Duration, by clock: any Clock<Duration>) async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await clock.sleep(for: gracePeriod) }
            group.addTask { while !self.isEmpty, !Task.isCancelled { await self.change { $0.entries.isEmpty } } }
            await group.next()
            group.cancelAll()
        }
    }

    /// Waits for a job to end, unless the condition is true already.
    private func change(unless isSo: (borrowing State) -> Bool) async {
        let id = self.state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = self.state.withLock { state in
                    guard !isSo(state), !Task.isCancelled else { return false }
                    state.waiters[id] = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            self.state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }

    func take(_ job: Job) {
        self.state.withLock { $0.entries[job.id.exact] = Entry(attempt: job.attempt) }
    }

    func begin(_ id: String, _ report: ProgressReporter, stop: @escaping @Sendable () -> Void) {
        let isOver = self.state.withLock { state in
            state.entries[id.exact]?.report = report
            state.entries[id.exact]?.stop = stop
            return state.entries[id.exact].map { $0.isLost || $0.isStopped } ?? false
        }
        if isOver { stop() }
    }

    /// A heartbeat for every job in progress.
    var beats: [Heartbeat] {
        self.state.withLock { state in
            state.entries.filter { !$0.value.isLost }.map { id, entry in
                let latest = entry.report?.current
                return Heartbeat(
                    jobID: id.text,
                    attempt: entry.attempt,
                    progress: latest?.fraction,
                    message: latest?.message
                )
            }
        }
    }

    /// Another worker has the attempt, or it has ended: its work stops.
    func lose(_ id: String, attempt: Int) {
        let stop = self.state.withLock { state -> (@Sendable () -> Void)? in
            guard state.entries[id.exact]?.attempt == attempt else { return nil }
            state.entries[id.exact]?.isLost = true
            return state.entries[id.exact]?.stop
        }
        stop?()
    }

    func isLost(_ id: String) -> Bool { self.state.withLock { $0.entries[id.exact]?.isLost ?? false } }

    func stopAll() {
        let stops = self.state.withLock { state in
            for id in state.entries.keys { state.entries[id]?.isStopped = true }
            return state.entries.values.compactMap(\.stop)
        }
        for stop in stops { stop() }
    }

    func leave(_ id: String) {
        let waiters = self.state.withLock { state in
            state.entries[id.exact] = nil
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }
}
