/// The statements of a job's life.
///
/// Each change names the state it was decided on.
package enum JobStatements {
    /// What is stored when a job is brought in.
    static let stored = """
        id, user_id, kind, tier, cost, status, attempt, charge, created_at, processing_started_at, updated_at,
        processing_completed_at
        """

    private static let columns =
        stored + """
            , coalesce(error_text, 'Job timed out after ' || ((timed_out_after + 500) / 1000)
                || 's. Automatically cleaned up and tokens refunded.') AS error_message
            """

    package static let find = "SELECT \(columns) FROM jobs WHERE id = :id"

    package static let create = """
        INSERT INTO jobs (id, user_id, kind, tier, cost, status, attempt, charge, created_at, updated_at)
        VALUES (:id, :user, :kind, :tier, :cost, 'PENDING', 0, 1, :now, :now)
        """

    package static let start = """
        UPDATE jobs SET status = 'PROCESSING', attempt = attempt + 1, processing_started_at = :now, updated_at = :now
        WHERE id = :id AND status = 'PENDING'
        """

    package static let complete = """
        UPDATE jobs SET status = 'COMPLETED', processing_completed_at = :now, updated_at = :now
        WHERE id = :id AND status = 'PROCESSING' AND attempt = :attempt
        """

    /// Newest first, after the cursor; each condition only where it is asked for, so that its index serves.
    package static func list(byStatus: Bool, byUser: Bool, byKind: Bool) -> String {
        var conditions = ["created_at <= :created", "(created_at < :created OR id < :id)"]
        if byUser { conditions.append("user_id = :user") }
        if byStatus { conditions.append("status = :status") }
        if byKind { conditions.append("kind = :kind") }
        return "SELECT \(columns) FROM jobs WHERE " + conditions.joined(separator: " AND ")
            + " ORDER BY created_at DESC, id DESC LIMIT :limit"
    }
}
