/// What must hold where the jobs are somebody else's; see ``ReconcileStatements``.
package enum AttachedReconcileStatements {
    package static let size = """
        SELECT count(DISTINCT user_id) AS users, count(*) AS transactions FROM unstick.refunds
        """

    /// A job that a pass refunded has the key of its refund.
    package static let refundMissing = """
        SELECT i.user_id, i.job_id AS subject, i.amount AS expected, 0 AS actual, count(*) OVER () AS total
        FROM unstick.run_items AS i
        LEFT JOIN unstick.refunds AS t
            ON t.user_id = i.user_id AND t.id = 'refund:' || i.job_id || ':' || i.charge
        WHERE i.amount > 0 AND i.action IN ('FAILED_AND_REFUNDED', 'REPORTED') AND t.id IS NULL
        LIMIT :limit
        """

    /// A worker delivered after all: without a fence nothing keeps it from that.
    package static func refundOfCompleted(_ jobs: TableMap.Jobs, _ completed: String) -> String {
        """
        SELECT i.user_id, i.job_id AS subject, 0 AS expected, i.amount AS actual, count(*) OVER () AS total
        FROM unstick.refunds AS i JOIN \(jobs.table) AS j ON \(jobs.isItem)
        WHERE \(completed) AND i.id = 'refund:' || i.job_id || ':' || \(jobs.charge)
        LIMIT :limit
        """
    }
}
