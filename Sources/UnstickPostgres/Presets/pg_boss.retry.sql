UPDATE pgboss.job AS j
SET state = 'retry',
    start_after = to_timestamp(:now / 1000.0),
    retry_limit = GREATEST(j.retry_limit, j.retry_count + 1),
    completed_on = NULL,
    heartbeat_on = NULL,
    output = jsonb_build_object('value', jsonb_build_object('message', CAST(:message AS text)))
FROM unstick.run_items AS i
WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
    AND j.id = CAST(i.job_id AS uuid)
    AND j.state = 'active' AND j.retry_count = i.attempt
    AND j.started_on < to_timestamp((:now - i.duration + 1) / 1000.0)
    AND NOT (j.policy = 'stately' AND EXISTS (
        SELECT FROM pgboss.job AS o
        WHERE o.name = j.name AND o.policy = 'stately' AND o.state = 'retry'
            AND COALESCE(o.singleton_key, '') = COALESCE(j.singleton_key, '')));
