import GRDB
public import Unstick
import UnstickSQL

extension SQLiteStore {
    /// Reads all jobs that were completed, timed out, or never ended.
    public func pastJobs<Result: Sendable>(
        since: Timestamp?,
        into initial: Result,
        _ update: @Sendable @escaping (inout Result, PastJob) -> Void
    ) async throws -> Result {
        let sql = StatementText.parsed(try PastJobStatements.list(self.map.jobs), .plain).text
        return try await self.read { db in
            var result = initial
            let rows = try Row.fetchCursor(db, sql: sql, arguments: ["since": since?.milliseconds])
            while let row = try rows.next() {
                if let job = PastJob(row: row) { update(&result, job) }
            }
            return result
        }
    }
}
