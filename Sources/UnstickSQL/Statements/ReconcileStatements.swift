package import Unstick

/// The checks of the whole ledger, each as a query for the rows that violate it.
///
/// They return `user_id, subject, expected, actual, total`; `total` counts what `:limit` leaves out.
package enum ReconcileStatements {
    package static let size = """
        SELECT (SELECT count(*) FROM unstick.balances) AS users, (SELECT count(*) FROM unstick.token_transactions) AS transactions
        """

    /// Every check over Unstick's own tables.
    package static let all: [(check: Reconciliation.Check, sql: String)] = [
        (.balanceIsSum, balanceIsSum), (.keptSums, keptSums), (.chain, chain),
        (.refundWithinCharge, refundWithinCharge),
        (.paidWithinCost, paidWithinCost), (.refundMissing, refundMissing), (.refundOfCompleted, refundOfCompleted),
    ]

    private static let balanceIsSum = """
        WITH sums AS (
            SELECT user_id, sum(amount) AS total, count(*) AS line_count FROM unstick.token_transactions GROUP BY user_id
        ), wrong AS (
            SELECT b.user_id, b.user_id AS subject, coalesce(s.total, 0) AS expected, b.balance AS actual
            FROM unstick.balances AS b LEFT JOIN sums AS s ON s.user_id = b.user_id
            WHERE b.balance <> coalesce(s.total, 0) OR b.sequence <> coalesce(s.line_count, 0)
            UNION ALL
            SELECT s.user_id, s.user_id, s.total, 0 FROM sums AS s
            LEFT JOIN unstick.balances AS b ON b.user_id = s.user_id WHERE b.user_id IS NULL
        )
        SELECT *, count(*) OVER () AS total FROM wrong LIMIT :limit
        """

    private static let keptSums = """
        SELECT b.user_id, b.user_id AS subject, s.refunded AS expected, b.refunded AS actual, count(*) OVER () AS total
        FROM unstick.balances AS b
        JOIN (SELECT user_id, \(LedgerStatements.sums) FROM unstick.token_transactions GROUP BY user_id) AS s
            ON s.user_id = b.user_id
        WHERE b.counted = b.sequence AND (b.spent <> s.spent OR b.charges <> s.charges OR b.refunded <> s.refunded
            OR b.refunds <> s.refunds OR b.released <> s.released OR b.releases <> s.releases
            OR b.last_refund <> s.last_refund)
        LIMIT :limit
        """

    private static let chain = """
        WITH chained AS (
            SELECT user_id, id AS subject, sequence, coalesce(lag(sequence) OVER w, 0) + 1 AS due,
                coalesce(lag(balance_after) OVER w, 0) + amount AS expected, balance_after AS actual
            FROM unstick.token_transactions WINDOW w AS (PARTITION BY user_id ORDER BY sequence)
        )
        SELECT user_id, subject, expected, actual, count(*) OVER () AS total
        FROM chained WHERE expected <> actual OR sequence <> due LIMIT :limit
        """

    /// The charges and refunds of each job, all its charges together: a job that is charged again after a refund is
    /// charged for the missing amount, and may refund its whole cost.
    private static let perJob = """
        SELECT user_id, source_id, -sum(CASE WHEN amount < 0 THEN amount ELSE 0 END) AS charged,
            sum(CASE WHEN amount > 0 THEN amount ELSE 0 END) AS refunded
        FROM unstick.token_transactions WHERE type IN ('SPEND', 'HOLD', 'REFUND', 'RELEASE') AND source_id IS NOT NULL
        GROUP BY user_id, source_id
        """

    private static let refundWithinCharge = """
        SELECT p.user_id, p.source_id AS subject, p.charged AS expected, p.refunded AS actual, count(*) OVER () AS total
        FROM (\(perJob)) AS p WHERE p.charged > 0 AND p.refunded > p.charged LIMIT :limit
        """

    /// The final price of a job: a delivered one may have used less than its charge.
    private static let price = "CASE WHEN j.status = 'COMPLETED' THEN coalesce(j.tokens_used, j.cost) ELSE j.cost END"

    private static let paidWithinCost = """
        SELECT j.user_id, j.id AS subject, \(price) AS expected, p.charged - p.refunded AS actual, count(*) OVER () AS total
        FROM (\(perJob)) AS p JOIN unstick.jobs AS j ON j.user_id = p.user_id AND j.id = p.source_id
        WHERE p.charged - p.refunded > \(price) LIMIT :limit
        """

    private static let refundMissing = """
        SELECT i.user_id, i.job_id AS subject, i.amount AS expected, 0 AS actual, count(*) OVER () AS total
        FROM unstick.run_items AS i
        LEFT JOIN unstick.token_transactions AS t
            ON t.user_id = i.user_id AND t.id = 'refund:' || i.job_id || ':' || i.charge
        WHERE i.action IN ('FAILED_AND_REFUNDED', 'QUARANTINED') AND i.amount > 0 AND t.id IS NULL
        LIMIT :limit
        """

    /// A job whose charge is not in the ledger was paid for before the import.
    private static let paid = "CASE WHEN p.charged > 0 THEN p.charged ELSE j.cost END - p.refunded"

    private static let refundOfCompleted = """
        SELECT j.user_id, j.id AS subject, \(price) AS expected, \(paid) AS actual, count(*) OVER () AS total
        FROM (\(perJob)) AS p JOIN unstick.jobs AS j ON j.user_id = p.user_id AND j.id = p.source_id
        WHERE j.status = 'COMPLETED' AND p.refunded > 0 AND \(paid) < \(price) LIMIT :limit
        """
}
