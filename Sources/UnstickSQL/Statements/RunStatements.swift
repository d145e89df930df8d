/// The statements of the history of passes.
package enum RunStatements {
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
            action, error)
        VALUES (:run, :position, :user, :job, :kind, :tier, :attempt, 1, :since, :duration, :amount, :action, :error)
        ON CONFLICT DO NOTHING
        """

    /// Runs that nobody is working on any more: their process died, or lost the database.
    package static let closeInterrupted = """
        UPDATE runs SET status = 'FAILED', more = :more, error = :reason
        WHERE status = 'RUNNING' AND updated_at <= :silentSince AND id <> :id
        """

    package static let find = "SELECT \(columns) FROM runs WHERE id = :id"

    package static let list = "SELECT \(columns) FROM runs WHERE id < :before ORDER BY id DESC LIMIT :limit"

    /// Read by the order of its columns, as ``CleanupStatements/batch`` is.
    package static let items = """
        SELECT i.position, i.job_id, i.user_id, i.kind, i.tier, i.attempt, i.since, i.action, i.amount, i.duration,
            i.error
        FROM run_items AS i WHERE i.run_id = :run AND i.position > :position
        ORDER BY i.position LIMIT :limit
        """
}
