-- Follows Laravel 12 on SQLite, with an app that sells generated images for credits.
CREATE TABLE "jobs" (
    "id" integer primary key autoincrement not null, "queue" varchar not null, "payload" text not null,
    "attempts" integer not null, "reserved_at" integer, "available_at" integer not null, "created_at" integer not null
);
CREATE INDEX "jobs_queue_index" on "jobs" ("queue");

CREATE TABLE "job_batches" (
    "id" varchar not null, "name" varchar not null, "total_jobs" integer not null, "pending_jobs" integer not null,
    "failed_jobs" integer not null, "failed_job_ids" text not null, "options" text, "cancelled_at" integer,
    "created_at" integer not null, "finished_at" integer, primary key ("id")
);

CREATE TABLE "failed_jobs" (
    "id" integer primary key autoincrement not null, "uuid" varchar not null, "connection" text not null,
    "queue" text not null, "payload" text not null, "exception" text not null,
    "failed_at" datetime not null default CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX "failed_jobs_uuid_unique" on "failed_jobs" ("uuid");

CREATE TABLE "users" (
    "id" integer primary key autoincrement not null, "email" varchar not null, "credits" integer,
    "created_at" datetime, "updated_at" datetime
);

CREATE TABLE "images" (
    "id" integer primary key autoincrement not null, "user_id" integer not null, "credits" integer not null,
    "status" varchar check ("status" in ('queued', 'running', 'done', 'failed')) not null, "started_at" datetime,
    "error" text, "created_at" datetime, "updated_at" datetime,
    foreign key ("user_id") references "users" ("id")
);
CREATE INDEX "images_status_started_at_index" on "images" ("status", "started_at");

CREATE TABLE "credit_lines" (
    "id" varchar not null, "user_id" integer not null, "amount" integer not null, "balance_after" integer not null,
    "type" varchar not null, "image_id" integer, "created_at" datetime, primary key ("id")
);
