INSERT INTO pgboss.job (name, data, output, retry_limit, retry_backoff, retry_delay, keep_until, deletion_seconds,
    expire_seconds, source_name, source_id, source_created_on, source_retry_count, singleton_key, heartbeat_seconds,
    created_on, start_after)
SELECT q.name, j.data, jsonb_build_object('value', jsonb_build_object('message', CAST(:message AS text))),
    q.retry_limit, q.retry_backoff, q.retry_delay,
    to_timestamp(:now / 1000.0) + q.retention_seconds * INTERVAL '1 second', q.deletion_seconds, q.expire_seconds,
    j.name, j.id, j.created_on, j.retry_count, j.singleton_key, j.heartbeat_seconds,
    to_timestamp(:now / 1000.0), to_timestamp(:now / 1000.0)
FROM unstick.run_items AS i
JOIN pgboss.job AS j ON j.id = CAST(i.job_id AS uuid)
JOIN pgboss.queue AS q ON q.name = j.dead_letter
WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
    AND j.state = 'active' AND j.retry_count = i.attempt
    AND j.started_on < to_timestamp((:now - i.duration + 1) / 1000.0);

UPDATE pgboss.job AS j
SET state = 'failed',
    completed_on = to_timestamp(:now / 1000.0),
    heartbeat_on = NULL,
    output = jsonb_build_object('value', jsonb_build_object('message', CAST(:message AS text)))
FROM unstick.run_items AS i
WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
    AND j.id = CAST(i.job_id AS uuid)
    AND j.state = 'active' AND j.retry_count = i.attempt
    AND j.started_on < to_timestamp((:now - i.duration + 1) / 1000.0);
