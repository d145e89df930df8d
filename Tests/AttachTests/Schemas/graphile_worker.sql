-- Follows Graphile Worker 0.17, migration 19: its tables and view, without the functions that add jobs.
CREATE SCHEMA graphile_worker;

CREATE TABLE graphile_worker.migrations (
    id integer PRIMARY KEY,
    ts timestamptz NOT NULL DEFAULT now(),
    breaking boolean NOT NULL DEFAULT FALSE
);
INSERT INTO graphile_worker.migrations (id, breaking)
SELECT n, n IN (1, 3, 11, 13, 14, 16, 19) FROM generate_series(1, 19) AS n;

CREATE TABLE graphile_worker._private_tasks (
    id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT tasks_pkey PRIMARY KEY,
    identifier text NOT NULL CONSTRAINT tasks_identifier_key UNIQUE,
    CONSTRAINT tasks_identifier_check CHECK (length(identifier) <= 128)
);

CREATE TABLE graphile_worker._private_job_queues (
    id integer GENERATED ALWAYS AS IDENTITY CONSTRAINT job_queues_pkey1 PRIMARY KEY,
    queue_name text NOT NULL CONSTRAINT job_queues_queue_name_key UNIQUE,
    locked_at timestamptz,
    locked_by text,
    is_available boolean NOT NULL GENERATED ALWAYS AS (locked_at IS NULL) STORED,
    CONSTRAINT job_queues_queue_name_check CHECK (length(queue_name) <= 128)
);

-- Neither job_queue_id nor task_id has a foreign key: that is how the system has it.
CREATE TABLE graphile_worker._private_jobs (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT jobs_pkey1 PRIMARY KEY,
    job_queue_id integer,
    task_id integer NOT NULL,
    payload json NOT NULL DEFAULT '{}',
    priority smallint NOT NULL DEFAULT 0,
    run_at timestamptz NOT NULL DEFAULT now(),
    attempts smallint NOT NULL DEFAULT 0,
    max_attempts smallint NOT NULL DEFAULT 25,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    key text CONSTRAINT jobs_key_key1 UNIQUE,
    locked_at timestamptz,
    locked_by text,
    revision integer NOT NULL DEFAULT 0,
    flags jsonb,
    is_available boolean NOT NULL GENERATED ALWAYS AS (locked_at IS NULL AND attempts < max_attempts) STORED,
    CONSTRAINT jobs_key_check CHECK (length(key) > 0 AND length(key) <= 512),
    CONSTRAINT jobs_max_attempts_check CHECK (max_attempts >= 1)
);
CREATE INDEX jobs_main_index ON graphile_worker._private_jobs (priority, run_at)
    INCLUDE (id, task_id, job_queue_id) WHERE is_available = TRUE;
CREATE INDEX jobs_no_queue_index ON graphile_worker._private_jobs (priority, run_at)
    INCLUDE (id, task_id) WHERE is_available = TRUE AND job_queue_id IS NULL;

CREATE TABLE graphile_worker._private_known_crontabs (
    identifier text CONSTRAINT known_crontabs_pkey PRIMARY KEY,
    known_since timestamptz NOT NULL,
    last_execution timestamptz
);

CREATE VIEW graphile_worker.jobs AS
SELECT j.id, q.queue_name, t.identifier AS task_identifier, j.priority, j.run_at, j.attempts, j.max_attempts,
    j.last_error, j.created_at, j.updated_at, j.key, j.locked_at, j.locked_by, j.revision, j.flags
FROM graphile_worker._private_jobs AS j
JOIN graphile_worker._private_tasks AS t ON t.id = j.task_id
LEFT JOIN graphile_worker._private_job_queues AS q ON q.id = j.job_queue_id;

-- Enabled without a policy: only the owner sees a row.
ALTER TABLE graphile_worker._private_jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE graphile_worker._private_job_queues ENABLE ROW LEVEL SECURITY;
ALTER TABLE graphile_worker._private_tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE graphile_worker._private_known_crontabs ENABLE ROW LEVEL SECURITY;
