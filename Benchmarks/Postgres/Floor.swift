import BenchSupport
import Foundation
import UnstickPostgres
import UnstickSQL

/// The fastest possible batch: one hand-written, prepared statement that fails, refunds, books and audits, in one round
/// trip and one transaction, on a copy of Unstick's own tables with every index and constraint.
///
/// It returns no jobs, emits no events, and writes no record of the run.
final class Floor {
    private static let statement = """
        WITH victims AS MATERIALIZED (
            SELECT j.user_id, j.id, j.kind, j.tier, j.attempt, j.charge, j.cost,
                coalesce(j.processing_started_at, j.updated_at) AS since
            FROM unstick.jobs AS j
            WHERE j.status = 'PROCESSING' AND coalesce(j.processing_started_at, j.updated_at) <= :cutoff
                AND (coalesce(j.processing_started_at, j.updated_at), j.id) > (:since, :id)
            ORDER BY coalesce(j.processing_started_at, j.updated_at), j.id LIMIT :limit
            FOR NO KEY UPDATE SKIP LOCKED
        ), moved AS (
            UPDATE unstick.jobs AS j SET status = 'FAILED', timed_out_after = :now - v.since,
                processing_completed_at = :now, updated_at = :now
            FROM victims AS v WHERE j.id = v.id
            RETURNING 1
        ), due AS MATERIALIZED (
            SELECT v.id, v.user_id, v.cost, v.charge,
                sum(v.cost) OVER (PARTITION BY v.user_id ORDER BY v.id ROWS UNBOUNDED PRECEDING) AS running,
                sum(v.cost) OVER (PARTITION BY v.user_id) AS total,
                row_number() OVER (PARTITION BY v.user_id ORDER BY v.id ROWS UNBOUNDED PRECEDING) AS place,
                count(*) OVER (PARTITION BY v.user_id) AS places
            FROM victims AS v
            WHERE v.cost > 0 AND NOT EXISTS (
                SELECT 1 FROM unstick.token_transactions AS t
                WHERE t.user_id = v.user_id AND t.id = 'refund:' || v.id || ':' || v.charge)
        ), credited AS (
            INSERT INTO unstick.balances AS b (user_id, balance, sequence, updated_at)
            SELECT user_id, sum(cost), count(*), :now FROM due GROUP BY user_id ORDER BY user_id
            ON CONFLICT (user_id) DO UPDATE SET balance = b.balance + excluded.balance,
                sequence = b.sequence + excluded.sequence, updated_at = excluded.updated_at
            RETURNING b.user_id, b.balance, b.sequence
        ), ledger AS (
            INSERT INTO unstick.token_transactions
                (user_id, sequence, id, amount, type, source, source_id, balance_after, metadata, created_at)
            SELECT d.user_id, c.sequence - d.places + d.place, 'refund:' || d.id || ':' || d.charge, d.cost, 'REFUND',
                'cleanup', d.id, c.balance - d.total + d.running,
                json_build_object('runId', CAST(:run AS text), 'reason', 'stuck'), :now
            FROM due AS d JOIN credited AS c ON c.user_id = d.user_id
            RETURNING 1
        ), audit AS (
            INSERT INTO unstick.run_items
                (user_id, job_id, run_id, position, kind, tier, attempt, charge, since, duration, amount, action,
                rule, limit_kind, limit_ms, measured_ms)
            SELECT v.user_id, v.id, :run, :position + row_number() OVER (), v.kind, v.tier, v.attempt, v.charge,
                v.since * 1000, :now - v.since, coalesce(d.cost, 0),
                CASE WHEN d.id IS NULL THEN 'FAILED' ELSE 'FAILED_AND_REFUNDED' END, 'default', 'timeout', 300000,
                :now - v.since
            FROM victims AS v LEFT JOIN due AS d ON d.id = v.id
            RETURNING 1
        )
        SELECT (SELECT count(*) FROM moved) AS moved, (SELECT count(*) FROM ledger) AS refunds,
            (SELECT count(*) FROM due) AS due, (SELECT count(*) FROM victims) AS found, last.since, last.id
        FROM (SELECT 1) AS one LEFT JOIN LATERAL (
            SELECT since, id FROM victims ORDER BY since DESC, id DESC LIMIT 1
        ) AS last ON true
        """

    private let connection: PostgresConnection
    private let run = UUID().uuidString
    private let now: Int
    private var position = 0
    private var cursor: (since: Int, id: String) = (Int.min, "")

    init(url: String) throws {
        self.connection = try PostgresConnection(url: url)
        self.now = Int(Date().timeIntervalSince1970 * 1000)
    }

    /// Cleans one batch.
    ///
    /// - Returns: the number of jobs.
    func clean(limit: Int) throws -> Int {
        let arguments: SQLArguments = [
            "cutoff": .integer(self.now - 300_000), "since": .integer(self.cursor.since), "id": .text(self.cursor.id),
            "limit": .integer(limit), "now": .integer(self.now), "run": .text(self.run),
            "position": .integer(self.position),
        ]
        let results = try self.connection.send([SQLCall(Self.statement, arguments)], limit: .seconds(60))
        guard let row = results[0].first, let found = row.integer("found"), row.integer("moved") == found,
            row.integer("refunds") == row.integer("due")
        else { throw BenchFailure(reason: "the floor moved another number of rows than it found") }
        if let since = row.integer("since"), let id = row.text("id") { self.cursor = (since, id) }
        self.position += found
        return found
    }
}
