UPDATE graphile_worker._private_job_queues AS q
SET locked_at = NULL,
    locked_by = NULL
FROM unstick.run_items AS i
JOIN graphile_worker._private_jobs AS j ON j.id = CAST(i.job_id AS bigint)
WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
    AND j.locked_at IS NOT NULL AND j.attempts = i.attempt
    AND j.locked_at < to_timestamp((:now - i.duration + 1) / 1000.0)
    AND q.id = j.job_queue_id AND q.locked_by = j.locked_by
    AND NOT EXISTS (
        SELECT FROM graphile_worker._private_jobs AS o
        WHERE o.job_queue_id = q.id AND o.locked_at IS NOT NULL AND o.id <> j.id
            AND CAST(o.id AS text) NOT IN (
                SELECT r.job_id FROM unstick.run_items AS r WHERE r.run_id = :run AND r.position > :position AND r.action <> 'ERROR'));

UPDATE graphile_worker._private_jobs AS j
SET run_at = to_timestamp(:now / 1000.0),
    max_attempts = GREATEST(j.max_attempts, j.attempts + 1),
    last_error = CAST(:message AS text),
    locked_at = NULL,
    locked_by = NULL,
    updated_at = to_timestamp(:now / 1000.0)
FROM unstick.run_items AS i
WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
    AND j.id = CAST(i.job_id AS bigint)
    AND j.locked_at IS NOT NULL AND j.attempts = i.attempt
    AND j.locked_at < to_timestamp((:now - i.duration + 1) / 1000.0);
