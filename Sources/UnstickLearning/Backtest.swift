public import Unstick

/// A policy applied to past jobs, with baselines for comparison.
public struct Backtest: Sendable {
    /// The default interval of runs.
    public static let standardInterval = Duration.seconds(60)

    /// Each policy with its result; the one in question first.
    public let replays: [Replay]
    /// The suggestions, where a part of the past was reserved for learning.
    public let suggestions: Suggestions?
    /// The end of the past.
    public let end: Timestamp

    /// Replays the past.
    ///
    /// The baselines are five minutes with a run every fifteen, for all jobs alike; and the one limit for all jobs that
    /// would have failed as many good ones as the policy. The latter cannot be known in advance: it is computed from
    /// the very jobs that are replayed. Where the policy is learned, so is one limit for all jobs, which also covers the
    /// slowest job of each kind and tier with few jobs.
    ///
    /// - Parameters:
    ///   - store: the database with past jobs.
    ///   - policy: the policy in question; `name` is its name in the result.
    ///   - runs: when runs happen.
    ///   - trainUntil: limits are learned from jobs that ended before this time, and jobs created later are replayed.
    ///   - method: how limits are computed from the durations.
    ///   - progress: called with the number of jobs read, in all readings.
    /// - Throws: ``/Unstick/UnstickError`` `invalidInput` where there are no past jobs.
    public init(
        of store: any PastJobStore,
        policy: (name: String, policy: Policy),
        runs: RunTimes = .every(Backtest.standardInterval),
        trainUntil: Timestamp? = nil,
        method: LimitMethod = LimitMethod(),
        progress: @Sendable @escaping (Int) -> Void = { _ in }
    ) async throws {
        let reading = Reading(store: store, progress: progress)
        let learned = try await reading.read(into: LearnedDurations(policy: policy.policy, until: trainUntil)) {
            $0.see($1)
        }
        guard let end = learned.end else {
            throw UnstickError(.invalidInput, "There are no completed or unfinished jobs to replay.")
        }
        self.end = end
        func replay(_ name: String, _ policy: Policy, _ runs: RunTimes) -> Replay {
            Replay(name: name, policy: policy, runs: runs, from: trainUntil, end: end)
        }
        func single(_ timeout: Duration) -> Policy { Policy(standard: Rule(timeout: timeout)) }
        var replays = [replay(policy.name, policy.policy, runs)]
        self.suggestions = trainUntil.map { _ in Suggestions(learned, policy: policy.policy, method: method) }
        if let suggestions {
            replays.insert(replay("learned", suggestions.applied(to: policy.policy), runs), at: 0)
            if let limit = learned.singleLimit(by: method) {
                replays.append(replay("one learned limit", single(limit), runs))
            }
        }
        replays.append(replay("5m, every 15m", single(.seconds(300)), .every(.seconds(900))))
        replays = try await reading.read(into: replays) { replays, job in
            for index in replays.indices { replays[index].see(job) }
        }
        let hindsight = replays[0].durations.limit(killing: replays[0].pastLimit)
        let best = replay("one, by hindsight", single(hindsight), runs)
        replays.append(try await reading.read(into: best) { $0.see($1) })
        self.replays = replays
    }
}

/// One reading of the past after the other, with a count of the jobs.
private struct Reading {
    private static let step = 100_000

    let store: any PastJobStore
    let progress: @Sendable (Int) -> Void

    func read<Result: Sendable>(
        into initial: Result,
        _ update: @Sendable @escaping (inout Result, PastJob) -> Void
    ) async throws -> Result {
        let progress = self.progress
        let (result, _) = try await self.store.pastJobs(since: nil, into: (initial, 0)) { state, job in
            update(&state.0, job)
            state.1 += 1
            if state.1 % Self.step == 0 { progress(state.1) }
        }
        return result
    }
}

extension Durations {
    /// The shortest limit that at most this many of them exceed, within ``relativeError``.
    fileprivate func limit(killing count: Int) -> Duration {
        guard self.count > count else { return .zero }
        return self.quantile(1 - Double(count) / Double(self.count))
    }
}
