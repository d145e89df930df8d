import ServiceLifecycle
import Synchronization
import Unstick

/// Workers that wait for a job, woken when this server queues one.
///
/// Jobs from another server are found by a query now and then. When the server stops, all are answered at once.
final class WaitingClaims: Sendable {
    /// The most waiting calls.
    static let most = 1000
    /// The most of them from one address.
    static let mostEach = 500
    /// The first and the longest pause between two queries.
    private static let pauses = Duration.milliseconds(100)...Duration.milliseconds(1000)

    private struct State {
        var isEnded = false
        /// Counts the jobs that were queued.
        var news = 0
        var sleepers: [Int: CheckedContinuation<Void, Never>] = [:]
        var next = 0
    }

    private let state = Mutex(State())
    private let shares = Shares(most: WaitingClaims.most)

    /// The number of waiting calls.
    var count: Int { self.shares.taken }

    /// Wakes all waiting calls, because there may be a job.
    func wake() {
        let sleepers = self.state.withLock { state in
            state.news += 1
            defer { state.sleepers = [:] }
            return Array(state.sleepers.values)
        }
        for sleeper in sleepers { sleeper.resume() }
    }

    /// Answers all waiting calls, and accepts no more.
    func end() {
        self.state.withLock { $0.isEnded = true }
        self.wake()
    }

    /// Tries to claim until there is a job, the time is up, the caller has disconnected, or the server stops.
    ///
    /// - Parameter caller: the holder of the share of waiting calls.
    /// - Throws: a problem where too many calls wait already and there is no job at once.
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
            // No worker would process a job that is claimed for a caller who has disconnected.
            guard Presence.current?.isGone != true else { return [] }
            let jobs = try await claim()
            let left = end - .now
            guard jobs.isEmpty, left > .zero, !isEnded, !Task.isCancelled else { return jobs }
            await self.sleep(min(pause, left), unlessAfter: news)
            pause = min(pause * 1.5, Self.pauses.upperBound)
        }
    }

    /// Sleeps until the time is up, a job is queued, or the caller has disconnected; not at all when a job was queued
    /// since.
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
