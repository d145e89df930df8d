SELECT procrastinate_finish_job_v1(j.id, 'failed', FALSE)
FROM unstick.run_items AS i
JOIN procrastinate_jobs AS j ON j.id = CAST(i.job_id AS bigint)
WHERE i.run_id = :run AND i.position > :position AND i.action <> 'ERROR'
    AND j.status = 'doing' AND j.attempts = i.attempt
    AND NOT EXISTS (
        SELECT FROM procrastinate_events AS e
        WHERE e.job_id = j.id AND e.type = 'started' AND e.at >= to_timestamp((:now - i.duration + 1) / 1000.0));
