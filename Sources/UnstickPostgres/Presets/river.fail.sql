UPDATE river_job AS j
SET state = 'discarded',
    finalized_at = to_timestamp(:now / 1000.0),
    errors = array_append(j.errors, jsonb_build_object(
        'at', to_char(to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'attempt', j.attempt, 'error', CAST(:message AS text), 'trace', ''))
FROM unstick.run_items AS i
WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
    AND j.id = CAST(i.job_id AS bigint)
    AND j.state = 'running' AND j.attempt = i.attempt
    AND j.attempted_at < to_timestamp((:now - i.duration + 1) / 1000.0);
