import ServiceLifecycle
import Synchronization
import Unstick

/// Workers that wait for a job, woken when this server puts one into the queue.
///
/// What another server puts there is found by looking now and then. When the server stops, all are answered at once.
final class WaitingClaims: Sendable {
    /// How many may wait at once.
    static let most = 1000
    /// How many of them from one address.
    static let mostEach = 500
    /// How long a wait without a sign is, at first and at most.
    private static let pauses = Duration.milliseconds(100)...Duration.milliseconds(1000)

    private struct State {
        var isEnded = false
        /// Counts the jobs that were put into the queue.
        var news = 0
        var sleepers: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
    }

    private let state = Mutex(State())
    private let shares = Shares(most: WaitingClaims.most)

    /// How many wait.
    var count: Int { self.shares.taken }

    /// Tells everybody who waits that there may be a job.
    func wake() {
        let sleepers = self.state.withLock { state in
            state.news += 1
            defer { state.sleepers = [:] }
            return Array(state.sleepers.values)
        }
        for sleeper in sleepers { sleeper.resume() }
    }

    /// Answers all who wait, and lets none wait any more.
    func end() {
        self.state.withLock { $0.isEnded = true }
        self.wake()
    }

    /// Asks again and again until there is a job, the time is up, the caller has gone, or the server stops.
    ///
    /// - Parameter caller: who shares the bound of those who wait.
    /// - Throws: a problem where too many wait already and there is no job at once.
    func claim(for gracePeriod: Duration, by caller: String, _ claim: () async throws -> [Job]) async throws -> [Job] {
        guard gracePeriod > .zero else { return try await claim() }
        let holders = [Shares.Holder(caller, most: Self.mostEach)]
        do {
            try self.shares.take(for: holders)
        } catch {
            let jobs = try await claim()
            guard jobs.isEmpty else { return jobs }
            throw Problem.tooMany("waiting claims", error)
        }
        defer { self.shares.free(for: holders) }
        return try await withGracefulShutdownHandler {
            try await self.claimAgain(until: .now + gracePeriod, claim)
        } onGracefulShutdown: {
            self.end()
        }
    }

    private func claimAgain(
        until end: ContinuousClock.Instant,
        _ claim: () async throws -> [Job]
    ) async throws -> [Job] {
        var pause = Self.pauses.lowerBound
        while true {
            let (news, isEnded) = self.state.withLock { ($0.news, $0.isEnded) }
            // Nobody would work on a job that is handed to a caller who has gone.
            guard Presence.current?.isGone != true else { return [] }
            let jobs = try await claim()
            let left = end - .now
            guard jobs.isEmpty, left > .zero, !isEnded, !Task.isCancelled else { return jobs }
            await self.sleep(min(pause, left), unlessAfter: news)
            pause = min(pause * 1.5, Self.pauses.upperBound)
        }
    }

    /// Sleeps until the time is up, somebody wakes it, or the caller has gone; not at all when there was news since.
    private func sleep(_ duration: Duration, unlessAfter news: Int) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(for: duration) }
            group.addTask { await self.sleepUntilWoken(unlessAfter: news) }
            if let presence = Presence.current { group.addTask { await presence.gone() } }
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
