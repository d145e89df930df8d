import Unstick

/// The statements of late completions.
package enum LateCompletionStatements {
    /// The tables: the late completions, and where the search of a team's own tables goes on.
    package static let tables = [
        NewTable(
            "unstick.late_completions",
            [
                .init("user_id", .id), .init("job_id", .id), .init("attempt", .integer), .init("source", .word),
                .init("kind", .id), .init("tier", .id, isOptional: true), .init("cost", .integer),
                .init("created_at", .integer), .init("started_at", .integer), .init("completed_at", .integer),
                .init("recorded_at", .integer), .init("refused", .flag),
            ],
            key: ["user_id", "job_id", "attempt", "source"],
            indexes: [.init("late_completions_by_time", ["recorded_at", "kind"])]
        ),
        NewTable(
            "unstick.cursors",
            [.init("name", .word), .init("run_id", .word), .init("position", .integer)],
            key: ["name"]
        ),
    ]

    private static let columns = """
        user_id, job_id, attempt, source, kind, tier, cost, created_at, started_at, completed_at, recorded_at, refused
        """

    private static let isOfJob = "c.user_id = :user AND c.job_id = :job AND c.source = ''"

    package static let find = """
        SELECT 1 FROM unstick.late_completions AS c WHERE \(isOfJob) AND c.attempt = :attempt
        """

    package static let ofJob = """
        SELECT \(columns) FROM unstick.late_completions AS c WHERE \(isOfJob) ORDER BY c.attempt LIMIT :limit
        """

    package static let insert = """
        INSERT INTO unstick.late_completions (\(columns))
        VALUES (:user, :job, :attempt, :source, :kind, :tier, :cost, :createdAt, :startedAt, :completedAt, :now, :refused)
        ON CONFLICT DO NOTHING
        """

    package static let list = """
        SELECT \(columns) FROM unstick.late_completions AS c WHERE c.recorded_at >= :since
        ORDER BY c.recorded_at DESC, c.job_id DESC LIMIT :limit
        """

    // MARK: A team's own tables

    /// The next run items of the mapping after the cursor.
    private static let next = """
        SELECT s.* FROM unstick.run_items AS s
        WHERE s.run_id >= :run AND (s.run_id > :run OR s.position > :position) AND s.source = CAST(:origin AS text)
        ORDER BY s.run_id, s.position LIMIT :limit
        """

    /// Its newest run items: fresh evidence does not wait for the cursor.
    private static let newest = """
        SELECT s.* FROM unstick.run_items AS s WHERE s.run_id >= :oldest AND s.source = CAST(:origin AS text)
        ORDER BY s.run_id DESC, s.position DESC LIMIT :limit
        """

    /// The last item after the cursor.
    package static let end = """
        SELECT w.run_id AS run_id, w.position AS position FROM (\(next)) AS w
        ORDER BY w.run_id DESC, w.position DESC LIMIT 1
        """

    /// Jobs that were completed after a run had ended the attempt, and that are not recorded yet.
    ///
    /// An attempt that started before the run is the one that was ended: a later one starts after it.
    ///
    /// - Returns: `nil` where the tables do not say when an attempt started or which jobs are completed.
    package static func found(in map: ResolvedTables) -> String? {
        let jobs = map.jobs
        guard let isCompleted = jobs.isCompleted, map.isAttached else { return nil }
        let created = jobs.created.map { $0.clock.milliseconds($0.sql) } ?? jobs.startedAt
        return """
            SELECT i.user_id AS user_id, i.job_id AS job_id, i.attempt AS attempt, i.source AS source, i.kind AS kind,
                i.tier AS tier, \(map.dialect.greatest(jobs.cost, "0")) AS cost, \(created) AS created_at,
                \(jobs.startedAt) AS started_at, coalesce(\(jobs.completedAt ?? "NULL"), :now) AS completed_at,
                CAST(:now AS bigint) AS recorded_at, false AS refused
            FROM (SELECT * FROM (\(next)) AS n UNION SELECT * FROM (\(newest)) AS o) AS i
            JOIN \(jobs.table) AS j ON \(jobs.isItem)
            WHERE i.action IN (\(ended)) AND \(isCompleted)
                AND \(jobs.startedAt) <= i.since / \(map.dialect.itemTicks) + i.duration
                AND NOT EXISTS (SELECT 1 FROM unstick.late_completions AS c WHERE c.user_id = i.user_id
                    AND c.job_id = i.job_id AND c.attempt = i.attempt AND c.source = i.source)
            """
    }

    /// The actions that end an attempt.
    private static let ended = RunItem.Action.ending.map { "'\($0.rawValue)'" }.joined(separator: ", ")

    /// Each mapping has a cursor of its own.
    private static let cursorName = "'late:' || CAST(:origin AS text)"

    package static let cursor = "SELECT run_id, position FROM unstick.cursors WHERE name = \(cursorName)"

    package static let moveCursor = """
        INSERT INTO unstick.cursors (name, run_id, position) VALUES (\(cursorName), :run, :position)
        ON CONFLICT (name) DO UPDATE SET run_id = excluded.run_id, position = excluded.position
        """
}
