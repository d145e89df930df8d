package import Unstick

/// The statements of one pass on PostgreSQL: a constant number for a batch of any size, over any tables.
///
/// The batch is its run items: the oldest stuck jobs become items, locked with their users' balances and without waiting for
/// anybody; the jobs are changed where they are the items' jobs; each user's sum is added to the balance, in the order of the users; the ledger
/// gets its lines with the running balance; whoever wants to know is told. Parameters are
/// named: those of ``StuckSearch`` and `:run :position :source :message`. The key of a refund of a team's own tables has their
/// source in it.
package struct PostgresCleanupStatements: Sendable {
    private let map: TableMap

    package init(map: TableMap) {
        self.map = map
    }

    /// Step 1: the batch becomes the run's newest items, and answers with them, in the order of the jobs.
    ///
    /// The users' balances are locked with the jobs: what is left out, and why, is decided before anything is changed. The
    /// order of the columns is that of ``RunStatements/items``.
    package func takeBatch(_ shape: StuckSearch.Shape, from start: StuckSearch.Start) -> String {
        StuckSearch(map: map, shape: shape).batch(
            into: ("unstick.run_items AS i", "run_id, position"),
            leading: ":run, :position + row_number() OVER (ORDER)",
            from: start
        ) + "\nRETURNING \(RunStatements.itemColumns)"
    }

    /// Jobs that were left out because another transaction has their balance leave no item yet: they are tried once more.
    package static let forgetLocked = """
        DELETE FROM unstick.run_items WHERE run_id = :run AND position > :position
            AND error = \(StuckSearch.literal(StuckJob.lockedBalance))
        """

    /// Deferred triggers fire now, under the search path of their tables, so that what they do is seen.
    package var fireTriggers: String? { map.isAttached ? "SET CONSTRAINTS ALL IMMEDIATE" : nil }

    /// Step 5: a job of the batch that is not what it was changed to, because something puts another status in its place.
    package func unchangedJob(_ phase: StuckPhase) -> String? {
        guard map.outcome != .report else { return nil }
        let isOfPhase = phase == .processing ? map.jobs.isProcessing : map.jobs.isPending ?? "false"
        let isCompleted = map.jobs.isCompleted.map { " OR (\($0))" } ?? ""
        let isOther = map.isAsWritten[phase].map { " OR NOT coalesce(\($0), false)" } ?? ""
        return """
            SELECT i.job_id AS job_id FROM unstick.run_items AS i JOIN \(map.jobs.table) AS j ON \(map.jobs.isItem)
            WHERE \(TableMap.inBatch) AND ((\(isOfPhase))\(isCompleted)\(isOther)) LIMIT 1
            """
    }

    /// Step 3: each user's sum, in the order of the users, so that no two passes wait for each other in a ring.
    ///
    /// Where the balances are the team's, the guard's rows come first; the last one changes a row for each user.
    package var credits: [String] {
        guard map.refunds else { return [] }
        switch map.compensation {
        case .none: return []
        case .webhook: return [rememberRefunds]
        case .balances(let credit, _): return [rememberRefunds, credit]
        case .ledger:
            return [
                """
                INSERT INTO unstick.balances AS b (user_id, balance, sequence, updated_at, refunded, refunds, last_refund,
                    counted)
                SELECT i.user_id, sum(i.amount), count(*), CAST(:now AS bigint), sum(i.amount), count(*), count(*),
                    count(*)
                FROM unstick.run_items AS i
                WHERE \(Self.isPaid)
                GROUP BY i.user_id ORDER BY i.user_id
                ON CONFLICT (user_id) DO UPDATE SET balance = b.balance + excluded.balance,
                    sequence = b.sequence + excluded.sequence, updated_at = excluded.updated_at,
                    refunded = b.refunded + excluded.refunded, refunds = b.refunds + excluded.refunds,
                    last_refund = b.sequence + excluded.last_refund, counted = b.counted + excluded.counted
                """
            ]
        }
    }

    /// What the balances of the batch's users are: read before and after, a refund is what they changed by.
    ///
    /// `nil` where the balances are Unstick's own, or none are moved.
    package var refundedBalances: String? {
        guard map.refunds, case .balances = map.compensation, let balances = map.balances else { return nil }
        return """
            SELECT w.user_id AS user_id, w.total AS total, \(balances.balance) AS balance
            FROM (SELECT i.user_id, sum(i.amount) AS total FROM unstick.run_items AS i WHERE \(Self.isPaid)
                GROUP BY i.user_id) AS w
            JOIN \(balances.table) AS b ON \(balances.key) = \(balances.asKey("w.user_id"))
            """
    }

    /// Which items of the batch give something back.
    package static let isPaid = "\(TableMap.inBatch) AND i.amount > 0"

    /// The key of an item's refund, for a team's own ledger.
    package static let refundKey = RefundKey.ofItem

    private var rememberRefunds: String {
        """
        INSERT INTO unstick.refunds (user_id, id, job_id, source, amount, run_id, created_at, asked_at)
        SELECT i.user_id, \(RefundKey.ofItem), i.job_id, i.source, i.amount, i.run_id, :now,
            \(asksForRefunds ? ":now" : "CAST(NULL AS bigint)")
        FROM unstick.run_items AS i WHERE \(Self.isPaid) ORDER BY i.user_id, i.job_id
        """
    }

    /// Step 4: the ledger's lines, once the balances have moved; it adds a row for each refund.
    package var bookRefunds: String? {
        guard map.refunds else { return nil }
        switch map.compensation {
        case .none, .webhook: return nil
        case .balances(_, let ledger): return ledger
        case .ledger:
            return """
                INSERT INTO unstick.token_transactions
                    (user_id, sequence, id, amount, type, source, source_id, balance_after, metadata, created_at)
                SELECT i.user_id, b.sequence - count(*) OVER whole + row_number() OVER so_far,
                    \(RefundKey.own(job: "i.job_id", charge: "i.charge")), i.amount,
                    CASE WHEN i.hold THEN 'RELEASE' ELSE 'REFUND' END, :source, i.job_id,
                    b.balance - sum(i.amount) OVER whole + sum(i.amount) OVER so_far, \(Self.metadata), :now
                FROM unstick.run_items AS i JOIN unstick.balances AS b ON b.user_id = i.user_id
                WHERE \(Self.isPaid)
                WINDOW whole AS (PARTITION BY i.user_id),
                    so_far AS (PARTITION BY i.user_id ORDER BY i.position ROWS UNBOUNDED PRECEDING)
                """
        }
    }

    /// Why the tokens came back, as JSON.
    package static let metadata = """
        json_build_object('runId', i.run_id, 'reason',
            'Job timeout cleanup - stuck for ' || (i.duration + 500) / 1000 || 's')
        """

    /// Step 2b: the webhook deliveries for the batch.
    package var deliverItems: String {
        EventStatements.deliverItems(
            .postgres,
            schema: "unstick.",
            from: (relation: "unstick.run_items", condition: TableMap.inBatch),
            run: "i.run_id",
            position: "i.position",
            refunds: asksForRefunds ? .tokensRefundDue : .tokensRefunded
        )
    }

    /// Whether a team's own billing gives back what is owed.
    private var asksForRefunds: Bool {
        if case .webhook = map.compensation { true } else { false }
    }
}
