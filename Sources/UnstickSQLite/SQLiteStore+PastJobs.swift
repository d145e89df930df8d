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
        let sql = try PastJobStatements.list(TableMap.sqlite.jobs)
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

extension PastJob {
    fileprivate init?(row: Row) {
        typealias Column = PastJobStatements.Column
        guard let fate = Fate(rawValue: row[Column.fate.rawValue]) else { return nil }
        let startedAt: Int? = row[Column.startedAt.rawValue]
        let endedAt: Int? = row[Column.endedAt.rawValue]
        self.init(
            id: row[Column.id.rawValue],
            kind: row[Column.kind.rawValue],
            tier: row[Column.tier.rawValue],
            tokensCost: row[Column.cost.rawValue],
            createdAt: Timestamp(milliseconds: row[Column.createdAt.rawValue]),
            startedAt: startedAt.map { Timestamp(milliseconds: $0) },
            endedAt: endedAt.map { Timestamp(milliseconds: $0) },
            fate: fate
        )
    }
}
