WITH found AS MATERIALIZED (
    SELECT j.id, row_number() OVER (PARTITION BY COALESCE(j.queueing_lock, CAST(j.id AS text)) ORDER BY j.id) AS place
    FROM unstick.run_items AS i
    JOIN procrastinate_jobs AS j ON j.id = CAST(i.job_id AS bigint)
    WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
        AND j.status = 'doing' AND j.attempts = i.attempt AND NOT j.abort_requested
        AND NOT EXISTS (
            SELECT FROM procrastinate_events AS e
            WHERE e.job_id = j.id AND e.type = 'started' AND e.at >= to_timestamp((:now - i.duration + 1) / 1000.0))
        AND NOT EXISTS (
            SELECT FROM procrastinate_jobs AS o
            WHERE o.queueing_lock = j.queueing_lock AND o.status = 'todo'))
SELECT procrastinate_retry_job_v2(f.id, to_timestamp(:now / 1000.0), NULL, NULL, NULL)
FROM found AS f
WHERE f.place = 1;
