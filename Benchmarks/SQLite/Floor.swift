import Foundation
import GRDB
import UnstickSQLite

/// The fastest possible batch: one hand-written transaction that fails, refunds, books and audits, on tables with the
/// same indices as Unstick's for the same purposes, through the same connection settings.
///
/// It returns no rows, checks nothing, and writes no events.
struct Floor {
    static let tables = """
        CREATE TABLE image_enhancement_jobs (
            id TEXT PRIMARY KEY, userId TEXT NOT NULL, kind TEXT NOT NULL, tier TEXT, tokensCost INT NOT NULL,
            status TEXT NOT NULL, errorMessage TEXT, retryCount INT NOT NULL, processingStartedAt INT,
            processingCompletedAt INT, createdAt INT NOT NULL, updatedAt INT NOT NULL);
        CREATE INDEX jobs_user ON image_enhancement_jobs (userId, createdAt, id);
        CREATE INDEX jobs_created ON image_enhancement_jobs (createdAt, id);
        CREATE INDEX jobs_stuck ON image_enhancement_jobs (coalesce(processingStartedAt, updatedAt), id)
            WHERE status = 'PROCESSING';
        CREATE TABLE user_token_balances (userId TEXT PRIMARY KEY, balance INT NOT NULL, updatedAt INT NOT NULL);
        CREATE TABLE token_transactions (
            id TEXT PRIMARY KEY, userId TEXT NOT NULL, amount INT NOT NULL, type TEXT NOT NULL, source TEXT,
            sourceId TEXT, balanceAfter INT NOT NULL, metadata TEXT, createdAt INT NOT NULL);
        CREATE INDEX transactions_user ON token_transactions (userId, createdAt);
        CREATE TABLE recovery_audit (
            seq INTEGER PRIMARY KEY, runId TEXT NOT NULL, jobId TEXT NOT NULL, action TEXT NOT NULL,
            amount INT NOT NULL, at INT NOT NULL);
        """

    /// The tables with the content of Unstick's.
    static let copy = """
        INSERT INTO image_enhancement_jobs SELECT id, user_id, kind, tier, cost, status, error_text, 0,
            processing_started_at, processing_completed_at, created_at, updated_at FROM ours.jobs ORDER BY rowid;
        INSERT INTO user_token_balances SELECT user_id, balance, updated_at FROM ours.balances;
        INSERT INTO token_transactions SELECT id || ':' || user_id, user_id, amount, type, source, source_id,
            balance_after, metadata, created_at FROM ours.token_transactions ORDER BY rowid;
        """

    private static let take = """
        INSERT INTO victims (rid, id, userId, tokensCost)
        SELECT rowid, id, userId, tokensCost FROM image_enhancement_jobs
        WHERE status = 'PROCESSING' AND coalesce(processingStartedAt, updatedAt) <= :cut
        ORDER BY coalesce(processingStartedAt, updatedAt), id LIMIT :lim
        """
    private static let fail = """
        UPDATE image_enhancement_jobs SET status = 'FAILED', errorMessage = 'Processing timed out; tokens refunded',
            processingCompletedAt = :now, updatedAt = :now WHERE rowid IN (SELECT rid FROM victims)
        """
    private static let book = """
        INSERT INTO token_transactions
            (id, userId, amount, type, source, sourceId, balanceAfter, metadata, createdAt)
        SELECT 'refund:' || v.id, v.userId, v.tokensCost, 'REFUND', 'image_enhancement_refund', v.id,
            b.balance + sum(v.tokensCost) OVER (PARTITION BY v.userId ORDER BY v.id ROWS UNBOUNDED PRECEDING),
            json_object('runId', :run), :now
        FROM victims v JOIN user_token_balances b ON b.userId = v.userId WHERE v.tokensCost > 0
        """
    private static let credit = """
        UPDATE user_token_balances SET balance = balance + s.total, updatedAt = :now
        FROM (SELECT userId u, sum(tokensCost) total FROM victims GROUP BY userId) s WHERE userId = s.u
        """
    private static let audit = """
        INSERT INTO recovery_audit (runId, jobId, action, amount, at)
        SELECT :run, id, 'FAILED+REFUND', tokensCost, :now FROM victims
        """

    let database: DatabasePool
    private let run = UUID().uuidString

    init(path: String) throws {
        self.database = try SQLiteStore.openPool(path: path)
        try self.database.writeWithoutTransaction {
            try $0.execute(
                sql: "CREATE TEMP TABLE victims (rid INTEGER PRIMARY KEY, id TEXT, userId TEXT, tokensCost INT)"
            )
        }
    }

    /// Cleans one batch.
    ///
    /// - Returns: the number of jobs.
    func clean(cutoff: Int, now: Int, limit: Int) throws -> Int {
        try self.database.write { db in
            func execute(_ sql: String) throws {
                let statement = try db.cachedStatement(sql: sql)
                statement.setUncheckedArguments(["cut": cutoff, "lim": limit, "now": now, "run": self.run])
                try statement.execute()
            }
            try execute(Self.take)
            let taken = db.changesCount
            for sql in [Self.fail, Self.book, Self.credit, Self.audit, "DELETE FROM victims"] { try execute(sql) }
            return taken
        }
    }

    /// The design that Unstick replaces: one job at a time, in two transactions, the balance computed from a read.
    func cleanOneByOne(cutoff: Int, now: Int, limit: Int) throws -> Int {
        let stuck = try self.database.read { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT id, userId, tokensCost FROM image_enhancement_jobs
                        WHERE status = 'PROCESSING' AND coalesce(processingStartedAt, updatedAt) <= ?
                        ORDER BY coalesce(processingStartedAt, updatedAt), id LIMIT ?
                        """
                ),
                arguments: [cutoff, limit]
            )
        }
        for row in stuck {
            try self.database.write { db in
                try db.cachedStatement(
                    sql: """
                        UPDATE image_enhancement_jobs SET status = 'FAILED', errorMessage = ?,
                            processingCompletedAt = ?, updatedAt = ? WHERE id = ?
                        """
                ).execute(arguments: ["Job timed out", now, now, row["id"] as String])
            }
            try self.database.write { db in
                let user: String = row["userId"]
                let cost: Int = row["tokensCost"]
                let balance =
                    try Int.fetchOne(
                        db.cachedStatement(sql: "SELECT balance FROM user_token_balances WHERE userId = ?"),
                        arguments: [user]
                    ) ?? 0
                try db.cachedStatement(
                    sql: "UPDATE user_token_balances SET balance = ?, updatedAt = ? WHERE userId = ?"
                )
                .execute(arguments: [balance + cost, now, user])
                try db.cachedStatement(
                    sql: "INSERT INTO token_transactions VALUES (?, ?, ?, 'REFUND', 's', ?, ?, '{}', ?)"
                )
                .execute(
                    arguments: ["seed:" + (row["id"] as String), user, cost, row["id"] as String, balance + cost, now]
                )
            }
        }
        return stuck.count
    }
}
