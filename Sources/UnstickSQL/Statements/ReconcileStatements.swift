package import Unstick

/// What must hold over the whole ledger, each as a query for the rows where it does not.
///
/// They answer with `user_id, subject, expected, actual, total`; `total` counts what `:limit` leaves out.
package enum ReconcileStatements {
    package static let size = """
        SELECT (SELECT count(*) FROM balances) AS users, (SELECT count(*) FROM token_transactions) AS transactions
        """

    /// Every check over Unstick's own tables.
    package static let all: [(check: Reconciliation.Check, sql: String)] = [
        (.balanceIsSum, balanceIsSum), (.chain, chain), (.refundWithinCharge, refundWithinCharge),
        (.refundMissing, refundMissing), (.refundOfCompleted, refundOfCompleted),
    ]

    private static let balanceIsSum = """
        WITH sums AS (
            SELECT user_id, sum(amount) AS total, count(*) AS lines FROM token_transactions GROUP BY user_id
        ), wrong AS (
            SELECT b.user_id, b.user_id AS subject, coalesce(s.total, 0) AS expected, b.balance AS actual
            FROM balances AS b LEFT JOIN sums AS s ON s.user_id = b.user_id
            WHERE b.balance <> coalesce(s.total, 0) OR b.sequence <> coalesce(s.lines, 0)
            UNION ALL
            SELECT s.user_id, s.user_id, s.total, 0 FROM sums AS s
            LEFT JOIN balances AS b ON b.user_id = s.user_id WHERE b.user_id IS NULL
        )
        SELECT *, count(*) OVER () AS total FROM wrong LIMIT :limit
        """

    private static let chain = """
        WITH lines AS (
            SELECT user_id, id AS subject, sequence, lag(sequence, 1, 0) OVER w + 1 AS due,
                lag(balance_after, 1, 0) OVER w + amount AS expected, balance_after AS actual
            FROM token_transactions WINDOW w AS (PARTITION BY user_id ORDER BY sequence)
        )
        SELECT user_id, subject, expected, actual, count(*) OVER () AS total
        FROM lines WHERE expected <> actual OR sequence <> due LIMIT :limit
        """

    private static let refundWithinCharge = """
        SELECT r.user_id, r.id AS subject, -c.amount AS expected, r.amount AS actual, count(*) OVER () AS total
        FROM token_transactions AS r
        JOIN token_transactions AS c ON c.user_id = r.user_id AND c.id = 'spend:' || substr(r.id, 8)
        WHERE r.type IN ('REFUND', 'RELEASE') AND r.amount > -c.amount LIMIT :limit
        """

    private static let refundMissing = """
        SELECT i.user_id, i.job_id AS subject, i.amount AS expected, 0 AS actual, count(*) OVER () AS total
        FROM run_items AS i
        LEFT JOIN token_transactions AS t
            ON t.user_id = i.user_id AND t.id = 'refund:' || i.job_id || ':' || i.charge
        WHERE i.action IN ('FAILED_AND_REFUNDED', 'QUARANTINED') AND i.amount > 0 AND t.id IS NULL
        LIMIT :limit
        """

    private static let refundOfCompleted = """
        SELECT t.user_id, j.id AS subject, 0 AS expected, t.amount AS actual, count(*) OVER () AS total
        FROM token_transactions AS t
        JOIN jobs AS j ON j.id = t.source_id AND j.user_id = t.user_id
        WHERE t.type = 'REFUND' AND j.status = 'COMPLETED' AND t.id = 'refund:' || j.id || ':' || j.charge
        LIMIT :limit
        """
}
