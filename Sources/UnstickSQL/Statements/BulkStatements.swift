/// The statements of bulk actions.
package enum BulkStatements {
    private static let columns = """
        id, kind, filter, asked_by, reason, status, created_at, updated_at, expected, done, skipped, failed,
        last_failed_job, last_error, cursor_moment, cursor_id
        """

    package static let insert = """
        INSERT INTO unstick.bulk_actions (id, kind, filter, asked_by, reason, status, created_at, updated_at, expected, done, skipped,
            failed, lease_until)
        VALUES (:id, :kind, :filter, :by, :reason, :status, :createdAt, :createdAt, :expected, 0, 0, 0, 0)
        ON CONFLICT (id) DO NOTHING
        """

    package static let find = "SELECT \(columns) FROM unstick.bulk_actions WHERE id = :id"

    package static let list =
        "SELECT \(columns) FROM unstick.bulk_actions WHERE id < :before ORDER BY id DESC LIMIT :limit"

    package static let isWaiting = """
        SELECT EXISTS (SELECT 1 FROM unstick.bulk_actions AS b WHERE b.status = 'RUNNING' AND b.lease_until <= :now) AS waits
        """

    /// Claims the oldest waiting action; of two servers that try at once, the second finds it claimed.
    package static let claim = """
        UPDATE unstick.bulk_actions SET holder = :holder, lease_until = :now + :lease
        WHERE status = 'RUNNING' AND lease_until <= :now AND id = (SELECT w.id FROM (
            SELECT b.id FROM unstick.bulk_actions AS b WHERE b.status = 'RUNNING' AND b.lease_until <= :now
            ORDER BY b.id LIMIT 1) AS w)
        """

    /// The action that ``claim`` claimed.
    static let claimed = """
        SELECT \(columns) FROM unstick.bulk_actions
        WHERE status = 'RUNNING' AND holder = :holder AND lease_until = :now + :lease
        """

    /// Saves the progress; an action that was stopped in between stays stopped, with the current step counted.
    package static let save = """
        UPDATE unstick.bulk_actions SET status = CASE status WHEN 'STOPPED' THEN status ELSE :status END, updated_at = :now, done = :done, skipped = :skipped, failed = :failed,
            last_failed_job = :lastFailedJob, last_error = :lastError, cursor_moment = :time, cursor_id = :cursor, lease_until = :now + :lease
        WHERE id = :id AND status <> 'COMPLETED' AND holder = :holder
        """

    /// The status of the holder's action after ``save``.
    static let saved = "SELECT status FROM unstick.bulk_actions WHERE id = :id AND holder = :holder"

    package static let stop = """
        UPDATE unstick.bulk_actions SET status = 'STOPPED', updated_at = :now WHERE id = :id AND status = 'RUNNING'
        """
}
