INSERT INTO failed_jobs (uuid, connection, queue, payload, exception, failed_at)
SELECT COALESCE(substring(j.payload FROM '^\{"uuid":"([0-9A-Fa-f-]{36})"'), CAST(gen_random_uuid() AS text)),
    'database', j.queue, j.payload, CAST(:message AS text), to_timestamp(:now / 1000.0) AT TIME ZONE 'UTC'
FROM unstick.run_items AS i
JOIN jobs AS j ON j.id = CAST(i.job_id AS bigint)
WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
    AND j.reserved_at IS NOT NULL AND j.attempts = i.attempt
    AND j.reserved_at < (:now - i.duration + 1) / 1000.0
    AND position('batchId\";s:' IN j.payload) = 0
ON CONFLICT (uuid) DO NOTHING;

DELETE FROM jobs AS j
USING unstick.run_items AS i
WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
    AND j.id = CAST(i.job_id AS bigint)
    AND j.reserved_at IS NOT NULL AND j.attempts = i.attempt
    AND j.reserved_at < (:now - i.duration + 1) / 1000.0
    AND position('batchId\";s:' IN j.payload) = 0;
