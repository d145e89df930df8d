/// The statements of one pass on PostgreSQL: a constant number for a batch of any size, over any tables.
///
/// The batch is its run items: the oldest stuck jobs become items, locked and without waiting for anybody; the jobs are
/// changed where they are the items' jobs; each user's sum is added to the balance, in the order of the users; the ledger
/// gets its lines with the running balance; the events go out. Parameters are named:
/// `:run :position :now :cutoff :since :id :limit :source :timeout :message`. Moments are in microseconds where they are
/// compared with the jobs' (`:cutoff`, `:since`), and in milliseconds where they are stored.
package struct PostgresCleanupStatements: Sendable {
    private let map: TableMap

    package init(map: TableMap) {
        self.map = map
    }

    private func isStuck(at cutoff: String = ":cutoff") -> String {
        "\(map.jobs.isProcessing) AND \(map.jobs.since) <= \(map.jobs.clock.value(microseconds: cutoff))"
    }

    /// The first page has no cursor: no value of a key is known to be before all others.
    private func isAfterCursor(_ hasCursor: Bool) -> String {
        guard hasCursor else { return "" }
        let since = map.jobs.clock.value(microseconds: ":since")
        return " AND (\(map.jobs.since), \(map.jobs.id)) > (\(since), \(map.jobs.asID(":id")))"
    }

    /// Where a row is left as it is, an attempt that was told before is not taken again.
    private var told: (join: String, condition: String) {
        guard map.outcome == .report else { return ("", "") }
        return (
            """

                LEFT JOIN unstick.run_items AS p ON p.user_id = \(map.jobs.user) AND p.job_id = \(map.jobs.idText)
                    AND p.since = \(map.jobs.clock.microseconds(map.jobs.since)) AND p.action = 'REPORTED'
            """, " AND p.job_id IS NULL"
        )
    }

    /// How many jobs are stuck by the database's clock, and how many are running if at least `:minimum` are stuck.
    package var survey: String {
        """
        WITH stuck(n) AS MATERIALIZED (
            SELECT count(*) FROM \(map.jobs.table) AS j\(told.join)
            WHERE \(isStuck(at: "(:now - :timeout) * 1000"))\(told.condition)
        )
        SELECT n AS stuck, CASE WHEN n >= :minimum THEN
            (SELECT count(*) FROM \(map.jobs.table) AS j WHERE \(map.jobs.isProcessing)) ELSE 0 END AS running,
            :now AS now
        FROM stuck
        """
    }

    /// The search that a pass does, without what was told before: for a look at its plan.
    package var findStuckJobs: String {
        """
        SELECT 1 FROM \(map.jobs.table) AS j WHERE \(isStuck()) ORDER BY \(map.jobs.since), \(map.jobs.id) LIMIT :limit
        """
    }

    /// The oldest stuck jobs after the cursor.
    package func stuckJobs(hasCursor: Bool) -> String {
        let jobs = map.jobs
        return """
            SELECT \(jobs.idText) AS id, \(jobs.user) AS user_id, \(jobs.kind) AS kind, \(jobs.tier) AS tier,
                \(jobs.cost) AS cost, \(jobs.attempt) AS attempt, \(jobs.startedAt) AS started_at,
                \(jobs.updatedAt) AS updated_at, \(jobs.clock.microseconds(jobs.since)) AS since
            FROM \(jobs.table) AS j\(told.join)
            WHERE \(isStuck())\(isAfterCursor(hasCursor))\(told.condition)
            ORDER BY \(jobs.since), \(jobs.id) LIMIT :limit
            """
    }

    /// Step 1: the batch becomes the run's newest items, and answers with them.
    ///
    /// A charge that was given back before is not owed again. The order of the columns is that of ``RunStatements/items``.
    package func takeBatch(hasCursor: Bool) -> String {
        let jobs = map.jobs
        return """
            WITH victims AS MATERIALIZED (
                SELECT \(jobs.id) AS key, \(jobs.idText) AS job_id, \(jobs.user) AS user_id, \(jobs.kind) AS kind,
                    \(jobs.tier) AS tier, \(jobs.attempt) AS attempt, \(jobs.charge) AS charge, \(jobs.cost) AS cost,
                    \(jobs.clock.microseconds(jobs.since)) AS since
                FROM \(jobs.table) AS j\(told.join)
                WHERE \(isStuck())\(isAfterCursor(hasCursor))\(told.condition)
                ORDER BY \(jobs.since), \(jobs.id) LIMIT :limit
                FOR NO KEY UPDATE OF j SKIP LOCKED
            ), owed AS (
                SELECT v.*, \(owed) AS amount
                FROM victims AS v\(guardJoin)
            )
            INSERT INTO unstick.run_items AS i
                (user_id, job_id, run_id, position, kind, tier, attempt, charge, since, duration, amount, action)
            SELECT o.user_id, o.job_id, :run, :position + row_number() OVER (ORDER BY o.since, o.key), o.kind, o.tier,
                o.attempt, o.charge, o.since, :now - o.since / 1000, o.amount, \(action)
            FROM owed AS o
            RETURNING i.position, i.job_id, i.user_id, i.kind, i.tier, i.attempt, i.since, i.action, i.amount, i.duration,
                i.error
            """
    }

    private var paysBack: Bool {
        if case .none = map.compensation { return false }
        return map.outcome != .retry
    }

    private var guardJoin: String {
        guard paysBack else { return "" }
        return """

                LEFT JOIN \(map.guardTable) AS t
                    ON t.user_id = v.user_id AND t.id = 'refund:' || v.job_id || ':' || v.charge
            """
    }

    private var owed: String {
        paysBack ? "CASE WHEN t.id IS NULL THEN v.cost ELSE 0 END" : "CAST(0 AS bigint)"
    }

    private var action: String {
        switch map.outcome {
        case .fail: "CASE WHEN o.amount > 0 THEN 'FAILED_AND_REFUNDED' ELSE 'FAILED' END"
        case .retry: "'RETRIED'"
        case .report: "'REPORTED'"
        }
    }

    /// Step 2: what is written to the jobs; the last one changes a row for each item.
    package var writes: [String] { map.writes }

    /// Step 3: each user's sum, in the order of the users, so that no two passes wait for each other in a ring.
    ///
    /// Where the balances are the team's, the guard's rows come first; the last one changes a row for each user.
    package var credits: [String] {
        guard paysBack else { return [] }
        switch map.compensation {
        case .none: return []
        case .webhook: return [Self.rememberRefunds]
        case .balances(let lock, let credit, _): return [Self.rememberRefunds, lock, credit]
        case .ledger:
            return [
                """
                INSERT INTO unstick.balances AS b (user_id, balance, sequence, updated_at)
                SELECT i.user_id, sum(i.amount), count(*), CAST(:now AS bigint) FROM unstick.run_items AS i
                WHERE \(Self.isPaid)
                GROUP BY i.user_id ORDER BY i.user_id
                ON CONFLICT (user_id) DO UPDATE SET balance = b.balance + excluded.balance,
                    sequence = b.sequence + excluded.sequence, updated_at = excluded.updated_at
                """
            ]
        }
    }

    /// Which items of the batch give something back.
    package static let isPaid = "\(TableMap.inBatch) AND i.amount > 0"

    private static let rememberRefunds = """
        INSERT INTO unstick.refunds (user_id, id, job_id, amount, run_id, created_at)
        SELECT i.user_id, 'refund:' || i.job_id || ':' || i.charge, i.job_id, i.amount, i.run_id, :now
        FROM unstick.run_items AS i WHERE \(isPaid) ORDER BY i.user_id, i.job_id
        """

    /// Step 4: the ledger's lines, once the balances have moved; it adds a row for each refund.
    package var bookRefunds: String? {
        guard paysBack else { return nil }
        switch map.compensation {
        case .none, .webhook: return nil
        case .balances(_, _, let ledger): return ledger
        case .ledger:
            return """
                INSERT INTO unstick.token_transactions
                    (user_id, sequence, id, amount, type, source, source_id, balance_after, metadata, created_at)
                SELECT i.user_id, b.sequence - count(*) OVER whole + row_number() OVER so_far,
                    'refund:' || i.job_id || ':' || i.charge, i.amount, 'REFUND', :source, i.job_id,
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

    /// Step 5: what others are told, once for each job.
    package var emitEvents: String {
        let asksForRefund = if case .webhook = map.compensation { true } else { false }
        return """
            INSERT INTO unstick.events (user_id, id, type, payload, created_at)
            SELECT i.user_id, i.run_id || '-' || i.position,
                \(asksForRefund ? "CASE WHEN i.amount > 0 THEN 'tokens.refund_requested' ELSE 'job.timed_out' END" : "'job.timed_out'"),
                json_build_object('jobId', i.job_id, 'userId', i.user_id, 'kind', i.kind, 'tier', i.tier,
                    'attempt', i.attempt, 'processingDuration', i.duration, 'timeout', CAST(:timeout AS bigint),
                    '\(asksForRefund ? "tokensOwed" : "tokensRefunded")', i.amount, 'action', i.action, 'runId', i.run_id),
                :now
            FROM unstick.run_items AS i WHERE \(TableMap.inBatch)
            """
    }
}
