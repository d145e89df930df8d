/// The jobs that wait to be started.
///
/// A growing number means that no worker takes them.
public struct WaitingJobs: Hashable, Sendable {
    /// The number of jobs, up to the counting limit.
    public var jobs: Int
    /// Whether there are more than that.
    public var isMore: Bool
    /// Since when the oldest has been waiting; `nil` for none, and where the tables do not have that.
    public var since: Timestamp?

    /// Makes the answer.
    public init(jobs: Int, isMore: Bool, since: Timestamp?) {
        self.jobs = jobs
        self.isMore = isMore
        self.since = since
    }

    /// The same as text, for example "30 waiting, the oldest for 720d".
    package func text(at now: Timestamp) -> String {
        guard self.jobs > 0 else { return "none" }
        let age = self.since.map { ", the oldest for \((now - $0).text)" } ?? ""
        return "\(self.jobs.grouped)\(self.isMore ? "+" : "") waiting\(age)"
    }
}

extension Cleaner {
    /// The jobs that wait to be started, whether or not the policy limits that; `nil` where the tables do not have
    /// that.
    ///
    /// - Throws: ``UnstickError`` `databaseUnavailable`.
    public func waitingJobs() async throws -> WaitingJobs? {
        try await self.store.waitingJobs(limit: Limits.counted)
    }
}
