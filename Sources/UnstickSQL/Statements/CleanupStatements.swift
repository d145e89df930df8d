/// The statements of one pass: a constant number for a batch of any size.
///
/// The oldest stuck jobs become the batch, a small table of its own, and every later statement reads that: the jobs are
/// failed where they still are as they were read, the ledger gets its lines with the running balance, each user's sum is
/// added to the balance, the run gets its items, and the events go out. Parameters are named:
/// `:run :position :now :cutoff :since :id :limit :source :timeout`.
package struct CleanupStatements: Sendable {
    private let map: TableMap

    package init(map: TableMap = .unstick) {
        self.map = map
    }

    /// The moment from which a job's age counts.
    ///
    /// The index of the stuck jobs is on this very expression.
    private func since(_ row: String = "") -> String {
        "coalesce(\(row)\(map.jobs.startedAt), \(row)\(map.jobs.updatedAt))"
    }

    /// The stuck jobs from `:cutoff` back.
    ///
    /// The status is a literal, not a parameter, so that the partial index serves.
    private func isStuck(_ row: String = "") -> String {
        "\(row)\(map.jobs.status) = 'PROCESSING' AND \(since(row)) <= :cutoff"
    }

    private func isAfterCursor(_ row: String = "") -> String {
        "\(since(row)) >= :since AND (\(since(row)) > :since OR \(row)\(map.jobs.id) > :id)"
    }

    /// How many jobs are stuck, and how many are running if at least `:minimum` are stuck.
    package var survey: String {
        """
        WITH stuck(n) AS MATERIALIZED (SELECT count(*) FROM \(map.jobs.table) WHERE \(isStuck()))
        SELECT n AS stuck, CASE WHEN n >= :minimum THEN
            (SELECT count(*) FROM \(map.jobs.table) WHERE \(map.jobs.status) = 'PROCESSING') ELSE 0 END AS running
        FROM stuck
        """
    }

    /// The oldest stuck jobs after the cursor.
    package var stuckJobs: String {
        let jobs = map.jobs
        return """
            SELECT \(jobs.id) AS id, \(jobs.userID) AS user_id, \(jobs.kind) AS kind, \(jobs.tier) AS tier,
                \(jobs.cost) AS cost, \(jobs.attempt) AS attempt, \(jobs.startedAt) AS started_at,
                \(jobs.updatedAt) AS updated_at
            FROM \(jobs.table)
            WHERE \(isStuck()) AND \(isAfterCursor())
            ORDER BY \(since()), \(jobs.id) LIMIT :limit
            """
    }

    /// Step 1: the batch, numbered from 1.
    ///
    /// A charge that was given back before is not owed again.
    package var takeBatch: String {
        let (jobs, ledger) = (map.jobs, map.ledger)
        return """
            INSERT INTO temp.batch
                (row, user_id, job_id, kind, tier, attempt, charge, since, duration, amount, action)
            SELECT j.rowid, j.\(jobs.userID), j.\(jobs.id), j.\(jobs.kind), j.\(jobs.tier), j.\(jobs.attempt),
                j.\(jobs.charge), \(since("j.")), :now - \(since("j.")),
                CASE WHEN t.\(ledger.id) IS NULL THEN j.\(jobs.cost) ELSE 0 END,
                CASE WHEN t.\(ledger.id) IS NULL AND j.\(jobs.cost) > 0 THEN 'FAILED_AND_REFUNDED' ELSE 'FAILED' END
            FROM \(jobs.table) AS j
            LEFT JOIN \(ledger.table) AS t
                ON t.\(ledger.id) = 'refund:' || j.\(jobs.id) || ':' || j.\(jobs.charge)
                AND t.\(ledger.userID) = j.\(jobs.userID)
            WHERE \(isStuck("j.")) AND \(isAfterCursor("j."))
            ORDER BY \(since("j.")), j.\(jobs.id) LIMIT :limit
            """
    }

    /// Step 2: the jobs fail, each only if it is still stuck.
    ///
    /// By row: the transaction has had the write lock since before the batch was read, so a row is the same job in the same
    /// attempt. A join by id takes twice as long.
    package var failJobs: String {
        let jobs = map.jobs
        return """
            UPDATE \(jobs.table) SET \(jobs.status) = 'FAILED',
                \(jobs.timedOutAfter) = :now - \(since()),
                \(jobs.completedAt) = :now, \(jobs.updatedAt) = :now
            WHERE rowid IN (SELECT row FROM temp.batch) AND \(isStuck())
            """
    }

    /// Step 3: the ledger's lines, while the balances are still the old ones.
    ///
    /// Their key is what makes a second refund of the same charge impossible.
    package var bookRefunds: String {
        let (balances, ledger) = (map.balances, map.ledger)
        return """
            INSERT INTO \(ledger.table)
                (\(ledger.userID), \(ledger.sequence), \(ledger.id), \(ledger.amount), \(ledger.kind), \(ledger.source),
                \(ledger.sourceID), \(ledger.balanceAfter), \(ledger.metadata), \(ledger.createdAt))
            SELECT i.user_id, coalesce(b.\(balances.sequence), 0) + row_number() OVER so_far,
                'refund:' || i.job_id || ':' || i.charge, i.amount, 'REFUND', :source, i.job_id,
                coalesce(b.\(balances.balance), 0) + sum(i.amount) OVER so_far,
                json_object('runId', :run, 'reason',
                    'Job timeout cleanup - stuck for ' || ((i.duration + 500) / 1000) || 's'),
                :now
            FROM temp.batch AS i LEFT JOIN \(balances.table) AS b ON b.\(balances.userID) = i.user_id
            WHERE i.amount > 0
            WINDOW so_far AS (PARTITION BY i.user_id ORDER BY i.position ROWS UNBOUNDED PRECEDING)
            """
    }

    /// Step 4: each user's sum, in the order of the users.
    package var creditBalances: String {
        let balances = map.balances
        return """
            INSERT INTO \(balances.table)
                (\(balances.userID), \(balances.balance), \(balances.sequence), \(balances.updatedAt))
            SELECT i.user_id, sum(i.amount), count(*), :now FROM temp.batch AS i
            WHERE i.amount > 0
            GROUP BY i.user_id ORDER BY i.user_id
            ON CONFLICT (\(balances.userID)) DO UPDATE SET
                \(balances.balance) = \(balances.table).\(balances.balance) + excluded.\(balances.balance),
                \(balances.sequence) = \(balances.table).\(balances.sequence) + excluded.\(balances.sequence),
                \(balances.updatedAt) = excluded.\(balances.updatedAt)
            """
    }

    /// Step 5: the run's items, numbered on from `:position`.
    package let recordItems = """
        INSERT INTO run_items
            (run_id, position, user_id, job_id, kind, tier, attempt, charge, since, duration, amount, action)
        SELECT :run, :position + i.position, i.user_id, i.job_id, i.kind, i.tier, i.attempt, i.charge, i.since,
            i.duration, i.amount, i.action
        FROM temp.batch AS i ORDER BY i.position
        """

    /// Step 6: what others are told, once for each job.
    package let emitEvents = """
        INSERT INTO events (id, type, user_id, payload, created_at)
        SELECT :run || '-' || (:position + i.position), 'job.timed_out', i.user_id,
            json_object('jobId', i.job_id, 'userId', i.user_id, 'kind', i.kind, 'tier', i.tier, 'attempt', i.attempt,
                'processingDuration', i.duration, 'timeout', :timeout, 'tokensRefunded', i.amount, 'runId', :run),
            :now
        FROM temp.batch AS i ORDER BY i.position
        """

    /// The batch as it was cleaned, in the columns of ``RunStatements/items``.
    package let batch = """
        SELECT :position + position, job_id, user_id, kind, tier, attempt, since, action, amount, duration, NULL
        FROM temp.batch ORDER BY position
        """
}
