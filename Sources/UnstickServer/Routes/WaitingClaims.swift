import Synchronization
import Unstick

/// Workers that wait for a job, woken when this server puts one into the queue.
///
/// What another server puts there is found by looking now and then.
final class WaitingClaims: Sendable {
    /// How many may wait at once; whoever comes then is answered at once.
    static let most = 1000
    /// How long a wait without a sign is, at first and at most.
    private static let pauses = Duration.milliseconds(100)...Duration.milliseconds(1000)

    private struct State {
        var waiting = 0
        /// Counts the jobs that were put into the queue.
        var news = 0
        var sleepers: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    /// Tells everybody who waits that there may be a job.
    func wake() {
        let sleepers = self.state.withLock { state in
            state.news += 1
            defer { state.sleepers = [:] }
            return Array(state.sleepers.values)
        }
        for sleeper in sleepers { sleeper.resume() }
    }

    /// Asks again and again until there is a job, or the time is up.
    func claim(for patience: Duration, _ claim: () async throws -> [Job]) async throws -> [Job] {
        let mayWait = self.state.withLock { state in
            guard state.waiting < Self.most else { return false }
            state.waiting += 1
            return true
        }
        guard mayWait else { return try await claim() }
        defer { self.state.withLock { $0.waiting -= 1 } }
        let end = ContinuousClock.now + patience
        var pause = Self.pauses.lowerBound
        while true {
            let news = self.state.withLock { $0.news }
            let jobs = try await claim()
            let left = end - .now
            guard jobs.isEmpty, left > .zero, !Task.isCancelled else { return jobs }
            await self.sleep(min(pause, left), unlessAfter: news)
            pause = min(pause * 1.5, Self.pauses.upperBound)
        }
    }

    /// Sleeps until the time is up, or somebody wakes it; not at all when there was news since.
    private func sleep(_ duration: Duration, unlessAfter news: Int) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(for: duration) }
            group.addTask { await self.sleepUntilWoken(unlessAfter: news) }
            await group.next()
            group.cancelAll()
        }
    }

    private func sleepUntilWoken(unlessAfter news: Int) async {
        let id = self.state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let sleeps = self.state.withLock { state in
                    guard state.news == news, !Task.isCancelled else { return false }
                    state.sleepers[id] = continuation
                    return true
                }
                if !sleeps { continuation.resume() }
            }
        } onCancel: {
            self.state.withLock { $0.sleepers.removeValue(forKey: id) }?.resume()
        }
    }
}
