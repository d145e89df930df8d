INSERT INTO solid_queue_failed_executions (job_id, error, created_at)
SELECT c.job_id,
    CAST(json_build_object('exception_class', 'Unstick::StuckJob', 'message', CAST(:message AS text),
        'backtrace', json_build_array()) AS text),
    to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC'
FROM unstick.run_items AS i
JOIN solid_queue_claimed_executions AS c ON c.job_id = CAST(i.job_id AS bigint)
WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
    AND c.created_at < to_timestamp((:now - i.duration + 1) / 1000.0) AT TIME ZONE 'UTC'
ON CONFLICT (job_id) DO UPDATE SET error = excluded.error;

WITH released AS (
    SELECT j.concurrency_key AS key, COUNT(*) AS permits
    FROM unstick.run_items AS i
    JOIN solid_queue_claimed_executions AS c ON c.job_id = CAST(i.job_id AS bigint)
    JOIN solid_queue_jobs AS j ON j.id = c.job_id
    JOIN solid_queue_semaphores AS s ON s.key = j.concurrency_key AND s.created_at <= c.created_at
    WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
        AND c.created_at < to_timestamp((:now - i.duration + 1) / 1000.0) AT TIME ZONE 'UTC'
    GROUP BY j.concurrency_key),
waiting AS (
    SELECT b.id, b.concurrency_key AS key,
        row_number() OVER (PARTITION BY b.concurrency_key ORDER BY b.priority, b.job_id) AS place
    FROM solid_queue_blocked_executions AS b
    JOIN released AS r ON r.key = b.concurrency_key),
unblocked AS (
    DELETE FROM solid_queue_blocked_executions AS b
    USING waiting AS w, released AS r
    WHERE b.id = w.id AND r.key = w.key AND w.place <= r.permits
    RETURNING b.job_id, b.queue_name, b.priority, b.concurrency_key AS key, b.expires_at - b.created_at AS span),
readied AS (
    INSERT INTO solid_queue_ready_executions (job_id, queue_name, priority, created_at)
    SELECT u.job_id, u.queue_name, u.priority, to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC'
    FROM unblocked AS u
    ON CONFLICT (job_id) DO NOTHING),
handed AS (
    SELECT u.key, COUNT(*) AS permits, MAX(u.span) AS span FROM unblocked AS u GROUP BY u.key)
UPDATE solid_queue_semaphores AS s
SET value = s.value + r.permits - COALESCE(h.permits, 0),
    expires_at = GREATEST(s.expires_at,
        to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC' + COALESCE(h.span, INTERVAL '0')),
    updated_at = to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC'
FROM released AS r
LEFT JOIN handed AS h ON h.key = r.key
WHERE s.key = r.key;

DELETE FROM solid_queue_claimed_executions AS c
USING unstick.run_items AS i
WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
    AND c.job_id = CAST(i.job_id AS bigint)
    AND c.created_at < to_timestamp((:now - i.duration + 1) / 1000.0) AT TIME ZONE 'UTC';
