import Unstick

/// The statements of one pass on SQLite: a constant number for a batch of any size.
///
/// The oldest stuck jobs become the batch, a small table of its own, and every later statement reads that: the jobs are
/// failed or put back, the ledger gets its lines with the running balance, each user's sum is added to the balance, the run
/// gets its items, and whoever wants to know of them is told. Parameters are those of ``StuckSearch`` and `:run :position :source`.
package enum SQLiteCleanupStatements {
    /// Step 1: the batch, numbered from 1.
    package static func takeBatch(_ shape: StuckSearch.Shape, from start: StuckSearch.Start) -> String {
        StuckSearch(map: .sqlite, shape: shape).batch(
            into: ("temp.batch", "row"),
            leading: "v.row",
            extra: ", j.rowid AS row",
            from: start
        )
    }

    /// Step 2: the jobs fail or go back to the queue.
    ///
    /// By row: the transaction has had the write lock since before the batch was read, so a row is the same job in the same
    /// attempt. A join by id takes twice as long.
    ///
    /// - Parameter allRefunded: whether every job of the batch fails and is refunded.
    package static func endJobs(_ shape: StuckSearch.Shape, allRefunded: Bool) -> String {
        // Nearly always that is so, and the batch need not be read again for each.
        guard allRefunded, shape.isPlain, shape.phase == .processing else {
            return """
                UPDATE jobs SET \(TableMap.assignments)
                FROM temp.batch AS i WHERE jobs.rowid = i.row AND jobs.status = '\(shape.phase.rawValue)'
                """
        }
        return """
            UPDATE jobs SET status = 'FAILED', timed_out_after = :now - coalesce(processing_started_at, updated_at),
                error_text = NULL, processing_completed_at = :now, timeouts = timeouts + 1, updated_at = :now
            WHERE rowid IN (SELECT row FROM temp.batch) AND status = 'PROCESSING'
            """
    }

    /// A job that is not what it was changed to: a trigger has put another status in its place.
    package static let unchangedJob = """
        SELECT i.job_id FROM temp.batch AS i JOIN jobs AS j ON j.rowid = i.row
        WHERE j.status <> \(TableMap.statusWritten) LIMIT 1
        """

    package static let hasLeases = "SELECT EXISTS (SELECT 1 FROM leases)"

    package static let dropLeases = "DELETE FROM leases WHERE job_id IN (SELECT job_id FROM temp.batch)"

    /// Step 3: the ledger's lines, while the balances are still the old ones.
    ///
    /// Their key is what makes a second refund of the same charge impossible.
    package static let bookRefunds = """
        INSERT INTO token_transactions
            (user_id, sequence, id, amount, type, source,
            source_id, balance_after, metadata, created_at)
        SELECT i.user_id, coalesce(b.sequence, 0) + row_number() OVER so_far,
            'refund:' || i.job_id || ':' || i.charge, i.amount, CASE WHEN i.hold THEN 'RELEASE' ELSE 'REFUND' END,
            :source, i.job_id,
            coalesce(b.balance, 0) + sum(i.amount) OVER so_far,
            json_object('runId', :run, 'reason',
                'Job timeout cleanup - stuck for ' || ((i.duration + 500) / 1000) || 's'),
            :now
        FROM temp.batch AS i LEFT JOIN balances AS b ON b.user_id = i.user_id
        WHERE i.amount > 0
        WINDOW so_far AS (PARTITION BY i.user_id ORDER BY i.position ROWS UNBOUNDED PRECEDING)
        """

    /// Step 4: each user's sum, in the order of the users.
    package static let creditBalances = """
        INSERT INTO balances
            (user_id, balance, sequence, updated_at, refunded, refunds, last_refund, counted)
        SELECT i.user_id, sum(i.amount), count(*), :now, sum(i.amount), count(*), count(*), count(*) FROM temp.batch AS i
        WHERE i.amount > 0
        GROUP BY i.user_id ORDER BY i.user_id
        ON CONFLICT (user_id) DO UPDATE SET
            balance = balances.balance + excluded.balance,
            sequence = balances.sequence + excluded.sequence,
            updated_at = excluded.updated_at,
            refunded = balances.refunded + excluded.refunded,
            refunds = balances.refunds + excluded.refunds,
            last_refund = balances.sequence + excluded.last_refund,
            counted = balances.counted + excluded.counted
        """

    /// Step 5: the run's items, numbered on from `:position`; a moment is kept in milliseconds.
    package static let recordItems = """
        INSERT INTO run_items
            (run_id, position, user_id, job_id, kind, tier, attempt, charge, since, duration, amount, action, rule,
            limit_kind, limit_ms, measured_ms, worker, retry_at)
        SELECT :run, :position + i.position, i.user_id, i.job_id, i.kind, i.tier, i.attempt, i.charge, i.since / 1000,
            i.duration, i.amount, i.action, i.rule, i.limit_kind, i.limit_ms, i.measured_ms, i.worker, i.retry_at
        FROM temp.batch AS i ORDER BY i.position
        """

    /// Step 6: what others are told, where somebody wants to know.
    package static let deliverItems = EventStatements.deliverItems(
        .sqlite,
        schema: "",
        from: (relation: "temp.batch", condition: "true"),
        run: ":run",
        position: "(:position + i.position)",
        refunds: .tokensRefunded
    )

    /// The batch as it was cleaned, in the columns of ``RunStatements/items``.
    package static let batch = """
        SELECT :position + position, job_id, user_id, kind, tier, attempt, since / 1000, action, amount, duration, NULL,
            rule, limit_kind, limit_ms, measured_ms, worker, retry_at, NULL
        FROM temp.batch ORDER BY position
        """
}
