WITH queued AS (
    UPDATE pgqueuer AS j
    SET status = 'queued',
        execute_after = to_timestamp(:now / 1000.0),
        attempts = j.attempts + 1,
        updated = to_timestamp(:now / 1000.0),
        queue_manager_id = NULL,
        slot = NULL
    FROM unstick.run_items AS i
    WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
        AND j.id = CAST(i.job_id AS bigint)
        AND j.status = 'picked' AND j.attempts = i.attempt
        AND j.updated < to_timestamp((:now - i.duration + 1) / 1000.0)
    RETURNING j.id, j.entrypoint, j.priority)
INSERT INTO pgqueuer_log (job_id, status, entrypoint, priority, traceback, created)
SELECT q.id, 'queued', q.entrypoint, q.priority,
    jsonb_build_object('job_id', q.id, 'timestamp', to_timestamp(:now / 1000.0), 'exception_type', 'Stuck',
        'exception_message', CAST(:message AS text), 'traceback', '', 'additional_context', NULL),
    to_timestamp(:now / 1000.0)
FROM queued AS q;
