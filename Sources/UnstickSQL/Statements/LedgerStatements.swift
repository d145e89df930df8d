import Unstick

/// The statements of the ledger and the balances.
package enum LedgerStatements {
    package static let balance = "SELECT balance FROM unstick.balances WHERE user_id = :user"

    private static let columns = """
        id, user_id, sequence, amount, type, source, source_id, balance_after, metadata, created_at
        """

    package static let find = "SELECT \(columns) FROM unstick.token_transactions WHERE user_id = :user AND id = :id"

    package static let history = """
        SELECT \(columns) FROM unstick.token_transactions WHERE user_id = :user AND sequence < :before
        ORDER BY sequence DESC LIMIT :limit
        """

    /// Those of some lines of the user that exist.
    package static func findAll(_ dialect: any SQLDialect) -> String {
        let keys = dialect.rows(of: ":keys", [(name: "id", isText: true)])
        return """
            SELECT \(columns) FROM unstick.token_transactions WHERE user_id = :user AND id IN (SELECT w.id FROM (\(keys)) AS w)
            """
    }

    /// The lines that are refunds for work that was not delivered, without releases of delivered jobs.
    private static let isRefund = "type IN ('REFUND', 'RELEASE') AND source <> '\(NewTransaction.leftOver)'"

    /// The refunds to the user, among the newest lines.
    package static let refunds = """
        SELECT \(columns) FROM unstick.token_transactions
        WHERE user_id = :user AND \(isRefund)
            AND sequence > (
            SELECT coalesce(max(sequence), 0) FROM unstick.token_transactions WHERE user_id = :user) - :window
        ORDER BY sequence DESC LIMIT :limit
        """

    /// Creates a balance of 0 for a new user.
    package static let ensureBalance = """
        INSERT INTO unstick.balances (user_id, balance, sequence, updated_at) VALUES (:user, 0, 0, :now)
        ON CONFLICT (user_id) DO NOTHING
        """

    /// The balance, locked until the transaction ends.
    static func lockBalance(_ dialect: any SQLDialect) -> String {
        "SELECT balance, sequence FROM unstick.balances WHERE user_id = :user\(dialect.locking)"
    }

    /// Changes the balance by an amount under the row's lock.
    ///
    /// `sequence` comes last: some databases assign from left to right.
    package static let move = """
        UPDATE unstick.balances SET balance = balance + :amount, updated_at = :now,
            spent = spent + :spent, charges = charges + :charges, refunded = refunded + :refunded,
            refunds = refunds + :refunds, released = released + :released, releases = releases + :releases,
            last_refund = CASE WHEN CAST(:isRefund AS bigint) = 1 THEN sequence + 1 ELSE last_refund END,
            counted = counted + 1, sequence = sequence + 1
        WHERE user_id = :user
        """

    /// How many of the user's lines the kept sums include, and how many there are.
    static let counts = "SELECT counted, sequence FROM unstick.balances WHERE user_id = :user"

    /// The kept sums of the user's lines; none where a version without sums booked some of them.
    package static let keptSums = """
        SELECT spent, charges, refunded, refunds, released, releases, last_refund FROM unstick.balances
        WHERE user_id = :user AND counted = sequence
        """

    /// The same sums from the lines themselves.
    package static let countedSums = "SELECT \(sums) FROM unstick.token_transactions WHERE user_id = :user"

    static let sums = """
        CAST(coalesce(-\(sum("amount", where: isCharge)), 0) AS bigint) AS spent,
            \(count(where: isCharge)) AS charges,
            CAST(coalesce(\(sum("amount", where: isRefund)), 0) AS bigint) AS refunded,
            \(count(where: isRefund)) AS refunds,
            CAST(coalesce(\(sum("amount", where: isLeftOver)), 0) AS bigint) AS released,
            \(count(where: isLeftOver)) AS releases,
            coalesce(max(CASE WHEN \(isRefund) THEN sequence END), 0) AS last_refund
        """

    private static func sum(_ column: String, where condition: String) -> String {
        "sum(CASE WHEN \(condition) THEN \(column) END)"
    }

    private static func count(where condition: String) -> String { "count(CASE WHEN \(condition) THEN 1 END)" }

    private static let isCharge = "type IN ('SPEND', 'HOLD')"

    private static let comesBack = "type IN ('REFUND', 'RELEASE')"

    private static let isLeftOver = "type IN ('REFUND', 'RELEASE') AND source = '\(NewTransaction.leftOver)'"

    /// Recomputes the sums of a user's lines: the first time after an older version booked some.
    static func recount(_ dialect: any SQLDialect) -> String {
        let sums = ["spent", "charges", "refunded", "refunds", "released", "releases", "last_refund"]
        return dialect.update(
            ("unstick.balances", "b"),
            set: sums.map { ($0, "s.\($0)") } + [("counted", "b.sequence")],
            from: "(\(countedSums)) AS s",
            where: "b.user_id = :user"
        )
    }

    /// The migration that adds the sums.
    ///
    /// It computes nothing, so that no caller waits: each user's lines are summed at the next booking.
    package static func keepSums(_ balances: String, integer: String) -> String {
        ["spent", "charges", "refunded", "refunds", "released", "releases", "last_refund", "counted"]
            .map { "ALTER TABLE \(balances) ADD COLUMN \($0) \(integer) NOT NULL DEFAULT 0;" }
            .joined(separator: "\n")
    }

    /// The refunds that calls booked: the refunds of a run name it.
    package static func isByCall(_ dialect: any SQLDialect) -> String {
        dialect.indexed(self.isWithoutRun(dialect), in: "by_call = 1")
    }

    /// ``isByCall(_:)`` as an expression.
    package static func isWithoutRun(_ dialect: any SQLDialect) -> String {
        "\(isRefund) AND \(dialect.text("runId", of: "metadata")) IS NULL"
    }

    /// The refunds by calls, by the hour, since a time.
    package static func hourlyByCalls(_ dialect: any SQLDialect) -> String {
        """
        SELECT CAST(created_at / 3600000 * 3600000 AS bigint) AS hour, CAST(sum(amount) AS bigint) AS tokens
        FROM unstick.token_transactions WHERE \(isByCall(dialect)) AND created_at >= :since GROUP BY 1 ORDER BY 1
        """
    }

    /// The refunds by calls since a time.
    package static func totalByCalls(_ dialect: any SQLDialect) -> String {
        """
        SELECT CAST(coalesce(sum(amount), 0) AS bigint) AS tokens
        FROM unstick.token_transactions WHERE \(isByCall(dialect)) AND created_at >= :since
        """
    }

    /// The newest refunds by calls.
    package static func newestByCalls(_ dialect: any SQLDialect) -> String {
        """
        SELECT \(columns) FROM unstick.token_transactions WHERE \(isByCall(dialect)) ORDER BY created_at DESC LIMIT :limit
        """
    }

    package static let insert = """
        INSERT INTO unstick.token_transactions (\(columns))
        VALUES (:id, :user, :sequence, :amount, :type, :source, :sourceId, :balanceAfter, :metadata, :now)
        """

    package static let consumption = """
        SELECT coalesce(-\(sum("amount", where: isCharge)), 0) AS spent,
            coalesce(\(sum("amount", where: comesBack)), 0) AS refunded,
            \(count(where: isCharge)) AS charges, \(count(where: comesBack)) AS refunds
        FROM unstick.token_transactions WHERE user_id = :user AND created_at >= :since
        """
}
