public import Unstick

extension SQLStore {
    /// Reads all jobs that were completed, timed out, or never ended.
    public func pastJobs<Result: Sendable>(
        since: Timestamp?,
        into initial: Result,
        _ update: @Sendable @escaping (inout Result, PastJob) -> Void
    ) async throws -> Result {
        let list = try PastJobStatements.list(in: self.engine.map)
        return try await self.engine.scan(SQLCall(list, ["since": SQLValue(since?.milliseconds)]), into: initial) {
            if let job = PastJob(row: $1) { update(&$0, job) }
        }
    }
}
