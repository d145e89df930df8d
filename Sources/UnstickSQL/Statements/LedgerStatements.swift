/// The statements of the ledger and the balances.
package enum LedgerStatements {
    package static let balance = "SELECT balance FROM balances WHERE user_id = :user"

    private static let columns = """
        id, user_id, sequence, amount, type, source, source_id, balance_after, metadata, created_at
        """

    package static let find = "SELECT \(columns) FROM token_transactions WHERE user_id = :user AND id = :id"

    package static let history = """
        SELECT \(columns) FROM token_transactions WHERE user_id = :user AND sequence < :before
        ORDER BY sequence DESC LIMIT :limit
        """

    /// Those of some lines of the user that there are.
    package static func findAll(_ dialect: SQLDialect) -> String {
        let keys = dialect.rows(of: ":keys", [(name: "id", isText: true)])
        return """
            SELECT \(columns) FROM token_transactions WHERE user_id = :user AND id IN (SELECT w.id FROM (\(keys)) AS w)
            """
    }

    /// What came back to the user, among the newest lines: not what a delivered job left over of what was set aside.
    package static let refunds = """
        SELECT \(columns) FROM token_transactions
        WHERE user_id = :user AND type IN ('REFUND', 'RELEASE') AND source <> 'job_completed'
            AND sequence > (
            SELECT coalesce(max(sequence), 0) FROM token_transactions WHERE user_id = :user) - :window
        ORDER BY sequence DESC LIMIT :limit
        """

    /// Gives a user that is new a balance of 0.
    package static let ensureBalance = """
        INSERT INTO balances (user_id, balance, sequence, updated_at) VALUES (:user, 0, 0, :now)
        ON CONFLICT (user_id) DO NOTHING
        """

    /// Keeps the balance from moving until the transaction ends.
    ///
    /// For a database that several write to at once.
    package static let lockBalance = "SELECT balance, sequence FROM balances WHERE user_id = :user FOR NO KEY UPDATE"

    /// Moves the balance by an amount under the row's lock, and says what it came to.
    package static let move = """
        UPDATE balances SET balance = balance + :amount, sequence = sequence + 1, updated_at = :now
        WHERE user_id = :user RETURNING balance, sequence
        """

    package static let insert = """
        INSERT INTO token_transactions (\(columns))
        VALUES (:id, :user, :sequence, :amount, :type, :source, :sourceId, :balanceAfter, :metadata, :now)
        """

    package static let consumption = """
        SELECT coalesce(-sum(amount) FILTER (WHERE type IN ('SPEND', 'HOLD')), 0) AS spent,
            coalesce(sum(amount) FILTER (WHERE type IN ('REFUND', 'RELEASE')), 0) AS refunded,
            count(*) FILTER (WHERE type IN ('SPEND', 'HOLD')) AS charges,
            count(*) FILTER (WHERE type IN ('REFUND', 'RELEASE')) AS refunds
        FROM token_transactions WHERE user_id = :user AND created_at >= :since
        """
}
