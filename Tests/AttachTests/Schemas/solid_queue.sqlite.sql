-- Follows Solid Queue 1.5 on Rails 8 with SQLite: a job's state is the table its id is found in.
CREATE TABLE "solid_queue_jobs" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "queue_name" varchar NOT NULL, "class_name" varchar NOT NULL,
    "arguments" text, "priority" integer DEFAULT 0 NOT NULL, "active_job_id" varchar, "scheduled_at" datetime(6),
    "finished_at" datetime(6), "concurrency_key" varchar, "created_at" datetime(6) NOT NULL,
    "updated_at" datetime(6) NOT NULL
);

CREATE TABLE "solid_queue_ready_executions" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "job_id" bigint NOT NULL, "queue_name" varchar NOT NULL,
    "priority" integer DEFAULT 0 NOT NULL, "created_at" datetime(6) NOT NULL,
    FOREIGN KEY ("job_id") REFERENCES "solid_queue_jobs" ("id") ON DELETE CASCADE
);
CREATE UNIQUE INDEX "index_solid_queue_ready_executions_on_job_id" ON "solid_queue_ready_executions" ("job_id");

CREATE TABLE "solid_queue_claimed_executions" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "job_id" bigint NOT NULL, "process_id" bigint,
    "created_at" datetime(6) NOT NULL,
    FOREIGN KEY ("job_id") REFERENCES "solid_queue_jobs" ("id") ON DELETE CASCADE
);
CREATE UNIQUE INDEX "index_solid_queue_claimed_executions_on_job_id" ON "solid_queue_claimed_executions" ("job_id");

CREATE TABLE "solid_queue_failed_executions" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "job_id" bigint NOT NULL, "error" text,
    "created_at" datetime(6) NOT NULL,
    FOREIGN KEY ("job_id") REFERENCES "solid_queue_jobs" ("id") ON DELETE CASCADE
);
CREATE UNIQUE INDEX "index_solid_queue_failed_executions_on_job_id" ON "solid_queue_failed_executions" ("job_id");

CREATE TABLE "solid_queue_blocked_executions" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "job_id" bigint NOT NULL, "queue_name" varchar NOT NULL,
    "priority" integer DEFAULT 0 NOT NULL, "concurrency_key" varchar NOT NULL, "expires_at" datetime(6) NOT NULL,
    "created_at" datetime(6) NOT NULL,
    FOREIGN KEY ("job_id") REFERENCES "solid_queue_jobs" ("id") ON DELETE CASCADE
);
CREATE UNIQUE INDEX "index_solid_queue_blocked_executions_on_job_id" ON "solid_queue_blocked_executions" ("job_id");

CREATE TABLE "solid_queue_processes" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "kind" varchar NOT NULL, "last_heartbeat_at" datetime(6) NOT NULL,
    "supervisor_id" bigint, "pid" integer NOT NULL, "hostname" varchar, "metadata" text,
    "created_at" datetime(6) NOT NULL, "name" varchar NOT NULL
);

CREATE TABLE "solid_queue_semaphores" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "key" varchar NOT NULL, "value" integer DEFAULT 1 NOT NULL,
    "expires_at" datetime(6) NOT NULL, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL
);
CREATE UNIQUE INDEX "index_solid_queue_semaphores_on_key" ON "solid_queue_semaphores" ("key");
