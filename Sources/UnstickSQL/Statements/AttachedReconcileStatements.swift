/// The checks of a team's own tables; see ``ReconcileStatements``.
package enum AttachedReconcileStatements {
    package static let size = """
        SELECT count(DISTINCT user_id) AS users, count(*) AS transactions FROM unstick.refunds
        """

    /// A job that a run refunded has the key of its refund.
    package static let refundMissing = """
        SELECT i.user_id, i.job_id AS subject, i.amount AS expected, 0 AS actual, count(*) OVER () AS total
        FROM unstick.run_items AS i
        LEFT JOIN unstick.refunds AS t
            ON t.user_id = i.user_id AND t.id = \(RefundKey.ofItem)
        WHERE i.amount > 0 AND i.action IN ('FAILED_AND_REFUNDED', 'QUARANTINED', 'REPORTED') AND t.id IS NULL
        LIMIT :limit
        """

    /// A worker delivered after a refund: only a fence prevents that.
    ///
    /// Only refunds of this source are checked: ids of another table may have another type.
    package static func refundOfCompleted(_ jobs: ResolvedTables.Jobs, _ completed: String) -> String {
        let old = RefundKey.own(job: "i.job_id", charge: jobs.charge)
        let new = RefundKey.of(source: "i.source", job: "i.job_id", charge: jobs.charge)
        return """
            WITH i AS MATERIALIZED (
                SELECT r.user_id, r.job_id, r.amount, r.id, r.source FROM unstick.refunds AS r
                WHERE r.source = CAST(:origin AS text) OR r.source IS NULL AND \(StuckSearch.ownsOldKeys)
            )
            SELECT i.user_id, i.job_id AS subject, 0 AS expected, i.amount AS actual, count(*) OVER () AS total
            FROM i JOIN \(jobs.table) AS j ON \(jobs.isItem)
            WHERE \(completed) AND i.id = CASE WHEN i.source IS NULL THEN \(old) ELSE \(new) END
            LIMIT :limit
            """
    }

    /// A user of a run whose balance is NULL: nothing can be added to it.
    package static func nullBalance(_ balances: ResolvedTables.Balances, _ isUnknown: String) -> String {
        """
        WITH w AS MATERIALIZED (
            SELECT i.user_id, sum(i.amount) AS total FROM unstick.run_items AS i
            WHERE i.source = CAST(:origin AS text) OR i.source IS NULL AND \(StuckSearch.ownsOldKeys) GROUP BY i.user_id
        )
        SELECT w.user_id, w.user_id AS subject, CAST(w.total AS bigint) AS expected, 0 AS actual, count(*) OVER () AS total
        FROM w JOIN \(balances.table) AS b ON \(balances.key) = \(balances.asKey("w.user_id"))
        WHERE \(isUnknown) LIMIT :limit
        """
    }
}
