import Unstick

/// The statements of a job's life.
///
/// Each change names the state it was decided on.
package enum JobStatements {
    /// What is stored when a job is brought in.
    static let stored = """
        id, user_id, kind, tier, cost, status, attempt, charge, created_at, processing_started_at, updated_at,
        processing_completed_at
        """

    package static let columns =
        stored + """
            , available_at, charge_kind, tokens_used, timeouts, worker, payload, quarantined_at, timed_out_after,
            \(errorMessage) AS error_message
            """

    /// A time-out is put into words when it is read.
    static let errorMessage = """
        coalesce(error_text, 'Job timed out after ' || ((timed_out_after + 500) / 1000)
            || 's. Automatically cleaned up' || CASE WHEN cost > 0 THEN ' and tokens refunded.' ELSE '.' END)
        """

    package static let find = "SELECT \(columns) FROM jobs WHERE id = :id"

    /// Those of some jobs that there are.
    package static func findAll(_ dialect: any SQLDialect) -> String {
        let ids = dialect.rows(of: ":ids", [(name: "id", isText: true)])
        return "SELECT \(columns) FROM jobs WHERE id IN (SELECT w.id FROM (\(ids)) AS w)"
    }

    /// A kind as its own index has it: so written that no other statement takes that index for a filter or an order.
    package static let indexedKind = "(kind || '')"

    /// The kinds of all jobs: one look into the index for each, however many jobs it has.
    package static let knownKinds = """
        WITH RECURSIVE known (kind) AS (
            SELECT (SELECT \(indexedKind) FROM jobs ORDER BY \(indexedKind) LIMIT 1)
            UNION ALL
            SELECT (
                SELECT \(indexedKind) FROM jobs WHERE \(indexedKind) > known.kind ORDER BY \(indexedKind) LIMIT 1
            ) FROM known WHERE known.kind IS NOT NULL
        )
        SELECT kind FROM known WHERE kind IS NOT NULL LIMIT \(Limits.kinds)
        """

    package static let findByKey = "SELECT \(columns) FROM jobs WHERE idempotency_key = :key"

    package static let create = """
        INSERT INTO jobs (id, user_id, kind, tier, cost, status, attempt, charge, charge_kind, payload, idempotency_key,
            created_at, available_at, updated_at)
        VALUES (:id, :user, :kind, :tier, :cost, 'PENDING', 0, 1, :chargeKind, :payload, :key, :now, :now, :now)
        """

    private static let started = """
        status = 'PROCESSING', attempt = attempt + 1, processing_started_at = :now, updated_at = :now, worker = :worker
        """

    /// Whether a job that is found by its key is of this status.
    ///
    /// Said so that no partial index answers it: one that was nearly empty when PostgreSQL last looked seems cheaper than
    /// the key, and is then read whole for every call.
    static func isStill(_ status: JobStatus, _ column: String = "status") -> String {
        "coalesce(\(column), '') = '\(status.rawValue)'"
    }

    package static let start = "UPDATE jobs SET \(started) WHERE id = :id AND \(isStill(.pending))"

    /// The same, with the call's own mark.
    package static let startMarked =
        "UPDATE jobs SET \(started), claim = :claim WHERE id = :id AND \(isStill(.pending))"

    /// The jobs of one kind that wait the longest.
    package static let waiting = """
        SELECT id, available_at FROM jobs WHERE status = 'PENDING' AND kind = :kind AND available_at <= :now
        ORDER BY available_at, id LIMIT :limit
        """

    /// Claims the jobs that wait the longest, whatever others are claiming at the same time.
    ///
    /// The limit stands in the text: PostgreSQL keeps no plan for a limit that it does not know, and plans every claim anew.
    package static func claim(upTo limit: Int) -> String {
        """
        UPDATE jobs AS j SET \(started), claim = :claim
        FROM (
            SELECT c.user_id, c.id FROM json_array_elements_text(CAST(:kinds AS json)) AS k (kind)
            CROSS JOIN LATERAL (
                SELECT q.user_id, q.id, q.available_at FROM jobs AS q
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
    package static let claimed = """
        SELECT \(columns) FROM jobs
        WHERE status = 'PROCESSING' AND coalesce(processing_started_at, updated_at) >= :since AND claim = :claim
        """

    /// The job as it stays until the transaction ends, with the clock.
    static func lock(_ dialect: any SQLDialect) -> String {
        "SELECT \(columns), CAST(:now AS bigint) AS now FROM jobs WHERE id = :id\(dialect.locking)"
    }

    /// What a decision can change of a job: each column, and the argument that has its value.
    static let decided = [
        ("status", "status"), ("charge", "charge"), ("tokens_used", "tokensUsed"), ("error_text", "error"),
        ("timeouts", "timeouts"), ("processing_started_at", "startedAt"), ("processing_completed_at", "completedAt"),
        ("available_at", "availableAt"), ("updated_at", "now"),
    ]

    /// What every decision takes off a job: only a run says that it timed out.
    static let cleared = "timed_out_after = NULL, quarantined_at = NULL"

    /// Writes what can change of a job, if it is as it was read.
    package static let write = """
        UPDATE jobs SET \(decided.map { "\($0) = :\($1)" }.joined(separator: ", ")), \(cleared)
        WHERE user_id = :user AND id = :id AND status = :oldStatus AND attempt = :oldAttempt
        """

    /// How old the attempts of the running jobs are, by kind and tier and range of ages, of the oldest of them.
    ///
    /// - Parameter edges: where one range of ages ends and the next begins, in milliseconds.
    package static func runningAges(edges: [Int]) -> String {
        let since = "coalesce(processing_started_at, updated_at)"
        let ranges = edges.enumerated().map { "WHEN c.now - since < \($0.element) THEN \($0.offset)" }
        // The clock is read once and not for every row.
        return """
            WITH c AS MATERIALIZED (SELECT :now AS now)
            SELECT kind, tier, CASE \(ranges.joined(separator: " ")) ELSE \(edges.count) END AS ages, count(*) AS jobs,
                min(since) AS oldest
            FROM c CROSS JOIN (SELECT kind, tier, \(since) AS since FROM jobs WHERE status = 'PROCESSING'
                ORDER BY \(since), id LIMIT :limit) AS r
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """
    }
}
