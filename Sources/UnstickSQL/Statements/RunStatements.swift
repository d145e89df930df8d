/// The statements of the history of passes.
package enum RunStatements {
    /// Every action that an item can have, as SQL literals.
    static let actions = [
        "FAILED_AND_REFUNDED", "FAILED", "RETRIED", "QUARANTINED", "REPORTED", "WOULD_FAIL", "WOULD_RETRY",
        "WOULD_QUARANTINE", "WOULD_REPORT", "ERROR",
    ].map { "'\($0)'" }.joined(separator: ", ")

    private static let columns = """
        id, "trigger", status, dry_run, timeout_ms, batch_size, total_found, cleaned_up, failed, tokens_refunded, more,
        error, started_at, updated_at, duration_ms
        """

    private static let insert = """
        INSERT INTO runs (\(columns)) VALUES (:id, :trigger, :status, :dryRun, :timeout, :batchSize, :totalFound,
            :cleanedUp, :failed, :tokensRefunded, :more, :error, :startedAt, :updatedAt, :duration)
        """

    /// Makes the run's row where there is none, waiting for whoever is making it.
    package static let ensure = insert + " ON CONFLICT (id) DO NOTHING"

    /// Waits for whoever is changing the run.
    package static let lock = "SELECT 1 FROM runs WHERE id = :id FOR UPDATE"

    package static let record =
        insert + """
             ON CONFLICT (id) DO UPDATE SET status = excluded.status, total_found = excluded.total_found,
                cleaned_up = excluded.cleaned_up, failed = excluded.failed, tokens_refunded = excluded.tokens_refunded,
                more = excluded.more, error = excluded.error, updated_at = excluded.updated_at,
                duration_ms = excluded.duration_ms
            """

    package static let insertItem = """
        INSERT INTO run_items (run_id, position, user_id, job_id, kind, tier, attempt, charge, since, duration, amount,
            action, error, rule, limit_kind, limit_ms, measured_ms, worker, retry_at)
        VALUES (:run, :position, :user, :job, :kind, :tier, :attempt, 1, :since, :duration, :amount, :action, :error,
            :rule, :limitKind, :limit, :measured, :worker, :retryAt)
        ON CONFLICT DO NOTHING
        """

    /// Runs that nobody is working on any more: their process died, or lost the database.
    package static let closeInterrupted = """
        UPDATE runs SET status = 'FAILED', more = :more, error = :reason
        WHERE status = 'RUNNING' AND updated_at <= :silentSince AND id <> :id
        RETURNING \(columns)
        """

    package static let find = "SELECT \(columns) FROM runs WHERE id = :id"

    /// Which runs count as a success: those of the index that finds the last one.
    static let succeeded = "status = 'COMPLETED' AND NOT dry_run"

    package static let lastSuccess = "SELECT \(columns) FROM runs WHERE \(succeeded) ORDER BY id DESC LIMIT 1"

    package static let totals = """
        SELECT CAST(coalesce(sum(cleaned_up), 0) AS bigint) AS jobs,
            CAST(coalesce(sum(tokens_refunded), 0) AS bigint) AS tokens
        FROM runs WHERE id >= :first AND NOT dry_run
        """

    package static let list = "SELECT \(columns) FROM runs WHERE id < :before ORDER BY id DESC LIMIT :limit"

    /// What is read of an item, by the order of the columns.
    static let itemColumns = """
        i.position, i.job_id, i.user_id, i.kind, i.tier, i.attempt, i.since, i.action, i.amount, i.duration, i.error,
            i.rule, i.limit_kind, i.limit_ms, i.measured_ms, i.worker, i.retry_at
        """

    package static let items = """
        SELECT \(itemColumns)
        FROM run_items AS i WHERE i.run_id = :run AND i.position > :position
        ORDER BY i.position LIMIT :limit
        """

    /// ``items`` where a team's own billing is asked for refunds, with what became of that.
    package static let itemsWithRequests = """
        SELECT \(itemColumns), CASE WHEN r.confirmed_at IS NOT NULL THEN 'CONFIRMED' WHEN r.asked_at IS NOT NULL THEN 'ASKED'
            END AS request
        FROM run_items AS i LEFT JOIN unstick.refunds AS r ON r.user_id = i.user_id AND r.run_id = i.run_id
            AND r.id = 'refund:' || i.job_id || ':' || i.charge
        WHERE i.run_id = :run AND i.position > :position
        ORDER BY i.position LIMIT :limit
        """
}
