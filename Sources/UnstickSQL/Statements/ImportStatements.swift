/// The statements of an import: from the staged rows into the tables, some users at a time.
///
/// A group of users is `:after < user_id <= :upTo`. Its new jobs are charged from an opening adjustment of the same
/// sum, so that the balance does not change and the ledger is consistent.
package struct ImportStatements: Sendable {
    private let table: String
    private let mine: String

    /// - Parameters:
    ///   - staged: the table with the staged rows.
    ///   - condition: selects the rows of this import.
    package init(staged: String, only condition: String = "true") {
        self.table = staged
        self.mine = condition
    }

    private var staged: String { "\(self.table) AS s" }

    /// About how many rows one transaction books; a user's jobs are never split.
    static let groupRows = 20_000

    /// The columns of a staged row, in their order.
    package static let columns = JobStatements.stored

    /// The columns of ``stage(_:)``, and whether they are texts.
    static let stagedColumns = [
        ("id", true), ("user_id", true), ("kind", true), ("tier", true), ("cost", false), ("status", true),
        ("attempt", false), ("charge", false), ("created_at", false), ("processing_started_at", false),
        ("updated_at", false), ("processing_completed_at", false), ("line", false),
    ].map { (name: $0.0, isText: $0.1) }

    /// Stores the rows of a relation, without those whose id is already staged.
    static func stage(_ rows: String) -> String {
        """
        INSERT INTO unstick.staged_jobs (id, user_id, kind, tier, cost, status, attempt, charge, created_at,
            processing_started_at, updated_at, processing_completed_at, line, import_id, staged_at)
        SELECT s.*, :import, :now FROM (\(rows)) AS s ON CONFLICT DO NOTHING
        """
    }

    /// The rows of a relation whose ids other rows have; rows that the same call staged before, without an answer, do
    /// not count.
    static func repeated(_ rows: String) -> String {
        """
        SELECT n.id, n.line, s.line AS first_line FROM (\(rows)) AS n
        JOIN unstick.staged_jobs AS s ON s.import_id = :import AND s.id = n.id
        WHERE s.line <> n.line ORDER BY n.line
        """
    }

    package var count: String { "SELECT count(*) AS n FROM \(staged) WHERE \(mine)" }

    /// A user whose charges together exceed a balance.
    ///
    /// Summed as fractions, which do not overflow.
    package var overcharged: String {
        """
        SELECT user_id FROM \(staged) WHERE \(mine) GROUP BY user_id HAVING sum(cost * 1.0) > :most
        ORDER BY user_id LIMIT 1
        """
    }

    /// The user that ends the next group of about `:rows` rows, or the last one; NULL when none are left.
    package var groupEnd: String {
        """
        SELECT coalesce(
            (SELECT user_id FROM \(staged) WHERE \(mine) AND user_id > :after ORDER BY user_id LIMIT 1 OFFSET :rows),
            (SELECT max(user_id) FROM \(staged) WHERE \(mine) AND user_id > :after)) AS user_id
        """
    }

    private var group: String { "\(mine) AND s.user_id > :after AND s.user_id <= :upTo" }

    func dropKnown(_ dialect: any SQLDialect) -> String {
        dialect.delete(
            KeyedTable(name: self.table, alias: "s", key: ["id"]),
            using: "unstick.jobs AS j",
            where: "\(self.group) AND j.id = s.id"
        )
    }

    package var totals: String {
        """
        SELECT count(*) AS jobs, count(DISTINCT s.user_id) AS users, coalesce(sum(s.cost), 0) AS tokens
        FROM \(staged) WHERE \(group)
        """
    }

    package var balances: String {
        """
        INSERT INTO unstick.balances (user_id, balance, sequence, updated_at, spent, charges, counted)
        SELECT s.user_id, 0, count(*) + 1, CAST(:now AS bigint), sum(s.cost), count(*), count(*) + 1 FROM \(staged)
        WHERE \(group) AND s.cost > 0 GROUP BY s.user_id ORDER BY s.user_id
        ON CONFLICT (user_id) DO UPDATE SET sequence = unstick.balances.sequence + excluded.sequence,
            spent = unstick.balances.spent + excluded.spent, charges = unstick.balances.charges + excluded.charges,
            counted = unstick.balances.counted + excluded.counted, updated_at = excluded.updated_at
        """
    }

    package var openings: String {
        """
        INSERT INTO unstick.token_transactions (user_id, sequence, id, amount, type, source, source_id, balance_after, metadata,
            created_at)
        SELECT s.user_id, b.sequence - count(*), 'opening:' || :import, sum(s.cost), 'ADJUSTMENT', 'import', :import,
            b.balance + sum(s.cost), '{"reason":"Opening balance for imported jobs"}', min(s.created_at)
        FROM \(staged) JOIN unstick.balances AS b ON b.user_id = s.user_id
        WHERE \(group) AND s.cost > 0 GROUP BY s.user_id, b.sequence, b.balance ORDER BY s.user_id
        """
    }

    package var charges: String {
        """
        INSERT INTO unstick.token_transactions (user_id, sequence, id, amount, type, source, source_id, balance_after, metadata,
            created_at)
        SELECT s.user_id, b.sequence - count(*) OVER whole + count(*) OVER so_far,
            'spend:' || s.id || ':' || s.charge, -s.cost, 'SPEND', 'import', s.id,
            b.balance + sum(s.cost) OVER whole - sum(s.cost) OVER so_far, :metadata, s.created_at
        FROM \(staged) JOIN unstick.balances AS b ON b.user_id = s.user_id
        WHERE \(group) AND s.cost > 0
        WINDOW whole AS (PARTITION BY s.user_id),
            so_far AS (PARTITION BY s.user_id ORDER BY s.created_at, s.id ROWS UNBOUNDED PRECEDING)
        """
    }

    package var jobs: String {
        """
        INSERT INTO unstick.jobs (\(Self.columns), available_at)
        SELECT \(Self.columns), created_at FROM \(staged) WHERE \(group) ORDER BY s.user_id, s.created_at, s.id
        """
    }
}
