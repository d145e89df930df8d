import Unstick

/// The statements of a job's life.
///
/// Each change names the state that it was decided on.
package enum JobStatements {
    /// The stored columns of an imported job.
    static let stored = """
        id, user_id, kind, tier, cost, status, attempt, charge, created_at, processing_started_at, updated_at,
        processing_completed_at
        """

    package static let columns =
        stored + """
            , available_at, charge_kind, tokens_used, timeouts, worker, payload, quarantined_at, timed_out_after,
            \(errorMessage) AS error_message
            """

    /// The message of a time-out is written when the job is read.
    static let errorMessage = """
        coalesce(error_text, 'Job timed out after ' || ((timed_out_after + 500) / 1000)
            || 's. Automatically cleaned up' || CASE WHEN cost > 0 THEN ' and tokens refunded.' ELSE '.' END)
        """

    package static let find = "SELECT \(columns) FROM unstick.jobs WHERE id = :id"

    /// Those of some jobs that exist.
    package static func findAll(_ dialect: any SQLDialect) -> String {
        let ids = dialect.rows(of: ":ids", [(name: "id", isText: true)])
        return "SELECT \(columns) FROM unstick.jobs WHERE id IN (SELECT w.id FROM (\(ids)) AS w)"
    }

    /// A kind as its own index has it: written so that no other statement uses that index for a filter or an order.
    package static let indexedKind = "(kind || '')"

    /// The kinds of all jobs, as `value`.
    package static func knownKinds(_ dialect: any SQLDialect) -> String {
        dialect.distinct(dialect.indexed(indexedKind, in: "kind"), of: "unstick.jobs", limit: Limits.kinds)
    }

    /// The start of a running job's attempt, which an index orders.
    package static func since(_ dialect: any SQLDialect) -> String {
        dialect.indexed("coalesce(processing_started_at, updated_at)", in: "since")
    }

    package static let findByKey = "SELECT \(columns) FROM unstick.jobs WHERE idempotency_key = :key"

    package static let create = """
        INSERT INTO unstick.jobs (id, user_id, kind, tier, cost, status, attempt, charge, charge_kind, payload, idempotency_key,
            created_at, available_at, updated_at)
        VALUES (:id, :user, :kind, :tier, :cost, 'PENDING', 0, 1, :chargeKind, :payload, :key, :now, :now, :now)
        """

    private static let started = """
        status = 'PROCESSING', attempt = attempt + 1, processing_started_at = :now, updated_at = :now, worker = :worker
        """

    /// Whether a job that is found by its key still has this status.
    ///
    /// Written so that no partial index serves it: one that was nearly empty at PostgreSQL's last statistics seems
    /// cheaper than the key, and is then read whole for every call.
    static func isStill(_ status: JobStatus, _ column: String = "status") -> String {
        "coalesce(\(column), '') = '\(status.rawValue)'"
    }

    /// Starts a job, with the call's own mark.
    package static func start(_ dialect: any SQLDialect) -> String {
        let mark = dialect.marksClaims ? ", claim = :claim" : ""
        return "UPDATE unstick.jobs SET \(started)\(mark) WHERE id = :id AND \(isStill(.pending))"
    }

    /// The jobs of one kind that have waited longest, without those that other callers claim at the same time.
    package static func waiting(_ dialect: any SQLDialect) -> String {
        """
        SELECT j.id, j.available_at FROM unstick.jobs AS j\(dialect.searching(index: "jobs_queue"))
        WHERE j.status = 'PENDING' AND j.kind = :kind AND j.available_at <= :now
        ORDER BY j.available_at, j.id LIMIT :limit \(dialect.lockingFree("j"))
        """
    }

    /// Claims the jobs that have waited longest, also while other callers claim.
    ///
    /// The limit is in the text: PostgreSQL keeps no plan for a limit that it does not know, and plans every claim
    /// again.
    package static func claim(upTo limit: Int) -> String {
        """
        UPDATE unstick.jobs AS j SET \(started), claim = :claim
        FROM (
            SELECT c.user_id, c.id FROM json_array_elements_text(CAST(:kinds AS json)) AS k (kind)
            CROSS JOIN LATERAL (
                SELECT q.user_id, q.id, q.available_at FROM unstick.jobs AS q
                WHERE q.status = 'PENDING' AND q.kind = k.kind AND q.available_at <= :now
                ORDER BY q.available_at, q.id LIMIT \(limit) FOR NO KEY UPDATE SKIP LOCKED
            ) AS c
            ORDER BY c.available_at, c.id LIMIT \(limit)
        ) AS v
        WHERE j.user_id = v.user_id AND j.id = v.id AND \(isStill(.pending, "j.status"))
        RETURNING \(claimedColumns)
        """
    }

    private static let claimedColumns = columns.replacing(/\b(user_id|id)\b/) { "j.\($0.output.1)" }

    /// The jobs that a call claimed just now.
    static func claimed(_ dialect: any SQLDialect) -> String {
        """
        SELECT \(columns) FROM unstick.jobs
        WHERE status = 'PROCESSING' AND \(since(dialect)) >= :since AND claim = :claim
        """
    }

    /// The job, locked until the transaction ends, with the clock.
    static func lock(_ dialect: any SQLDialect) -> String {
        "SELECT \(columns), CAST(:now AS bigint) AS now FROM unstick.jobs WHERE id = :id\(dialect.locking)"
    }

    /// The columns that a decision can change, each with the argument for its value.
    static let decided = [
        ("status", "status"), ("charge", "charge"), ("tokens_used", "tokensUsed"), ("error_text", "error"),
        ("timeouts", "timeouts"), ("processing_started_at", "startedAt"), ("processing_completed_at", "completedAt"),
        ("available_at", "availableAt"), ("updated_at", "now"),
    ]

    /// The columns that every decision clears: only a run sets a time-out.
    static let cleared = "timed_out_after = NULL, quarantined_at = NULL"

    /// Writes the changed columns of a job if it is still as it was read.
    package static let write = """
        UPDATE unstick.jobs SET \(decided.map { "\($0) = :\($1)" }.joined(separator: ", ")), \(cleared)
        WHERE user_id = :user AND id = :id AND status = :oldStatus AND attempt = :oldAttempt
        """

    /// The ages of the attempts of the running jobs, by kind, tier and range of ages, of the oldest of them.
    ///
    /// - Parameter edges: the limits between the ranges of ages, in milliseconds.
    package static func runningAges(edges: [Int], _ dialect: any SQLDialect) -> String {
        let since = Self.since(dialect)
        let ranges = edges.enumerated().map { "WHEN c.now - since < \($0.element) THEN \($0.offset)" }
        // The clock is read once and not for every row.
        return """
            WITH c AS MATERIALIZED (SELECT :now AS now)
            SELECT kind, tier, CASE \(ranges.joined(separator: " ")) ELSE \(edges.count) END AS ages, count(*) AS jobs,
                min(since) AS oldest
            FROM c CROSS JOIN (SELECT kind, tier, \(since) AS since FROM unstick.jobs WHERE status = 'PROCESSING'
                ORDER BY \(since), id LIMIT :limit) AS r
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """
    }
}
