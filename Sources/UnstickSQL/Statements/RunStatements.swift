package import Unstick

/// The statements of the history of runs.
package enum RunStatements {
    /// Every action of an item, as SQL literals.
    package static let actions = [
        "FAILED_AND_REFUNDED", "FAILED", "RETRIED", "QUARANTINED", "REPORTED", "WOULD_FAIL", "WOULD_RETRY",
        "WOULD_QUARANTINE", "WOULD_REPORT", "ERROR",
    ].map { "'\($0)'" }.joined(separator: ", ")

    /// The migration after which a job that returns to the queue does not count as cleaned up, and a dry run cleans up
    /// and refunds nothing.
    ///
    /// - Parameters:
    ///   - runs: the table of runs.
    ///   - integer: the engine's type of whole numbers.
    package static func honestCounts(_ runs: String, integer: String) -> String {
        """
        ALTER TABLE \(runs) ADD COLUMN tokens_owed \(integer) NOT NULL DEFAULT 0;
        UPDATE \(runs) SET tokens_owed = tokens_refunded, tokens_refunded = 0, cleaned_up = 0 WHERE dry_run;
        UPDATE \(runs) SET cleaned_up = cleaned_up - retried WHERE NOT dry_run AND retried > 0;
        """
    }

    private static let columns = """
        id, "trigger", status, dry_run, timeout_ms, batch_size, total_found, cleaned_up, retried, failed, tokens_refunded,
        tokens_owed, more, error, started_at, updated_at, duration_ms, kinds
        """

    /// A new run comes after all stored runs, whatever the clock says.
    ///
    /// Two runs that begin at the same time may share a number; their ids then decide.
    private static let insert = """
        INSERT INTO unstick.runs (\(columns), ordinal) VALUES (:id, :trigger, :status, :dryRun, :timeout, :batchSize, :totalFound,
            :cleanedUp, :retried, :failed, :tokensRefunded, :tokensOwed, :more, :error, :startedAt, :updatedAt, :duration,
            :kinds, (SELECT w.next FROM (SELECT coalesce(max(ordinal), 0) + 1 AS next FROM unstick.runs) AS w))
        """

    private static let newestFirst = "ORDER BY ordinal DESC, id DESC"

    /// The place of a run in that order.
    private static func place(of run: String) -> String { "(SELECT ordinal, id FROM unstick.runs WHERE id = \(run))" }

    /// Creates the run's row if it is missing; waits for a transaction that is creating it.
    package static let ensure = insert + " ON CONFLICT (id) DO NOTHING"

    /// Waits for the transaction that is changing the run.
    static func lock(_ dialect: any SQLDialect) -> String {
        "SELECT 1 FROM unstick.runs WHERE id = :id\(dialect.locking)"
    }

    package static let record =
        insert + """
             ON CONFLICT (id) DO UPDATE SET status = excluded.status, total_found = excluded.total_found,
                cleaned_up = excluded.cleaned_up, retried = excluded.retried, failed = excluded.failed,
                tokens_refunded = excluded.tokens_refunded, tokens_owed = excluded.tokens_owed,
                more = excluded.more, error = excluded.error, updated_at = excluded.updated_at,
                duration_ms = excluded.duration_ms
            """

    package static let insertItem = """
        INSERT INTO unstick.run_items (run_id, position, user_id, job_id, kind, tier, attempt, charge, since, duration, amount,
            action, error, rule, limit_kind, limit_ms, measured_ms, worker, retry_at, source)
        VALUES (:run, :position, :user, :job, :kind, :tier, :attempt, 1, :since, :duration, :amount, :action, :error,
            :rule, :limitKind, :limit, :measured, :worker, :retryAt, :origin)
        ON CONFLICT DO NOTHING
        """

    /// Runs without a process: it died, or lost the database.
    private static let isInterrupted = """
        status = 'RUNNING' AND (updated_at <= :silentSince OR updated_at > :ahead) AND id <> :id
        """

    static func interrupted(_ dialect: any SQLDialect) -> String {
        "SELECT \(columns) FROM unstick.runs WHERE \(isInterrupted)\(dialect.locking)"
    }

    static let closeInterrupted = """
        UPDATE unstick.runs SET status = 'FAILED', more = :more, error = :reason WHERE \(isInterrupted)
        """

    package static let find = "SELECT \(columns) FROM unstick.runs WHERE id = :id"

    /// The runs that count as a success: those of the index that finds the last one.
    package static let succeeded = "status = 'COMPLETED' AND NOT dry_run"

    /// A run of some kinds does not cover the others.
    private static let isWhole = "kinds IS NULL"

    package static let lastSuccess = """
        SELECT \(columns) FROM unstick.runs WHERE \(succeeded) AND \(isWhole) \(newestFirst) LIMIT 1
        """

    package static let lastWhole = """
        SELECT \(columns) FROM unstick.runs WHERE NOT dry_run AND status <> 'RUNNING' AND \(isWhole) \(newestFirst) LIMIT 1
        """

    /// The jobs that runs handled, with any outcome, without those that could not be cleaned.
    private static let dealtWith = "total_found - failed"

    /// A run that a wrong clock put into the future does not count.
    package static let totals = """
        SELECT CAST(coalesce(sum(\(dealtWith)), 0) AS bigint) AS jobs,
            CAST(coalesce(sum(tokens_refunded), 0) AS bigint) AS tokens
        FROM unstick.runs WHERE id >= :first AND started_at <= :now AND NOT dry_run
        """

    /// The totals of runs by the hour in which they began.
    package static let hourlyTotals = """
        SELECT CAST(started_at / 3600000 * 3600000 AS bigint) AS hour,
            CAST(sum(\(dealtWith) - retried) AS bigint) AS failed, CAST(sum(retried) AS bigint) AS retried,
            CAST(sum(tokens_refunded) AS bigint) AS tokens, max(total_found) AS most_found
        FROM unstick.runs WHERE id >= :first AND started_at <= :now AND NOT dry_run GROUP BY 1 ORDER BY 1
        """

    /// Newest first.
    ///
    /// - Parameters:
    ///   - before: whether it begins after the run `:before`.
    ///   - end: whether the window ends at the run `:end`.
    package static func list(_ filter: RunFilter, before: Bool, end: Bool) -> String {
        let conditions =
            Self.isBefore(before) + (end ? ["(ordinal, id) >= \(place(of: ":end"))"] : []) + Self.conditions(filter)
        return "SELECT \(columns) FROM unstick.runs\(Self.allOf(conditions)) \(newestFirst) LIMIT :limit"
    }

    /// The last run of the window.
    package static func windowEnd(before: Bool) -> String {
        "SELECT id FROM unstick.runs\(Self.allOf(Self.isBefore(before))) \(newestFirst) LIMIT 1 OFFSET :window"
    }

    private static func isBefore(_ before: Bool) -> [String] {
        before ? ["(ordinal, id) < \(place(of: ":before"))"] : []
    }

    private static func allOf(_ conditions: [String]) -> String {
        conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
    }

    private static func conditions(_ filter: RunFilter) -> [String] {
        var conditions: [String] = []
        // A trigger without a name matches all with one.
        if filter.trigger != nil {
            conditions.append("(\"trigger\" = :trigger OR \"trigger\" LIKE :trigger || ':%')")
        }
        if filter.status != nil { conditions.append("status = :status") }
        if let dryRun = filter.dryRun { conditions.append(dryRun ? "dry_run" : "NOT dry_run") }
        return conditions
    }

    /// The items of a job in real runs, found by its key.
    package static let itemsOfJob = """
        SELECT \(itemColumns), i.run_id FROM unstick.run_items AS i JOIN unstick.runs AS r ON r.id = i.run_id
        WHERE i.user_id = :user AND i.job_id = :job AND NOT r.dry_run ORDER BY i.run_id DESC LIMIT :limit
        """

    /// Real runs of a period with at least one item, newest first, with the number of their items.
    package static let runsBetween = """
        SELECT id, total_found FROM unstick.runs WHERE id >= :first AND id < :last AND NOT dry_run AND total_found > 0
        ORDER BY id DESC LIMIT :limit
        """

    /// A job's item in one run, found among all of its items.
    package static let itemOfJob = """
        SELECT \(itemColumns) FROM unstick.run_items AS i WHERE i.run_id = :run AND i.job_id = :job LIMIT 1
        """

    /// The columns of an item, read by their order.
    static let itemColumns = """
        i.position, i.job_id, i.user_id, i.kind, i.tier, i.attempt, i.since, i.action, i.amount, i.duration, i.error,
            i.rule, i.limit_kind, i.limit_ms, i.measured_ms, i.worker, i.retry_at, i.source
        """

    /// The items of a batch, in its order.
    static let batch = """
        SELECT \(itemColumns) FROM unstick.run_items AS i WHERE i.run_id = :run AND i.position > :position
        ORDER BY i.position
        """

    package static let items = """
        SELECT \(itemColumns)
        FROM unstick.run_items AS i WHERE i.run_id = :run AND i.position > :position
        ORDER BY i.position LIMIT :limit
        """

    /// ``items`` where a team's own billing makes the refunds, with their progress.
    package static let itemsWithRequests = """
        SELECT \(itemColumns), CASE WHEN r.confirmed_at IS NOT NULL THEN 'CONFIRMED' WHEN r.asked_at IS NOT NULL THEN 'ASKED'
            END AS request
        FROM unstick.run_items AS i LEFT JOIN unstick.refunds AS r ON r.user_id = i.user_id AND r.run_id = i.run_id
            AND r.id = \(RefundKey.ofItem)
        WHERE i.run_id = :run AND i.position > :position
        ORDER BY i.position LIMIT :limit
        """
}
