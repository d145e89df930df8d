/// The statements of the history of passes.
package enum RunStatements {
    private static let columns = """
        id, "trigger", status, dry_run, timeout_ms, batch_size, total_found, cleaned_up, failed, tokens_refunded, more,
        error, started_at, updated_at, duration_ms
        """

    package static let record = """
        INSERT INTO runs (\(columns)) VALUES (:id, :trigger, :status, :dryRun, :timeout, :batchSize, :totalFound,
            :cleanedUp, :failed, :tokensRefunded, :more, :error, :startedAt, :updatedAt, :duration)
        ON CONFLICT (id) DO UPDATE SET status = excluded.status, total_found = excluded.total_found,
            cleaned_up = excluded.cleaned_up, failed = excluded.failed, tokens_refunded = excluded.tokens_refunded,
            more = excluded.more, error = excluded.error, updated_at = excluded.updated_at,
            duration_ms = excluded.duration_ms
        """

    package static let insertItem = """
        INSERT INTO run_items (run_id, position, user_id, job_id, kind, tier, attempt, charge, since, duration, amount,
            action, error)
        VALUES (:run, :position, :user, :job, :kind, :tier, :attempt, 1, :since, :duration, :amount, :action, :error)
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
