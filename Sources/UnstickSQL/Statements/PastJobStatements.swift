import Unstick

/// The statement that reads the jobs from which limits are learned.
package enum PastJobStatements {
    /// The columns, in this order: the statement is read by place, because it returns every job.
    package enum Column: Int {
        case outcome, id, kind, tier, cost, createdAt, startedAt, endedAt
    }

    /// Every job that was completed, timed out or never ended, created at `:since` or later.
    ///
    /// An attempt that timed out and was completed later is a completed job, with its real duration.
    ///
    /// - Throws: ``/Unstick/UnstickError`` `invalidArgument` where the tables do not have what was completed, and when.
    package static func list(in map: ResolvedTables) throws -> String {
        // A team's own table has the real end of such a job.
        let jobs = map.jobs
        guard !map.isAttached else { return try self.list(jobs) }
        return try self.list(jobs) + """
             AND NOT (\(jobs.timedOut) AND EXISTS (SELECT 1 FROM unstick.late_completions AS c WHERE c.user_id = \(jobs.user)
                    AND c.job_id = \(jobs.idText) AND c.attempt = \(jobs.attempt) AND c.source = ''))
            UNION ALL
            SELECT \(PastJob.Outcome.completed.rawValue), c.job_id, c.kind, c.tier, c.cost, c.created_at, c.started_at,
                c.completed_at
            FROM unstick.late_completions AS c
            WHERE c.refused AND c.source = '' AND (:since IS NULL OR c.created_at >= :since)
            """
    }

    private static func list(_ jobs: ResolvedTables.Jobs) throws -> String {
        guard let isCompleted = jobs.isCompleted, let completedAt = jobs.completedAt else {
            throw UnstickError(
                .invalidArgument,
                "The mapping does not say when a job was completed, so limits cannot be learned. Map the state "
                    + "'completed' and the column 'completed'."
            )
        }
        let since = jobs.clock.milliseconds(jobs.since)
        let created = jobs.created.map { "coalesce(\($0.clock.milliseconds($0.sql)), \(since))" } ?? since
        let started = jobs.startedAt
        return """
            SELECT CASE WHEN \(isCompleted) THEN \(PastJob.Outcome.completed.rawValue)
                    WHEN \(jobs.isProcessing) THEN \(PastJob.Outcome.running.rawValue)
                    WHEN \(jobs.isPending ?? "false") THEN \(PastJob.Outcome.waiting.rawValue)
                    ELSE \(PastJob.Outcome.timedOut.rawValue) END AS outcome,
                \(jobs.idText) AS id, \(jobs.kind) AS kind, \(jobs.tier) AS tier, \(jobs.cost) AS cost,
                \(created) AS created_at, \(started) AS started_at, \(completedAt) AS ended_at
            FROM \(jobs.table) AS j
            WHERE (\(isCompleted) OR \(jobs.isProcessing) OR \(jobs.isPending ?? "false") OR \(jobs.timedOut))
                AND (:since IS NULL OR \(created) >= :since)\(jobs.isReadable.map { " AND \($0)" } ?? "")
            """
    }
}
