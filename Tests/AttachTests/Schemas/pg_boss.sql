-- Follows pg-boss 12.27, schema 37, with partitions: its tables, without the functions that make queues.
CREATE SCHEMA pgboss;

-- In this order: pg-boss compares states with < and <=.
CREATE TYPE pgboss.job_state AS ENUM ('created', 'retry', 'active', 'completed', 'cancelled', 'failed');

CREATE TABLE pgboss.version (
    version integer PRIMARY KEY,
    cron_on timestamptz,
    bam_on timestamptz,
    flow_on timestamptz
);
INSERT INTO pgboss.version (version) VALUES (37);

CREATE TABLE pgboss.queue (
    name text PRIMARY KEY,
    policy text NOT NULL,
    retry_limit integer NOT NULL,
    retry_delay integer NOT NULL,
    retry_backoff boolean NOT NULL,
    retry_delay_max integer,
    expire_seconds integer NOT NULL,
    retention_seconds integer NOT NULL,
    deletion_seconds integer NOT NULL,
    dead_letter text REFERENCES pgboss.queue (name) CHECK (dead_letter IS DISTINCT FROM name),
    partition boolean NOT NULL,
    table_name text NOT NULL,
    deferred_count integer NOT NULL DEFAULT 0,
    queued_count integer NOT NULL DEFAULT 0,
    ready_count integer NOT NULL DEFAULT 0,
    warning_queued integer NOT NULL DEFAULT 0,
    active_count integer NOT NULL DEFAULT 0,
    failed_count integer NOT NULL DEFAULT 0,
    total_count integer NOT NULL DEFAULT 0,
    ready_history integer[] NOT NULL DEFAULT '{}',
    heartbeat_seconds integer,
    notify boolean NOT NULL DEFAULT FALSE,
    singletons_active text[],
    monitor_on timestamptz,
    maintain_on timestamptz,
    created_on timestamptz NOT NULL DEFAULT now(),
    updated_on timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE pgboss.schedule (
    name text REFERENCES pgboss.queue ON DELETE CASCADE,
    key text NOT NULL DEFAULT '',
    cron text NOT NULL,
    timezone text,
    data jsonb,
    options jsonb,
    created_on timestamptz NOT NULL DEFAULT now(),
    updated_on timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (name, key)
);

CREATE TABLE pgboss.subscription (
    event text NOT NULL,
    name text NOT NULL REFERENCES pgboss.queue ON DELETE CASCADE,
    created_on timestamptz NOT NULL DEFAULT now(),
    updated_on timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (event, name)
);

CREATE TABLE pgboss.bam (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    version integer NOT NULL,
    status text NOT NULL DEFAULT 'pending',
    queue text,
    table_name text NOT NULL,
    command text NOT NULL,
    error text,
    created_on timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_on timestamptz,
    completed_on timestamptz
);

CREATE TABLE pgboss.warning (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    type text NOT NULL,
    message text NOT NULL,
    data jsonb,
    created_on timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX warning_i1 ON pgboss.warning (created_on DESC);

CREATE TABLE pgboss.job_dependency (
    child_name text NOT NULL,
    child_id uuid NOT NULL,
    parent_name text NOT NULL,
    parent_id uuid NOT NULL,
    PRIMARY KEY (child_name, child_id, parent_name, parent_id)
);
CREATE INDEX job_dep_parent_idx ON pgboss.job_dependency (parent_name, parent_id);

-- One partition for all queues that do not have their own.
CREATE TABLE pgboss.job (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    priority integer NOT NULL DEFAULT 0,
    data jsonb,
    state pgboss.job_state NOT NULL DEFAULT 'created',
    retry_limit integer NOT NULL DEFAULT 2,
    retry_count integer NOT NULL DEFAULT 0,
    retry_delay integer NOT NULL DEFAULT 0,
    retry_backoff boolean NOT NULL DEFAULT FALSE,
    retry_delay_max integer,
    expire_seconds integer NOT NULL DEFAULT 900,
    deletion_seconds integer NOT NULL DEFAULT 604800,
    singleton_key text,
    singleton_on timestamp,
    group_id text,
    group_tier text,
    start_after timestamptz NOT NULL DEFAULT now(),
    created_on timestamptz NOT NULL DEFAULT now(),
    started_on timestamptz,
    completed_on timestamptz,
    keep_until timestamptz NOT NULL DEFAULT now() + INTERVAL '1209600 seconds',
    output jsonb,
    dead_letter text,
    policy text,
    heartbeat_on timestamptz,
    heartbeat_seconds integer,
    blocked boolean NOT NULL DEFAULT FALSE,
    blocking boolean NOT NULL DEFAULT FALSE,
    pending_dependencies integer NOT NULL DEFAULT 0,
    source_name text,
    source_id uuid,
    source_created_on timestamptz,
    source_retry_count integer,
    PRIMARY KEY (name, id)
) PARTITION BY LIST (name);

CREATE TABLE pgboss.job_common (LIKE pgboss.job INCLUDING GENERATED INCLUDING DEFAULTS);
ALTER TABLE pgboss.job_common ADD PRIMARY KEY (name, id);
ALTER TABLE pgboss.job_common ADD CONSTRAINT q_fkey FOREIGN KEY (name)
    REFERENCES pgboss.queue (name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE pgboss.job_common ADD CONSTRAINT dlq_fkey FOREIGN KEY (dead_letter)
    REFERENCES pgboss.queue (name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE pgboss.job_common ADD CONSTRAINT job_key_strict_fifo_singleton_key_check
    CHECK (NOT (policy = 'key_strict_fifo' AND singleton_key IS NULL));
CREATE UNIQUE INDEX job_common_i1 ON pgboss.job_common (name, COALESCE(singleton_key, ''))
    WHERE state = 'created' AND policy = 'short';
CREATE UNIQUE INDEX job_common_i2 ON pgboss.job_common (name, COALESCE(singleton_key, ''))
    WHERE state = 'active' AND policy = 'singleton';
CREATE UNIQUE INDEX job_common_i3 ON pgboss.job_common (name, state, COALESCE(singleton_key, ''))
    WHERE state <= 'active' AND policy = 'stately';
CREATE UNIQUE INDEX job_common_i4 ON pgboss.job_common (name, singleton_on, COALESCE(singleton_key, ''))
    WHERE state <> 'cancelled' AND singleton_on IS NOT NULL;
CREATE INDEX job_common_i5 ON pgboss.job_common (name, start_after) WHERE state < 'active' AND NOT blocked;
CREATE UNIQUE INDEX job_common_i6 ON pgboss.job_common (name, COALESCE(singleton_key, ''))
    WHERE state <= 'active' AND policy = 'exclusive';
CREATE INDEX job_common_i7 ON pgboss.job_common (name, group_id)
    WHERE state = 'active' AND group_id IS NOT NULL;
CREATE UNIQUE INDEX job_common_i8 ON pgboss.job_common (name, singleton_key)
    WHERE state IN ('active', 'retry', 'failed') AND policy = 'key_strict_fifo';
CREATE INDEX job_common_i9 ON pgboss.job_common (name, id) WHERE blocking AND state = 'completed';
ALTER TABLE pgboss.job ATTACH PARTITION pgboss.job_common DEFAULT;

CREATE TABLE pgboss.queue_stats (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    deferred_count integer NOT NULL DEFAULT 0,
    queued_count integer NOT NULL DEFAULT 0,
    ready_count integer NOT NULL DEFAULT 0,
    active_count integer NOT NULL DEFAULT 0,
    failed_count integer NOT NULL DEFAULT 0,
    total_count integer NOT NULL DEFAULT 0,
    captured_on timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, captured_on)
) PARTITION BY RANGE (captured_on);
CREATE INDEX queue_stats_i1 ON pgboss.queue_stats (name, captured_on DESC)
    INCLUDE (deferred_count, queued_count, ready_count, active_count, failed_count, total_count);

-- A job needs its queue's row. Three queues: dead letters, one in the common partition, one with its own.
INSERT INTO pgboss.queue (name, policy, retry_limit, retry_delay, retry_backoff, expire_seconds,
    retention_seconds, deletion_seconds, dead_letter, partition, table_name)
VALUES
    ('enhance-dead', 'standard', 2, 0, FALSE, 900, 1209600, 604800, NULL, FALSE, 'job_common'),
    ('enhance', 'standard', 2, 0, FALSE, 900, 1209600, 604800, 'enhance-dead', FALSE, 'job_common'),
    ('upscale', 'stately', 2, 0, FALSE, 900, 1209600, 604800, NULL, TRUE,
        'j' || encode(sha224('upscale'::bytea), 'hex'));

-- A queue's own partition is named after a hash of the queue's name, and has the index of its policy only.
DO $$
DECLARE
    own text := 'j' || encode(sha224('upscale'::bytea), 'hex');
BEGIN
    EXECUTE format('CREATE TABLE pgboss.%I (LIKE pgboss.job INCLUDING DEFAULTS)', own);
    EXECUTE format('ALTER TABLE pgboss.%I ADD PRIMARY KEY (name, id)', own);
    EXECUTE format('ALTER TABLE pgboss.%I ADD CONSTRAINT q_fkey FOREIGN KEY (name)
        REFERENCES pgboss.queue (name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED', own);
    EXECUTE format('ALTER TABLE pgboss.%I ADD CONSTRAINT dlq_fkey FOREIGN KEY (dead_letter)
        REFERENCES pgboss.queue (name) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED', own);
    EXECUTE format('CREATE UNIQUE INDEX %I ON pgboss.%I (name, state, COALESCE(singleton_key, ''''))
        WHERE state <= ''active'' AND policy = ''stately''', own || '_i3', own);
    EXECUTE format('CREATE UNIQUE INDEX %I ON pgboss.%I (name, singleton_on, COALESCE(singleton_key, ''''))
        WHERE state <> ''cancelled'' AND singleton_on IS NOT NULL', own || '_i4', own);
    EXECUTE format('CREATE INDEX %I ON pgboss.%I (name, start_after)
        WHERE state < ''active'' AND NOT blocked', own || '_i5', own);
    EXECUTE format('CREATE INDEX %I ON pgboss.%I (name, group_id)
        WHERE state = ''active'' AND group_id IS NOT NULL', own || '_i7', own);
    EXECUTE format('CREATE INDEX %I ON pgboss.%I (name, id)
        WHERE blocking AND state = ''completed''', own || '_i9', own);
    EXECUTE format('ALTER TABLE pgboss.%I ADD CONSTRAINT cjc CHECK (name = ''upscale'')', own);
    EXECUTE format('ALTER TABLE pgboss.job ATTACH PARTITION pgboss.%I FOR VALUES IN (''upscale'')', own);
END
$$;
