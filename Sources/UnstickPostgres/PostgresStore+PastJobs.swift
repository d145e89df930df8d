public import Unstick
import UnstickSQL

extension PostgresStore {
    /// How many jobs one round trip brings.
    private static let fetched = 10_000

    /// Reads all jobs that were completed, timed out, or never ended, through a cursor in one read-only transaction.
    public func pastJobs<Result: Sendable>(
        since: Timestamp?,
        into initial: Result,
        _ update: @Sendable @escaping (inout Result, PastJob) -> Void
    ) async throws -> Result {
        let list = try PastJobStatements.list(self.map.jobs)
            .replacing(":since", with: since.map { "CAST(\($0.milliseconds) AS bigint)" } ?? "CAST(NULL AS bigint)")
        let fetch = SQLCall("FETCH FORWARD \(Self.fetched) FROM past_jobs")
        let searchPath = self.map.searchPath
        return try await self.transact(ifUnknown: .repeatIt, mode: " READ ONLY", limit: Self.longLimit) { transaction in
            var result = initial
            _ = try transaction.run(
                [SQLCall("DECLARE past_jobs NO SCROLL CURSOR FOR \(list)")],
                searchPath: searchPath
            )
            while true {
                let rows = try transaction.run([fetch])[0]
                for row in rows.rows {
                    if let job = PastJob(row: row) { update(&result, job) }
                }
                if rows.count < Self.fetched { return result }
            }
        }
    }
}
