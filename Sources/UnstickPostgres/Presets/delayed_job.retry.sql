UPDATE delayed_jobs AS j
SET run_at = to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC',
    updated_at = to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC',
    attempts = j.attempts + 1,
    last_error = CAST(:message AS text),
    locked_at = NULL,
    locked_by = NULL
FROM unstick.run_items AS i
WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
    AND j.id = CAST(i.job_id AS bigint)
    AND j.locked_at IS NOT NULL AND j.failed_at IS NULL AND j.attempts = i.attempt
    AND j.locked_at < to_timestamp((:now - i.duration + 1) / 1000.0) AT TIME ZONE 'UTC';
