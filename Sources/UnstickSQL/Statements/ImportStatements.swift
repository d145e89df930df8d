/// The statements of an import: from the staged rows into the tables, some users at a time.
///
/// A group of users is `:after < user_id <= :upTo`. Its new jobs are charged from an opening adjustment of the same sum, so
/// that the balance stays what it was and the ledger adds up.
package enum ImportStatements {
    package static let stage = """
        INSERT INTO staged_jobs (\(JobStatements.stored)) VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?)
        ON CONFLICT (id) DO NOTHING
        """

    package static let count = "SELECT count(*) FROM staged_jobs"

    /// A user whose charges together are more than a balance can hold.
    ///
    /// `total` sums without overflowing.
    package static let overcharged = """
        SELECT user_id FROM staged_jobs GROUP BY user_id HAVING total(cost) > :most ORDER BY user_id LIMIT 1
        """

    /// The user that ends the next group of about `:rows` rows; none when fewer are left.
    package static let groupEnd = """
        SELECT user_id FROM staged_jobs WHERE user_id > :after ORDER BY user_id LIMIT 1 OFFSET :rows
        """

    package static let lastUser = "SELECT max(user_id) FROM staged_jobs WHERE user_id > :after"

    private static let group = "s.user_id > :after AND s.user_id <= :upTo"

    package static let dropKnown = """
        DELETE FROM staged_jobs AS s WHERE \(group) AND EXISTS (SELECT 1 FROM jobs WHERE jobs.id = s.id)
        """

    package static let totals = """
        SELECT count(*) AS jobs, count(DISTINCT s.user_id) AS users, coalesce(sum(s.cost), 0) AS tokens
        FROM staged_jobs AS s WHERE \(group)
        """

    package static let balances = """
        INSERT INTO balances (user_id, balance, sequence, updated_at)
        SELECT s.user_id, 0, count(*) + 1, :now FROM staged_jobs AS s
        WHERE \(group) AND s.cost > 0 GROUP BY s.user_id ORDER BY s.user_id
        ON CONFLICT (user_id) DO UPDATE SET sequence = balances.sequence + excluded.sequence,
            updated_at = excluded.updated_at
        """

    package static let openings = """
        INSERT INTO token_transactions (user_id, sequence, id, amount, type, source, source_id, balance_after, metadata,
            created_at)
        SELECT s.user_id, b.sequence - count(*), 'opening:' || :import, sum(s.cost), 'ADJUSTMENT', 'import', :import,
            b.balance + sum(s.cost), json_object('reason', 'Opening balance for imported jobs'), min(s.created_at)
        FROM staged_jobs AS s JOIN balances AS b ON b.user_id = s.user_id
        WHERE \(group) AND s.cost > 0 GROUP BY s.user_id, b.sequence, b.balance ORDER BY s.user_id
        """

    package static let charges = """
        INSERT INTO token_transactions (user_id, sequence, id, amount, type, source, source_id, balance_after, metadata,
            created_at)
        SELECT s.user_id, b.sequence - count(*) OVER whole + row_number() OVER so_far,
            'spend:' || s.id || ':' || s.charge, -s.cost, 'SPEND', 'import', s.id,
            b.balance + sum(s.cost) OVER whole - sum(s.cost) OVER so_far,
            json_object('importId', :import), s.created_at
        FROM staged_jobs AS s JOIN balances AS b ON b.user_id = s.user_id
        WHERE \(group) AND s.cost > 0
        WINDOW whole AS (PARTITION BY s.user_id),
            so_far AS (PARTITION BY s.user_id ORDER BY s.created_at, s.id ROWS UNBOUNDED PRECEDING)
        """

    package static let jobs = """
        INSERT INTO jobs (\(JobStatements.stored))
        SELECT \(JobStatements.stored) FROM staged_jobs AS s WHERE \(group) ORDER BY s.user_id, s.created_at, s.id
        """
}
