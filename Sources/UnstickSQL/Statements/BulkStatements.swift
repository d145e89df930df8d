/// The statements of what is done with many jobs.
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

    /// Takes the oldest one that waits; of two servers that try at once one comes second and finds it taken.
    package static let claim = """
        UPDATE unstick.bulk_actions SET holder = :holder, lease_until = :now + :lease
        WHERE status = 'RUNNING' AND lease_until <= :now AND id = (SELECT w.id FROM (
            SELECT b.id FROM unstick.bulk_actions AS b WHERE b.status = 'RUNNING' AND b.lease_until <= :now
            ORDER BY b.id LIMIT 1) AS w)
        """

    /// The one that ``claim`` took.
    static let claimed = """
        SELECT \(columns) FROM unstick.bulk_actions
        WHERE status = 'RUNNING' AND holder = :holder AND lease_until = :now + :lease
        """

    /// Where it stands; one that was stopped meanwhile stays so, with what the step in hand did.
    package static let save = """
        UPDATE unstick.bulk_actions SET status = CASE status WHEN 'STOPPED' THEN status ELSE :status END, updated_at = :now, done = :done, skipped = :skipped, failed = :failed,
            last_failed_job = :lastFailedJob, last_error = :lastError, cursor_moment = :moment, cursor_id = :cursor, lease_until = :now + :lease
        WHERE id = :id AND status <> 'COMPLETED' AND holder = :holder
        """

    /// Where the holder's action stands after ``save``.
    static let saved = "SELECT status FROM unstick.bulk_actions WHERE id = :id AND holder = :holder"

    package static let stop = """
        UPDATE unstick.bulk_actions SET status = 'STOPPED', updated_at = :now WHERE id = :id AND status = 'RUNNING'
        """
}
