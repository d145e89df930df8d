import Unstick

/// The statements of holds.
///
/// `:source` is the mapping of a team's own tables; empty for Unstick's own.
package enum HoldStatements {
    package static let tables = [
        NewTable(
            "unstick.holds",
            [
                .init("id", .word), .init("scope", .word), .init("kind", .id, isOptional: true), .init("source", .word),
                .init("reason", .text), .init("jobs", .integer), .init("state", .word), .init("opened_at", .integer),
                .init("seen_at", .integer, isOptional: true), .init("reminded_at", .integer, isOptional: true),
                .init("decided_at", .integer, isOptional: true), .init("decided_by", .id, isOptional: true),
            ],
            key: ["id"],
            indexes: [.init("holds_by_state", ["state", "opened_at"])]
        ),
        NewTable(
            "unstick.held_jobs",
            [
                .init("user_id", .id), .init("job_id", .id), .init("attempt", .integer), .init("source", .word),
                .init("hold_id", .word), .init("kind", .id), .init("tier", .id, isOptional: true),
                .init("cost", .integer), .init("worker", .id, isOptional: true), .init("since", .integer),
                // NULL while the attempt is held.
                .init("approved_until", .integer, isOptional: true),
            ],
            key: ["user_id", "job_id", "attempt", "source"],
            indexes: [.init("held_jobs_by_hold", ["hold_id", "since"])]
        ),
    ]

    private static let columns =
        "id, scope, kind, source, reason, jobs, state, opened_at, seen_at, reminded_at, decided_at, decided_by"

    package static let find = "SELECT \(columns) FROM unstick.holds WHERE id = :id AND source = :source"

    package static let list = """
        SELECT \(columns) FROM unstick.holds WHERE source = :source ORDER BY opened_at DESC, id DESC LIMIT :limit
        """

    package static let listInState = """
        SELECT \(columns) FROM unstick.holds WHERE state = :state AND source = :source
        ORDER BY opened_at DESC, id DESC LIMIT :limit
        """

    /// The holds that a run must know: the open ones, and those whose approval lasts.
    package static let inForce = """
        SELECT \(columns) FROM unstick.holds
        WHERE \(isInForce)
        ORDER BY opened_at DESC, id DESC LIMIT \(mostInForce)
        """

    private static let isInForce = """
        source = :source AND (state = 'OPEN' OR state = 'APPROVED' AND decided_at > CAST(:now AS bigint) - \(approvalLasts))
        """

    /// Whether a batch must leave jobs out.
    package static let areInForce = "SELECT 1 FROM unstick.holds WHERE source = :source AND state = 'OPEN' LIMIT 1"

    /// A run's report names no more.
    private static let mostInForce = 100

    private static let approvalLasts = Hold.approvalLasts.inMilliseconds

    package static let jobs = """
        SELECT user_id, job_id, attempt, kind, tier, cost, worker, since FROM unstick.held_jobs WHERE hold_id = :id
        ORDER BY since, job_id LIMIT :limit
        """

    package static let countJobs = "SELECT count(*) AS jobs FROM unstick.held_jobs WHERE hold_id = :id"

    /// Transactions that open holds wait for each other.
    package static let lock = """
        INSERT INTO unstick.cursors (name, run_id, position) VALUES ('holds', '', 0)
        ON CONFLICT (name) DO UPDATE SET position = unstick.cursors.position + 1
        """

    package static let insert = """
        INSERT INTO unstick.holds (\(columns))
        VALUES (:id, :scope, :kind, :source, :reason, :jobs, 'OPEN', :now, NULL, NULL, NULL, NULL)
        """

    /// Ends the holds of which no job is left running or waiting, unchanged, in its attempt.
    package static func endGone(_ map: ResolvedTables) -> String {
        let isThere = StuckPhase.allCases.map { phase in
            StuckSearch(map: map, shape: StuckSearch.Shape(RuleMatches(phase: phase, groups: []))).isStillHeld
        }
        .joined(separator: " OR ")
        return """
            UPDATE unstick.holds SET state = 'ENDED', decided_at = :now
            WHERE state = 'OPEN' AND scope = 'jobs' AND source = :source AND NOT EXISTS (
                SELECT 1 FROM unstick.held_jobs AS i JOIN \(map.jobs.table) AS j ON \(map.jobs.isItem)
                WHERE i.hold_id = unstick.holds.id AND (\(isThere)) AND \(map.jobs.attempt) = i.attempt)
            """
    }

    /// The jobs of holds that have ended just now.
    package static let forgetEnded = """
        DELETE FROM unstick.held_jobs WHERE hold_id IN (SELECT h.id FROM unstick.holds AS h
            WHERE h.state = 'ENDED' AND h.source = :source AND h.decided_at > CAST(:now AS bigint) - 60000)
        """

    package static let decide = """
        UPDATE unstick.holds SET state = :state, decided_at = :now, decided_by = :by, seen_at = :now
        WHERE id = :id AND source = :source AND state = 'OPEN'
        """

    package static let approveJobs = """
        UPDATE unstick.held_jobs SET approved_until = :now + \(approvalLasts) WHERE hold_id = :id
        """

    package static let forgetJobs = "DELETE FROM unstick.held_jobs WHERE hold_id = :id"

    package static let see = "UPDATE unstick.holds SET seen_at = :now WHERE state = 'OPEN' AND source = :source"

    package static let remind = "UPDATE unstick.holds SET reminded_at = :now WHERE state = 'OPEN' AND source = :source"

    // MARK: Evidence

    /// How many late completions of a kind hold it.
    package static let evidence = 5

    /// The jobs of a kind that were completed late within the last hour, after the last decision about a hold of the kind.
    package static let lateOfKind = """
        SELECT count(DISTINCT c.job_id) AS jobs FROM unstick.late_completions AS c
        WHERE c.recorded_at > CAST(:now AS bigint) - \(window) AND c.completed_at > CAST(:now AS bigint) - \(window)
            AND c.kind = :kind AND c.source = :source
            AND c.completed_at > coalesce((SELECT max(h.decided_at) FROM unstick.holds AS h
                WHERE h.scope = 'kind' AND h.kind = :kind AND h.source = :source), 0)
        """

    private static let window = AlertMeasurements.lateWindow.inMilliseconds

    package static let openOfKind = """
        SELECT 1 FROM unstick.holds WHERE state = 'OPEN' AND scope = 'kind' AND kind = :kind AND source = :source
        """
}
