import Unstick

/// The statements of the heartbeats.
package enum LeaseStatements {
    private static let values = """
        beat_at = :now, progress = coalesce(:progress, progress), message = coalesce(:message, message)
        """

    /// A further heartbeat of an attempt.
    package static let beat = "UPDATE unstick.leases SET \(values) WHERE job_id = :id AND attempt = :attempt"

    /// The first heartbeat of an attempt, if it is running.
    package static let begin = """
        INSERT INTO unstick.leases (user_id, job_id, attempt, beat_at, progress, message)
        SELECT user_id, id, attempt, :now, coalesce(:progress, 0), :message FROM unstick.jobs
        WHERE id = :id AND \(JobStatements.isStill(.processing)) AND attempt = :attempt
        ON CONFLICT (job_id) DO UPDATE SET attempt = excluded.attempt, beat_at = excluded.beat_at,
            progress = excluded.progress, message = excluded.message
        """

    /// The beats of a batch as rows.
    ///
    /// The jobs are in `:ids` too, and their rows are found by those: PostgreSQL may read the whole table for a join if
    /// it assumes that it is small.
    private static let beats = """
        json_to_recordset(CAST(:beats AS json)) AS b (id text, attempt bigint, progress bigint, message text)
        """

    /// ``beat`` for a batch; it returns those that are alive.
    package static let beatAll = """
        UPDATE unstick.leases AS l SET beat_at = :now, progress = coalesce(b.progress, l.progress),
            message = coalesce(b.message, l.message)
        FROM \(beats) WHERE l.job_id = ANY (CAST(:ids AS text[])) AND l.job_id = b.id AND l.attempt = b.attempt
        RETURNING l.job_id, l.attempt
        """

    /// ``begin`` for a batch; it returns those that are alive.
    ///
    /// The jobs are locked until the end: a run that fails one of them at the same time leaves no lease behind.
    package static let beginAll = """
        INSERT INTO unstick.leases AS l (user_id, job_id, attempt, beat_at, progress, message)
        SELECT j.user_id, j.id, j.attempt, :now, coalesce(b.progress, 0), b.message
        FROM \(beats) JOIN unstick.jobs AS j ON j.id = b.id AND j.attempt = b.attempt
        WHERE j.id = ANY (CAST(:ids AS text[])) AND \(JobStatements.isStill(.processing, "j.status")) FOR SHARE OF j
        ON CONFLICT (user_id, job_id) DO UPDATE SET attempt = excluded.attempt, beat_at = excluded.beat_at,
            progress = excluded.progress, message = excluded.message
        RETURNING l.job_id, l.attempt
        """

    package static let find = "SELECT attempt, beat_at, progress, message FROM unstick.leases WHERE job_id = :id"

    package static let drop = "DELETE FROM unstick.leases WHERE job_id = :id"

    /// ``drop``, unless the job is running.
    package static let dropEnded = """
        DELETE FROM unstick.leases AS l USING unstick.jobs AS j
        WHERE l.job_id = :id AND j.user_id = l.user_id AND j.id = l.job_id AND j.status <> 'PROCESSING'
        """
}
