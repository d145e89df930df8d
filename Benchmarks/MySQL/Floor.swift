import Foundation
import UnstickMySQL
import UnstickSQL

/// The fastest possible batch: one hand-written transaction that fails, refunds, books and audits, on tables with the
/// same indices as Unstick's for the same purposes, through the same driver.
///
/// It returns no rows, checks nothing, and writes no events. Its batch is the rows of the audit that it inserts first.
struct Floor {
    static let tables = """
        CREATE TABLE jobs (
            id VARCHAR(200) NOT NULL PRIMARY KEY, user_id VARCHAR(200) NOT NULL, kind VARCHAR(200) NOT NULL,
            tier VARCHAR(200), cost BIGINT NOT NULL, status VARCHAR(10) NOT NULL, error_text TEXT,
            created_at BIGINT NOT NULL, available_at BIGINT NOT NULL, processing_started_at BIGINT,
            updated_at BIGINT NOT NULL, processing_completed_at BIGINT,
            since BIGINT AS (coalesce(processing_started_at, updated_at)) VIRTUAL,
            KEY jobs_by_user (user_id, created_at, id),
            KEY jobs_by_creation (created_at, id),
            KEY jobs_stuck (status, since, id),
            KEY jobs_by_status (status, created_at, id),
            KEY jobs_queue (status, kind, available_at, id),
            KEY jobs_kinds (kind)
        ) \(options);
        CREATE TABLE balances (
            user_id VARCHAR(200) NOT NULL PRIMARY KEY, balance BIGINT NOT NULL, updated_at BIGINT NOT NULL
        ) \(options);
        CREATE TABLE transactions (
            id VARCHAR(400) NOT NULL PRIMARY KEY, user_id VARCHAR(200) NOT NULL, amount BIGINT NOT NULL,
            type VARCHAR(10) NOT NULL, source VARCHAR(200) NOT NULL, source_id VARCHAR(200),
            balance_after BIGINT NOT NULL, metadata TEXT NOT NULL, created_at BIGINT NOT NULL, by_call BIGINT,
            KEY transactions_by_user (user_id, created_at),
            KEY transactions_by_calls (by_call, created_at, amount)
        ) \(options);
        CREATE TABLE audit (
            seq BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, run_id VARCHAR(36) NOT NULL, job_id VARCHAR(200) NOT NULL,
            user_id VARCHAR(200) NOT NULL, action VARCHAR(20) NOT NULL, amount BIGINT NOT NULL, at BIGINT NOT NULL
        ) \(options);
        """
    private static let options = """
        ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin ROW_FORMAT = DYNAMIC
        """

    /// The tables with the content of Unstick's.
    static func copy(from database: String) -> String {
        """
        INSERT INTO jobs (id, user_id, kind, tier, cost, status, created_at, available_at, processing_started_at,
            updated_at, processing_completed_at)
        SELECT id, user_id, kind, tier, cost, status, created_at, available_at, processing_started_at, updated_at,
            processing_completed_at FROM \(database).unstick_jobs;
        INSERT INTO balances SELECT user_id, balance, updated_at FROM \(database).unstick_balances;
        INSERT INTO transactions SELECT concat(id, ':', user_id), user_id, amount, type, source, source_id,
            balance_after, metadata, created_at, by_call FROM \(database).unstick_token_transactions;
        """
    }

    /// How many users have another balance than the sum of their transactions.
    static let mismatches = """
        SELECT count(*) FROM balances AS b
        JOIN (SELECT user_id, sum(amount) AS total, max(balance_after) AS last FROM transactions GROUP BY user_id) AS t
            ON t.user_id = b.user_id
        WHERE b.balance <> t.total OR b.balance <> t.last
        """

    private static let take = """
        INSERT INTO audit (run_id, job_id, user_id, action, amount, at)
        SELECT :run, id, user_id, 'FAILED+REFUND', cost, :now FROM jobs FORCE INDEX (jobs_stuck)
        WHERE status = 'PROCESSING' AND since <= :cutoff
        ORDER BY since, id LIMIT :limit FOR UPDATE SKIP LOCKED
        """
    private static let fail = """
        UPDATE audit AS a STRAIGHT_JOIN jobs AS j ON j.id = a.job_id
        SET j.status = 'FAILED', j.error_text = 'Processing timed out; tokens refunded',
            j.processing_completed_at = :now, j.updated_at = :now
        WHERE a.seq >= last_insert_id()
        """
    private static let credit = """
        INSERT INTO balances (user_id, balance, updated_at)
        SELECT user_id, sum(amount), :now FROM audit WHERE seq >= last_insert_id() GROUP BY user_id ORDER BY user_id
        ON DUPLICATE KEY UPDATE balance = balance + VALUES(balance), updated_at = VALUES(updated_at)
        """
    private static let book = """
        INSERT INTO transactions
            (id, user_id, amount, type, source, source_id, balance_after, metadata, created_at)
        SELECT concat('refund:', a.job_id), a.user_id, a.amount, 'REFUND', 'enhancement_failed', a.job_id,
            b.balance + a.amount - sum(a.amount)
                OVER (PARTITION BY a.user_id ORDER BY a.seq DESC ROWS UNBOUNDED PRECEDING),
            json_object('runId', a.run_id), :now
        FROM audit AS a STRAIGHT_JOIN balances AS b ON b.user_id = a.user_id
        WHERE a.seq >= last_insert_id() AND a.amount > 0
        """
    private static let begin = ["START TRANSACTION", take]
    private static let end = [fail, credit, book, "COMMIT"]

    private let connection: MySQLConnection
    private let run = UUID().uuidString
    private let now = Int(Date().timeIntervalSince1970 * 1000)

    init(url: String) throws {
        self.connection = try MySQLConnection(url: url, names: .prefixed)
    }

    /// Cleans one batch.
    ///
    /// - Returns: the number of jobs.
    func clean(limit: Int) throws -> Int {
        let arguments: SQLArguments = [
            "run": .text(self.run), "now": .integer(self.now), "cutoff": .integer(self.now - 300_000),
            "limit": .integer(limit),
        ]
        func send(_ statements: [String]) throws -> [MySQLResult] {
            try self.connection.send(statements.map { SQLCall($0, arguments) }, limit: .seconds(60))
        }
        let taken = try send(Self.begin)[1].affected
        // Without a new row, the last id is that of the batch before.
        _ = try send(taken > 0 ? Self.end : ["COMMIT"])
        return taken
    }
}
