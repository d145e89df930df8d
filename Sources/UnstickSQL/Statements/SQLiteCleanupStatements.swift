/// The statements of one pass on SQLite: a constant number for a batch of any size.
///
/// The oldest stuck jobs become the batch, a small table of its own, and every later statement reads that: the jobs are
/// failed where they still are as they were read, the ledger gets its lines with the running balance, each user's sum is
/// added to the balance, the run gets its items, and the events go out. Parameters are named:
/// `:run :position :now :cutoff :since :id :limit :source :timeout`.
package enum SQLiteCleanupStatements {
    /// The moment from which a job's age counts.
    ///
    /// The index of the stuck jobs is on this very expression.
    private static func since(_ row: String = "") -> String {
        "coalesce(\(row)processing_started_at, \(row)updated_at)"
    }

    /// The stuck jobs from `:cutoff` back.
    ///
    /// The status is a literal, not a parameter, so that the partial index serves.
    private static func isStuck(_ row: String = "") -> String {
        "\(row)status = 'PROCESSING' AND \(since(row)) <= :cutoff"
    }

    private static func isAfterCursor(_ row: String = "") -> String {
        "\(since(row)) >= :since AND (\(since(row)) > :since OR \(row)id > :id)"
    }

    /// How many jobs are stuck, and how many are running if at least `:minimum` are stuck.
    package static let survey = """
        WITH stuck(n) AS MATERIALIZED (SELECT count(*) FROM jobs WHERE \(isStuck()))
        SELECT n AS stuck, CASE WHEN n >= :minimum THEN
            (SELECT count(*) FROM jobs WHERE status = 'PROCESSING') ELSE 0 END AS running
        FROM stuck
        """

    /// The oldest stuck jobs after the cursor.
    package static let stuckJobs = """
        SELECT id, user_id, kind, tier, cost, attempt, processing_started_at AS started_at, updated_at
        FROM jobs
        WHERE \(isStuck()) AND \(isAfterCursor())
        ORDER BY \(since()), id LIMIT :limit
        """

    /// Step 1: the batch, numbered from 1.
    ///
    /// A charge that was given back before is not owed again.
    package static let takeBatch = """
        INSERT INTO temp.batch
            (row, user_id, job_id, kind, tier, attempt, charge, since, duration, amount, action)
        SELECT j.rowid, j.user_id, j.id, j.kind, j.tier, j.attempt,
            j.charge, \(since("j.")), :now - \(since("j.")),
            CASE WHEN t.id IS NULL THEN j.cost ELSE 0 END,
            CASE WHEN t.id IS NULL AND j.cost > 0 THEN 'FAILED_AND_REFUNDED' ELSE 'FAILED' END
        FROM jobs AS j
        LEFT JOIN token_transactions AS t
            ON t.id = 'refund:' || j.id || ':' || j.charge
            AND t.user_id = j.user_id
        WHERE \(isStuck("j.")) AND \(isAfterCursor("j."))
        ORDER BY \(since("j.")), j.id LIMIT :limit
        """

    /// Step 2: the jobs fail, each only if it is still stuck.
    ///
    /// By row: the transaction has had the write lock since before the batch was read, so a row is the same job in the same
    /// attempt. A join by id takes twice as long.
    package static let failJobs = """
        UPDATE jobs SET status = 'FAILED',
            timed_out_after = :now - \(since()),
            processing_completed_at = :now, updated_at = :now
        WHERE rowid IN (SELECT row FROM temp.batch) AND \(isStuck())
        """

    /// Step 3: the ledger's lines, while the balances are still the old ones.
    ///
    /// Their key is what makes a second refund of the same charge impossible.
    package static let bookRefunds = """
        INSERT INTO token_transactions
            (user_id, sequence, id, amount, type, source,
            source_id, balance_after, metadata, created_at)
        SELECT i.user_id, coalesce(b.sequence, 0) + row_number() OVER so_far,
            'refund:' || i.job_id || ':' || i.charge, i.amount, 'REFUND', :source, i.job_id,
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
            (user_id, balance, sequence, updated_at)
        SELECT i.user_id, sum(i.amount), count(*), :now FROM temp.batch AS i
        WHERE i.amount > 0
        GROUP BY i.user_id ORDER BY i.user_id
        ON CONFLICT (user_id) DO UPDATE SET
            balance = balances.balance + excluded.balance,
            sequence = balances.sequence + excluded.sequence,
            updated_at = excluded.updated_at
        """

    /// Step 5: the run's items, numbered on from `:position`.
    package static let recordItems = """
        INSERT INTO run_items
            (run_id, position, user_id, job_id, kind, tier, attempt, charge, since, duration, amount, action)
        SELECT :run, :position + i.position, i.user_id, i.job_id, i.kind, i.tier, i.attempt, i.charge, i.since,
            i.duration, i.amount, i.action
        FROM temp.batch AS i ORDER BY i.position
        """

    /// Step 6: what others are told, once for each job.
    package static let emitEvents = """
        INSERT INTO events (id, type, user_id, payload, created_at)
        SELECT :run || '-' || (:position + i.position), 'job.timed_out', i.user_id,
            json_object('jobId', i.job_id, 'userId', i.user_id, 'kind', i.kind, 'tier', i.tier, 'attempt', i.attempt,
                'processingDuration', i.duration, 'timeout', :timeout, 'tokensRefunded', i.amount, 'runId', :run),
            :now
        FROM temp.batch AS i ORDER BY i.position
        """

    /// The batch as it was cleaned, in the columns of ``RunStatements/items``.
    package static let batch = """
        SELECT :position + position, job_id, user_id, kind, tier, attempt, since, action, amount, duration, NULL
        FROM temp.batch ORDER BY position
        """
}
