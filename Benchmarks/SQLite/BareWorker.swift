import BenchSupport
import GRDB
import Unstick
import UnstickSQLite

/// The fastest possible worker of a queue: two statements, each its own transaction.
struct BareWorker: Sendable {
    private static let claim = """
        UPDATE jobs SET status = 'PROCESSING', attempt = attempt + 1, processing_started_at = :now, updated_at = :now
        WHERE id = (
            SELECT id FROM jobs WHERE status = 'PENDING' AND kind = 'image' ORDER BY available_at, id LIMIT 1
        )
        RETURNING id, attempt
        """
    private static let complete = """
        UPDATE jobs SET status = 'COMPLETED', processing_completed_at = :now, updated_at = :now
        WHERE id = :id AND attempt = :attempt
        """

    private let database: DatabasePool

    /// - Parameter database: one with Unstick's own tables and settings.
    init(_ database: DatabasePool) {
        self.database = database
    }

    /// Claims one job and completes it.
    func step() async throws {
        let claimed = try await self.database.write { db -> (id: String, attempt: Int)? in
            let now = SQLiteStore.machineClock().milliseconds
            let row = try Row.fetchOne(db.cachedStatement(sql: Self.claim), arguments: ["now": now])
            return row.map { ($0["id"], $0["attempt"]) }
        }
        guard let claimed else { throw BenchFailure(reason: "a bare worker found no job") }
        let completed = try await self.database.write { db in
            let now = SQLiteStore.machineClock().milliseconds
            try db.cachedStatement(sql: Self.complete)
                .execute(arguments: ["id": claimed.id, "attempt": claimed.attempt, "now": now])
            return db.changesCount
        }
        guard completed == 1 else { throw BenchFailure(reason: "a bare worker lost its job") }
    }
}
