/// The jobs that could be started and were not: what a queue looks like that nothing works on.
public struct WaitingJobs: Hashable, Sendable {
    /// How many, as far as they were counted.
    public var jobs: Int
    /// Whether there are more than were counted.
    public var isMore: Bool
    /// Since when the oldest of them has been waiting; `nil` for none, and where the tables do not tell.
    public var since: Timestamp?

    /// Makes the answer.
    public init(jobs: Int, isMore: Bool, since: Timestamp?) {
        self.jobs = jobs
        self.isMore = isMore
        self.since = since
    }

    /// The same in words, for example "30 waiting, the oldest for 720d".
    public func words(at now: Timestamp) -> String {
        guard self.jobs > 0 else { return "none" }
        let age = self.since.map { ", the oldest for \((now - $0).text)" } ?? ""
        return "\(self.jobs.grouped)\(self.isMore ? "+" : "") waiting\(age)"
    }
}

extension Cleaner {
    /// The jobs that wait to be started, whether or not the policy limits that; `nil` where the tables do not tell.
    ///
    /// - Throws: ``UnstickError`` `databaseUnavailable`.
    public func waitingJobs() async throws -> WaitingJobs? {
        try await self.store.waitingJobs(limit: Limits.counted)
    }
}
