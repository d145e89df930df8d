WITH found AS MATERIALIZED (
    SELECT j.id
    FROM unstick.run_items AS i
    JOIN good_jobs AS j ON j.id = CAST(i.job_id AS uuid)
    WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
        AND j.performed_at IS NOT NULL AND j.finished_at IS NULL
        AND j.executions_count = i.attempt
        AND j.performed_at < to_timestamp((:now - i.duration + 1) / 1000.0) AT TIME ZONE 'UTC'
        AND j.batch_id IS NULL AND j.batch_callback_id IS NULL
        AND NOT EXISTS (
            SELECT FROM good_job_processes AS p
            WHERE p.id = j.locked_by_id
                AND p.updated_at > to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC' - INTERVAL '5 minutes')),
dead AS MATERIALIZED (
    SELECT f.id FROM found AS f
    WHERE pg_try_advisory_xact_lock(('x' || substr(md5('good_jobs-' || f.id), 1, 16))::bit(64)::bigint))
UPDATE good_job_executions AS e
SET finished_at = to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC',
    updated_at = to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC',
    error = 'Unstick::StuckJob: ' || CAST(:message AS text),
    error_event = 5,
    duration = to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC' - e.created_at
FROM dead AS d
WHERE e.active_job_id = d.id AND e.finished_at IS NULL;

WITH found AS MATERIALIZED (
    SELECT j.id
    FROM unstick.run_items AS i
    JOIN good_jobs AS j ON j.id = CAST(i.job_id AS uuid)
    WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
        AND j.performed_at IS NOT NULL AND j.finished_at IS NULL
        AND j.executions_count = i.attempt
        AND j.performed_at < to_timestamp((:now - i.duration + 1) / 1000.0) AT TIME ZONE 'UTC'
        AND j.batch_id IS NULL AND j.batch_callback_id IS NULL
        AND NOT EXISTS (
            SELECT FROM good_job_processes AS p
            WHERE p.id = j.locked_by_id
                AND p.updated_at > to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC' - INTERVAL '5 minutes')),
dead AS MATERIALIZED (
    SELECT f.id FROM found AS f
    WHERE pg_try_advisory_xact_lock(('x' || substr(md5('good_jobs-' || f.id), 1, 16))::bit(64)::bigint))
UPDATE good_jobs AS j
SET finished_at = to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC',
    updated_at = to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC',
    error = 'Unstick::StuckJob: ' || CAST(:message AS text),
    error_event = 5,
    locked_by_id = NULL,
    locked_at = NULL,
    lock_type = NULL
FROM dead AS d
WHERE j.id = d.id AND j.performed_at IS NOT NULL AND j.finished_at IS NULL;
