INSERT INTO solid_queue_ready_executions (job_id, queue_name, priority, created_at)
SELECT j.id, j.queue_name, j.priority, to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC'
FROM unstick.run_items AS i
JOIN solid_queue_claimed_executions AS c ON c.job_id = CAST(i.job_id AS bigint)
JOIN solid_queue_jobs AS j ON j.id = c.job_id
WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
    AND j.finished_at IS NULL
    AND c.created_at < to_timestamp((:now - i.duration + 1) / 1000.0) AT TIME ZONE 'UTC'
ON CONFLICT (job_id) DO NOTHING;

DELETE FROM solid_queue_claimed_executions AS c
USING unstick.run_items AS i, solid_queue_jobs AS j
WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
    AND c.job_id = CAST(i.job_id AS bigint)
    AND j.id = c.job_id AND j.finished_at IS NULL
    AND c.created_at < to_timestamp((:now - i.duration + 1) / 1000.0) AT TIME ZONE 'UTC';
