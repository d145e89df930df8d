"""Measures every view of the admin UI over many jobs, and finds views that read too much.

Usage: views.py UNSTICK [--database sqlite|postgres] [--jobs N] [--folder DIR] [--live SECONDS] [--only WORD …] [--plans FILE]

UNSTICK is the built server. Fills a new database with N jobs of 60 days and their data, starts the server over it without
a schedule, requests each view, and prints a Markdown table: the median and the 95th percentile of 15
requests after two that do not count, and what the database read for one of them. On PostgreSQL that comes from the plans of
the server's own statements, including those planned once for all values and those of background work; on SQLite it is what
the server read from the file for the first request of the view. The processor time, of server
and database together, says more than the median on a shared machine.

With --live, 200 pages are kept open that long, and the processor time of the server and of the database is compared with
that without any open page. With --folder the database stays there, and a later call uses it again for at most a day: after
that its running jobs would be stuck.

Exits with 1 if the median of a view exceeds 200 ms, if a page with its style and script weighs 100 kB, if a plan reads a large
table in whole or very many rows of one, or if the open pages cost more than a twentieth of a core. The file of --plans gets the plans that read too much.
"""

import argparse
import html
import http.client
import json
import math
import os
import re
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

#: The limits for the time and size of a view, and for the cost of open pages.
MEDIAN_MS = 200
WEIGHT = 100_000
LIVE_SHARE = 0.05

#: A table with more rows is read by an index, and no step of a plan reads more than this.
LARGE_TABLE = 10_000
MOST_ROWS = 50_000
#: On SQLite no view reads more of the file than this, in bytes.
MOST_BYTES = 50_000_000

WARM, ASKED = 2, 15
OPEN_PAGES = 200

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
#: The age of the oldest job, and the time between two runs.
SPAN = 60 * DAY
RUN_EVERY = 15 * MINUTE
RUNS = SPAN // RUN_EVERY

#: The rule with a limit for heartbeats makes every running job a candidate, and each is checked by itself. Alerts that would
#: start while pages are open are off, because nothing may change then.
POLICY = """
defaults: { timeout: 1d, retry: { attempts: 1 } }
rules:
  - name: films
    kind: video
    tier: TIER_4K
    timeout: 1d
    heartbeatTimeout: 90s
    pendingTimeout: 10d
  - name: documents
    kind: [document, caption]
    timeout: 20h
guard: { minimum: 20, share: 0.5, maxRefundPerRun: 100000 }
alerts: { stuckJobs: 1000000, oldestStuck: 365d }
"""


# ---- The workload, in SQL that both databases understand


class Workload:
    """The statements that fill a database, and the numbers of their rows."""

    def __init__(self, dialect, jobs, now):
        self.sql = dialect
        self.jobs = jobs
        self.now = now
        self.users = max(jobs // 50, 200)
        # Every second one of the newest jobs waits or runs; of what began 30 to 50 hours ago some hundreds hang.
        self.alive = min(24_500, jobs // 40)
        first, last = jobs - jobs * 50 * HOUR // SPAN, jobs - jobs * 30 * HOUR // SPAN
        self.is_stuck = f"i >= {first} AND i < {last} AND i % {max((last - first) // 500, 1)} = 0"

    @staticmethod
    def draw(salt, sides, of="i"):
        """A pseudorandom number from 0 to sides - 1, the same each time."""
        return f"((({of}) * {1_000_003 + 7919 * salt * salt} + {salt * 999_983}) % 2147483647 / 64 % {sides})"

    def statements(self):
        """The tables to fill, with their statements."""
        return [
            ("jobs", self.job_rows()),
            ("leases", self.lease_rows()),
            ("token_transactions", self.ledger_rows()),
            ("balances", self.balance_rows()),
            ("run_items", self.item_rows()),
            ("run_items", self.predicted_rows()),
            ("runs", self.run_rows()),
            ("runs", self.dry_run_rows()),
            ("webhook_endpoints", self.endpoint_rows()),
            ("webhook_deliveries", self.item_delivery_rows()),
            ("webhook_deliveries", self.delivery_rows()),
            ("audit", self.audit_rows()),
            ("bulk_actions", self.bulk_rows()),
            ("schedules", self.schedule_rows()),
        ]

    def insert(self, table, columns, select):
        return f"INSERT INTO {self.sql.table(table)} ({columns})\n{select}"

    def job_rows(self):
        draw = self.draw
        newest = self.jobs - 2 * self.alive
        drawn = f"""
            SELECT i, {self.now} - ({self.jobs} - i) * {SPAN} / {self.jobs} AS created, {draw(1, 1000)} AS chance,
                {draw(2, 1000)} AS sort, {draw(3, 200)} AS whose, {draw(4, self.users - 5)} AS whom,
                {draw(5, 150)} AS slow, {draw(6, 10)} AS fate, {draw(7, 200)} AS word,
                {draw(9, 5000)} AS rare, {draw(10, 3)} AS tier, 1000 + {draw(11, 4000)} AS waited,
                {draw(12, 3 * HOUR)} AS since
            FROM {self.sql.series(self.jobs)}
        """
        outcomes = f"""
            SELECT d.*, CASE
                WHEN {self.is_stuck} THEN 'PROCESSING'
                WHEN i >= {newest} AND i % 2 = 0 THEN CASE WHEN fate % 5 = 0 THEN 'PENDING' ELSE 'PROCESSING' END
                WHEN i >= {self.jobs * 9 // 10} AND i < {self.jobs * 9 // 10 + 1000} THEN 'FAILED'
                WHEN chance < 10 THEN 'FAILED' WHEN chance < 13 THEN 'CANCELLED' ELSE 'COMPLETED' END AS status,
                CASE WHEN rare = 0 THEN 'rare' WHEN sort < 450 THEN 'image' WHEN sort < 650 THEN 'video'
                    WHEN sort < 800 THEN 'document' WHEN sort < 900 THEN 'audio' WHEN sort < 960 THEN 'caption'
                    WHEN sort < 990 THEN 'thumbnail' ELSE 'export' END AS kind
            FROM ({drawn}) AS d
        """
        timed = f"""
            SELECT t.*, CASE WHEN status = 'PENDING' THEN NULL
                WHEN status = 'PROCESSING' AND created < {self.now} - since AND NOT ({self.is_stuck})
                THEN {self.now} - since ELSE created + waited END AS started,
                CASE WHEN status IN ('PENDING', 'PROCESSING') THEN NULL
                    WHEN status = 'FAILED' AND fate > 0 THEN 300000 + slow * 100
                    ELSE CASE kind WHEN 'image' THEN 200 WHEN 'video' THEN 1200 WHEN 'document' THEN 50
                        WHEN 'audio' THEN 300 ELSE 150 END * (50 + slow * slow / 100) END AS took
            FROM ({outcomes}) AS t
        """
        return self.insert(
            "jobs",
            """id, user_id, kind, tier, cost, status, attempt, charge, created_at, available_at, processing_started_at,
                updated_at, processing_completed_at, timed_out_after, error_text, worker, payload""",
            f"""
            SELECT {self.sql.uuid}, 'user-' || CASE WHEN whose < 5 THEN whose ELSE whom + 5 END, kind,
                CASE tier WHEN 0 THEN 'TIER_1K' WHEN 1 THEN 'TIER_2K' ELSE 'TIER_4K' END, 1 + tier * 4, status,
                CASE status WHEN 'PENDING' THEN 0 ELSE 1 END, 1, created, created, started,
                coalesce(started + took, started, created), started + took,
                CASE WHEN status = 'FAILED' AND fate > 0 THEN took END,
                CASE WHEN status = 'FAILED' AND fate = 0 THEN CASE WHEN word = 0
                    THEN 'CUDA out of memory: tried to allocate 2.50 GiB'
                    ELSE 'The decoder stopped at frame ' || slow || '.' END END,
                CASE WHEN status <> 'PENDING' THEN 'gpu-' || word % 40 END,
                CAST('{{"prompt":"a lighthouse at dusk, seen from the sea","seed":' || word || '}}' AS {self.sql.json})
            FROM ({timed}) AS e
            """,
        )

    def lease_rows(self):
        """Heartbeats of the films; those of live jobs are in the future, so that a measurement may take long."""
        return self.insert(
            "leases",
            "user_id, job_id, attempt, beat_at, progress, message",
            f"""
            SELECT user_id, id, attempt, CASE WHEN processing_started_at < {self.now - DAY}
                THEN processing_started_at + {MINUTE} ELSE {self.now + 10 * DAY} END, 400000, 'frame 1200 of 3000'
            FROM {self.sql.table("jobs")} WHERE status = 'PROCESSING' AND kind = 'video'
            """,
        )

    def ledger_rows(self):
        jobs = self.sql.table("jobs")
        lines = f"""
            SELECT user_id, 'spend:' || id || ':1' AS id, -cost AS amount, 'SPEND' AS type, 'job_created' AS source,
                id AS source_id, created_at AS at FROM {jobs}
            UNION ALL
            SELECT user_id, 'refund:' || id || ':1', cost, 'REFUND', 'enhancement_failed', id, processing_completed_at
            FROM {jobs} WHERE status = 'FAILED'
        """
        return self.insert(
            "token_transactions",
            "user_id, sequence, id, amount, type, source, source_id, balance_after, metadata, created_at",
            f"""
            SELECT user_id, sequence, id, amount, type, source, source_id, 1000000, '{{}}', at FROM (
                SELECT l.*, row_number() OVER (PARTITION BY user_id ORDER BY at, id) AS sequence FROM ({lines}) AS l
            ) AS n ORDER BY at
            """,
        )

    def balance_rows(self):
        return self.insert(
            "balances",
            "user_id, balance, sequence, updated_at",
            f"""
            SELECT user_id, 1000000, max(sequence), max(created_at) FROM {self.sql.table("token_transactions")}
            GROUP BY user_id
            """,
        )

    item_columns = """user_id, job_id, run_id, position, kind, tier, attempt, charge, since, duration, amount, action,
        rule, limit_kind, limit_ms, measured_ms, worker"""

    def items(self, run, position, action):
        return f"""
            SELECT user_id, id, {run}, {position}, kind, tier, attempt, charge,
                processing_started_at * {self.sql.since_unit}, timed_out_after, cost, '{action}', 'default', 'timeout',
                300000, timed_out_after, worker
        """

    def item_rows(self):
        """Each job that timed out, in the run after that."""
        return self.insert(
            "run_items",
            self.item_columns,
            f"""
            {self.items(self.run_id("k"), "row_number() OVER (PARTITION BY k ORDER BY id)", "FAILED_AND_REFUNDED")}
            FROM (
                SELECT j.*, ({self.now} - processing_completed_at) / {RUN_EVERY} AS k
                FROM {self.sql.table("jobs")} AS j WHERE status = 'FAILED' AND timed_out_after IS NOT NULL
            ) AS f
            """,
        )

    def predicted_rows(self):
        """The items of dry runs, fifty jobs each."""
        return self.insert(
            "run_items",
            self.item_columns,
            f"""
            {self.items(self.dry_run_id("n / 50"), "n % 50 + 1", "WOULD_FAIL")} FROM (
                SELECT j.*, row_number() OVER (ORDER BY created_at DESC, id) - 1 AS n FROM {self.sql.table("jobs")} AS j
                WHERE status = 'FAILED' AND timed_out_after IS NOT NULL ORDER BY created_at DESC, id LIMIT 950
            ) AS f
            """,
        )

    def run_id(self, k):
        return self.sql.time_id(f"{self.now} - ({k}) * {RUN_EVERY}", self.sql.hexadecimal(k, 12))

    def dry_run_id(self, n):
        return self.sql.time_id(f"{self.now} - (({n}) * 300 + 5) * {RUN_EVERY} + {MINUTE}", self.sql.hexadecimal("1", 12))

    run_columns = """id, "trigger", status, dry_run, timeout_ms, batch_size, total_found, cleaned_up, retried, failed,
        tokens_refunded, more, started_at, updated_at, duration_ms"""

    def run_rows(self):
        return self.insert(
            "runs",
            self.run_columns,
            f"""
            SELECT id, CASE WHEN i % 50 = 7 THEN 'admin:alice' WHEN i % 97 = 3 THEN 'cron' ELSE 'scheduler' END,
                CASE WHEN i % 700 = 11 THEN 'HELD' ELSE 'COMPLETED' END, {self.sql.no}, 300000, 100, coalesce(jobs, 0),
                coalesce(jobs, 0), 0, 0, coalesce(tokens, 0), {self.sql.no}, at, at + 40, 40
            FROM (
                SELECT i, {self.run_id("i")} AS id, {self.now} - i * {RUN_EVERY} AS at FROM {self.sql.series(RUNS)}
            ) AS k LEFT JOIN (
                SELECT run_id, count(*) AS jobs, sum(amount) AS tokens FROM {self.sql.table("run_items")} GROUP BY run_id
            ) AS t ON t.run_id = k.id
            """,
        )

    def dry_run_rows(self):
        return self.insert(
            "runs",
            self.run_columns,
            f"""
            SELECT {self.dry_run_id("i")}, 'admin:bob', 'COMPLETED', {self.sql.yes}, 300000, 100, 50, 50, 0, 0, 200,
                {self.sql.no}, at, at + 40, 40
            FROM (SELECT i, {self.now} - (i * 300 + 5) * {RUN_EVERY} + {MINUTE} AS at FROM {self.sql.series(19)}) AS k
            """,
        )

    def endpoint_rows(self):
        """One with nearly all events, and one with few. Reserved addresses: nothing is due."""
        return self.insert(
            "webhook_endpoints",
            "id, url, events, source, secret, created_at",
            f"""
            SELECT id, 'https://192.0.2.1/' || id, 'job.*', 'api', 'whsec_LCdiS2KoeBdo2tu7OkeFO2ufITQ3kmJda5ENw6xjEWI=',
                {self.now - SPAN}
            FROM (SELECT 'wh_0000000001' AS id UNION ALL SELECT 'wh_0000000002') AS e
            """,
        )

    delivery_columns = """user_id, event_id, endpoint_id, type, subject, run_id, position, created_at, status, attempts,
        next_at, last_status, last_ms, ended_at"""

    def deliveries(self, event, endpoint, kind, subject, run, position, at):
        """Some wait for a receiver that has been down for days, and some are dead."""
        return f"""
            SELECT user_id, {event}, '{endpoint}', '{kind}', {subject}, {run}, {position}, {at}, status, 1,
                {at} + CASE status WHEN 'PENDING' THEN {20 * DAY} ELSE 0 END,
                CASE status WHEN 'DELIVERED' THEN 200 ELSE 503 END, 35, CASE WHEN status <> 'PENDING' THEN {at} + 900 END
        """

    def item_delivery_rows(self):
        position = self.sql.padded("position", 7)
        return self.insert(
            "webhook_deliveries",
            self.delivery_columns,
            f"""
            {self.deliveries(f"run_id || '-' || {position}", "wh_0000000001", "job.timed_out", "job_id", "run_id",
                "position", "at")}
            FROM (
                SELECT i.user_id, i.run_id, i.position, i.job_id, r.started_at AS at, 'DELIVERED' AS status
                FROM {self.sql.table("run_items")} AS i JOIN {self.sql.table("runs")} AS r ON r.id = i.run_id
                WHERE r.started_at > {self.now - 25 * DAY} AND i.action = 'FAILED_AND_REFUNDED'
            ) AS d
            """,
        )

    def delivery_rows(self):
        """A tenth as many as there are jobs; one in ten goes to the second endpoint as well."""
        event = self.sql.time_id("at", "substr(replace(id, '-', ''), 1, 12)")
        parts = [
            f"""
            {self.deliveries(event, endpoint, "job.completed_late", "id", "NULL", "CAST(NULL AS bigint)", "at")}
            FROM (
                SELECT user_id, id, processing_completed_at AS at, CASE
                    WHEN created_at > {self.now - 12 * HOUR} AND created_at % 4 = 0 THEN 'PENDING'
                    WHEN created_at % 333 = 0 THEN 'DEAD' ELSE 'DELIVERED' END AS status
                FROM (
                    SELECT user_id, id, created_at, processing_completed_at,
                        {self.draw(1, 40, "created_at % 1000000007")} AS chance
                    FROM {self.sql.table("jobs")} WHERE created_at > {self.now - 25 * DAY} AND status = 'COMPLETED'
                ) AS j WHERE chance < {chance}
            ) AS d
            """
            for endpoint, chance in [("wh_0000000001", 10), ("wh_0000000002", 1)]
        ]
        return self.insert("webhook_deliveries", self.delivery_columns, " UNION ALL ".join(parts))

    def audit_rows(self):
        """Of a year; Zoe did something in its first half only."""
        entries = max(self.jobs // 100, 20_000)
        at = f"{self.now} - ({entries} - i) * {365 * DAY} / {entries}"
        return self.insert(
            "audit",
            "id, at, who, role, door, address, action, subject, detail, outcome",
            f"""
            SELECT {self.sql.time_id(at, self.sql.hexadecimal("i", 12))}, {at},
                CASE WHEN i < {entries // 2} AND i % 1000 = 0 THEN 'zoe' ELSE 'admin-' || {self.draw(1, 12)} END,
                'operator', 'page', '10.0.0.' || i % 20,
                CASE i % 5 WHEN 0 THEN 'sign-in' WHEN 1 THEN 'cleanup' ELSE 'job.retry' END,
                'job-' || i, NULL, 'done'
            FROM {self.sql.series(entries)}
            """,
        )

    def bulk_rows(self):
        at = f"{self.now} - (i + 1) * {DAY}"
        return self.insert(
            "bulk_actions",
            """id, kind, filter, asked_by, status, created_at, updated_at, expected, done, skipped, failed, lease_until""",
            f"""
            SELECT {self.sql.time_id(at, self.sql.hexadecimal("i", 12))}, 'retry', '{{"status":"FAILED"}}', 'alice',
                'COMPLETED', {at}, {at} + 5000, 900, 890, 10, 0, 0
            FROM {self.sql.series(50)}
            """,
        )

    def schedule_rows(self):
        """The daily check of the whole ledger counts as done, because it is no view."""
        return self.insert("schedules", "name, last_due", f"SELECT 'reconcile', {self.now}")


# ---- The databases


class PostgresDialect:
    uuid = "CAST(gen_random_uuid() AS text)"
    yes, no = "true", "false"
    json = "json"
    #: Since when an attempt runs is kept in microseconds in its run item.
    since_unit = 1000

    def table(self, name):
        return f"unstick.{name}"

    def series(self, count):
        return f"generate_series(CAST(0 AS bigint), {count - 1}) AS s (i)"

    def hexadecimal(self, value, digits):
        return f"lpad(to_hex(CAST({value} AS bigint)), {digits}, '0')"

    def padded(self, value, digits):
        return f"lpad(CAST({value} AS text), {digits}, '0')"

    def time_id(self, moment, tail):
        """An id that sorts by its moment (RFC 9562, version 7)."""
        digits = self.hexadecimal(moment, 12)
        return f"substr({digits}, 1, 8) || '-' || substr({digits}, 9) || '-7000-8000-' || {tail}"


class SQLiteDialect(PostgresDialect):
    uuid = " || '-' || ".join(["lower(hex(randomblob(%d)))"] * 5) % (4, 2, 2, 2, 6)
    yes, no = "1", "0"
    json = "text"
    since_unit = 1

    def table(self, name):
        return name

    def series(self, count):
        return (
            "(WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < "
            f"{count - 1}) SELECT i FROM n) AS s"
        )

    def hexadecimal(self, value, digits):
        return f"printf('%0{digits}x', {value})"

    def padded(self, value, digits):
        return f"printf('%0{digits}d', {value})"


class SQLiteDatabase:
    dialect = SQLiteDialect()
    explains = False

    def __init__(self, folder):
        self.path = folder / "unstick.db"
        self.url = f"sqlite:{self.path}"

    def start(self):
        pass

    def stop(self):
        pass

    def fill(self, statements):
        connection = sqlite3.connect(self.path, isolation_level=None)
        connection.execute("PRAGMA cache_size = -200000")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        indices = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql <> ''").fetchall()
        for name, _ in indices:
            connection.execute(f"DROP INDEX {name}")
        for table, sql in statements:
            began = time.monotonic()
            rows = connection.execute(sql).rowcount
            say(f"{rows:,} rows of {table} in {time.monotonic() - began:.0f} s")
        for name, sql in indices:
            connection.execute(sql)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()

    def value(self, sql):
        connection = sqlite3.connect(self.path)
        try:
            row = connection.execute(sql).fetchone()
            return None if row is None else str(row[0])
        finally:
            connection.close()

    def processor_seconds(self):
        """It works in the server's own process."""
        return 0.0


class PostgresDatabase:
    """A temporary cluster, on a socket in its folder."""

    dialect = PostgresDialect()
    explains = True

    def __init__(self, folder):
        self.folder = folder
        self.data = folder / "data"
        self.url = f"postgres:///unstick?host={folder}&user=unstick"
        roots = Path("/usr/lib/postgresql").glob("*/bin")
        self.programs = max(roots, key=lambda path: int(path.parent.name), default=None)
        self.log = self.data / "log" / "plans.json"
        self.read = 0

    def program(self, name, *arguments):
        """PostgreSQL does not run as root."""
        command = [self.programs / name if self.programs else name, *arguments]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self):
        if not self.data.exists():
            if os.getuid() == 0:
                shutil.chown(self.folder, "postgres")
            self.program("initdb", "-D", self.data, "-U", "unstick", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
            with open(self.data / "postgresql.conf", "a", encoding="utf-8") as file:
                file.write(self.configuration())
        self.program("pg_ctl", "-D", self.data, "-l", self.folder / "start.log", "-w", "-t", "120", "start")
        if not self.psql("SELECT 1 FROM pg_database WHERE datname = 'unstick'", database="postgres"):
            self.psql("CREATE DATABASE unstick", database="postgres")
        self.explain(False)

    def configuration(self):
        """The planner's settings are PostgreSQL's own. The data need not survive a crash, so it need not reach the disk."""
        return f"""
            listen_addresses = ''
            unix_socket_directories = '{self.folder}'
            fsync = off
            synchronous_commit = off
            full_page_writes = off
            shared_buffers = 1GB
            max_wal_size = 8GB
            checkpoint_timeout = 30min
            shared_preload_libraries = 'auto_explain'
            auto_explain.log_format = json
            auto_explain.log_analyze = on
            auto_explain.log_timing = off
            auto_explain.log_buffers = on
            log_destination = jsonlog
            logging_collector = on
            log_filename = 'plans.log'
            log_rotation_age = 0
            log_rotation_size = 0
        """

    def stop(self):
        if (self.data / "postmaster.pid").exists():
            self.program("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")

    def psql(self, sql, database="unstick"):
        done = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", "unstick", "-d", database],
            input=sql,
            text=True,
            stdout=subprocess.PIPE,
            check=True,
        )
        return done.stdout.strip()

    def value(self, sql):
        return self.psql(f"SET search_path = unstick;\n{sql.rstrip()};").split("\n")[0] or None

    def fill(self, statements):
        """Without the indices and keys, which are built again as they were once the rows are there."""
        tables = {table for table, _ in statements}
        names = ", ".join(f"'{self.dialect.table(table)}'::regclass" for table in tables)
        keys = self.psql(
            f"""
            SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
                format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
            FROM pg_constraint WHERE contype IN ('p', 'u') AND conrelid IN ({names})
            """
        )
        indices = self.psql(
            f"""
            SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid) FROM pg_index
            WHERE indrelid IN ({names}) AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
            """
        )
        changes = [line.split("|", 1) for line in (indices + "\n" + keys).split("\n")]
        memory = "SET work_mem = '600MB'; SET maintenance_work_mem = '1GB'; SET max_parallel_workers_per_gather = 0;\n"
        self.psql(";\n".join(drop for drop, _ in changes) + ";")
        for table, sql in statements:
            began = time.monotonic()
            self.psql(memory + sql.rstrip() + ";")
            say(f"{table} in {time.monotonic() - began:.0f} s")
        for _, make in changes:
            began = time.monotonic()
            self.psql(memory + make + ";")
            say(f"{make[:100]} in {time.monotonic() - began:.0f} s")
        self.psql("VACUUM (ANALYZE)")
        self.psql("CHECKPOINT")

    def explain(self, on):
        """Starts or stops logging the plan of each statement, also on open connections."""
        self.psql(f"ALTER SYSTEM SET auto_explain.log_min_duration = {0 if on else -1}")
        self.psql("SELECT pg_reload_conf()")
        time.sleep(0.3)
        self.plans()

    def plans(self):
        """The log since the last call."""
        time.sleep(0.3)
        with open(self.log, encoding="utf-8") as file:
            file.seek(self.read)
            text = file.read()
        complete = text[: text.rfind("\n") + 1]
        self.read += len(complete.encode())
        plans = []
        for line in complete.splitlines():
            message = json.loads(line).get("message", "")
            if found := re.match(r"duration: ([0-9.]+) ms  plan:\n", message):
                plans.append((float(found[1]), json.loads(message[found.end() :])))
        return plans

    def sizes(self):
        """How many rows each table has."""
        rows = self.psql("SELECT relname, reltuples::bigint FROM pg_class WHERE relnamespace = 'unstick'::regnamespace")
        return {name: int(count) for name, count in (line.split("|") for line in rows.split("\n"))}

    def processor_seconds(self):
        first = int((self.data / "postmaster.pid").read_text().split("\n")[0])
        return sum(processor_seconds(pid) for pid in processes() if pid == first or parent(pid) == first)


# ---- Processes


def processes():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def process_fields(pid):
    """Those after the name, from the state on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def parent(pid):
    fields = process_fields(pid)
    return int(fields[1]) if fields else 0


def processor_seconds(pid):
    fields = process_fields(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


class Server:
    """`unstick serve` over a database."""

    def __init__(self, unstick, database, folder):
        self.unstick = unstick
        self.database = database
        self.folder = folder
        self.token = None
        self.process = None
        self.connection = None
        self.files = {}

    def run(self, *arguments):
        done = subprocess.run(
            [self.unstick, *arguments, "--database", self.database.url],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    #: Without the machine's settings.
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "TZ": "UTC", "LOG_LEVEL": "warning"}

    def start(self):
        policy = self.folder / "policy.yaml"
        policy.write_text(POLICY)
        self.process = subprocess.Popen(
            [self.unstick, "serve", "--port", "0", "--schedule", "off", "--policy", policy, "--database", self.database.url],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=open(self.folder / "server.log", "ab"),
            text=True,
        )
        for line in self.process.stdout:
            if found := re.search(r"listens on http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                break
        else:
            sys.exit(f"The server did not start; {self.folder}/server.log may say why.")

    def stop(self):
        if self.connection:
            self.connection.close()
            self.connection = None
        if self.process:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def get(self, path):
        """The page, and how long it took in milliseconds."""
        if not self.connection:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        began = time.perf_counter()
        self.connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
        response = self.connection.getresponse()
        text = response.read().decode()
        took = (time.perf_counter() - began) * 1000
        if response.status != 200:
            sys.exit(f"{path} answered {response.status}:\n{text[:2000]}")
        return text, took

    def weight_of_files(self, page):
        """What the style, the script and the icon of a page weigh, in bytes; their names say what is in them."""
        names = set(re.findall(r'"(/admin/assets/[^"]+)"', page))
        for name in names - self.files.keys():
            self.files[name] = len(self.get(name)[0].encode())
        return sum(self.files[name] for name in names)

    @property
    def processor_seconds(self):
        return processor_seconds(self.process.pid)

    @property
    def bytes_read(self):
        fields = dict(line.split(": ") for line in Path(f"/proc/{self.process.pid}/io").read_text().splitlines())
        return int(fields["rchar"])


# ---- The views


def views(database, server):
    """Name and path of each."""
    one = database.value
    now = "(SELECT max(created_at) FROM jobs)"
    timed_out = "FROM jobs WHERE status = 'FAILED' AND timed_out_after IS NOT NULL"
    failed = one(f"SELECT id {timed_out} AND created_at < {now} - {2 * DAY} ORDER BY created_at DESC LIMIT 1")
    running = one("SELECT id FROM jobs WHERE status = 'PROCESSING' AND kind = 'video' ORDER BY created_at DESC LIMIT 1")
    delivered = one("SELECT subject FROM webhook_deliveries WHERE run_id IS NULL ORDER BY event_id DESC LIMIT 1")
    large = one("SELECT id FROM runs WHERE NOT dry_run ORDER BY total_found DESC LIMIT 1")
    dry = one("SELECT id FROM runs WHERE dry_run ORDER BY id LIMIT 1")
    bulk = one("SELECT id FROM bulk_actions LIMIT 1")

    def link(path, words):
        """Where a link of a page leads."""
        page = server.get(path)[0]
        for target, text in re.findall(r'<a [^>]*href="([^"]*)"[^>]*>([^<]*)<', page):
            if words in text and "cursor=" in target:
                return html.unescape(target)
        sys.exit(f"{path} has no link that says '{words}'.")

    return [
        ("overview", "/admin"),
        ("stuck", "/admin/stuck"),
        ("stuck, one kind", "/admin/stuck?kind=audio"),
        ("stuck, another timeout", "/admin/stuck?timeout=1m"),
        ("jobs", "/admin/jobs"),
        ("jobs, second page", link("/admin/jobs", "Next page")),
        ("jobs, failed", "/admin/jobs?status=FAILED"),
        ("jobs, running", "/admin/jobs?status=PROCESSING"),
        ("jobs, pending", "/admin/jobs?status=PENDING"),
        ("jobs, completed", "/admin/jobs?status=COMPLETED"),
        ("jobs, cancelled", "/admin/jobs?status=CANCELLED"),
        ("jobs, cancelled, further back", link("/admin/jobs?status=CANCELLED", "further back")),
        ("jobs, rare kind", "/admin/jobs?kind=rare"),
        ("jobs, rare kind, further back", link("/admin/jobs?kind=rare", "further back")),
        ("jobs, rare tier", "/admin/jobs?tier=TIER_9K"),
        ("jobs, user", "/admin/jobs?user=user-100"),
        ("jobs, heavy user", "/admin/jobs?user=user-1"),
        ("jobs, heavy user, cancelled", "/admin/jobs?user=user-1&status=CANCELLED"),
        ("jobs, nobody", "/admin/jobs?user=nobody"),
        ("jobs, error", "/admin/jobs?error=cuda+out"),
        ("jobs, failed, error", "/admin/jobs?status=FAILED&error=cuda+out"),
        ("jobs, failed, error of none", "/admin/jobs?status=FAILED&error=no+such+error"),
        ("jobs, rule", "/admin/jobs?rule=default"),
        ("jobs, rule and status", "/admin/jobs?rule=films&status=FAILED"),
        ("jobs, older", "/admin/jobs?olderThan=30d"),
        ("jobs, newer", "/admin/jobs?newerThan=1h&kind=export"),
        ("jobs, begin of an id", f"/admin/jobs?id={failed[:6]}"),
        (
            "jobs, several conditions",
            "/admin/jobs?status=FAILED&kind=rare&tier=TIER_1K&olderThan=10d&newerThan=50d&error=cuda",
        ),
        ("job, failed", f"/admin/jobs/{failed}"),
        ("job, running", f"/admin/jobs/{running}"),
        ("job, with deliveries", f"/admin/jobs/{delivered}"),
        ("users", "/admin/users"),
        ("users, unknown", "/admin/users?id=nobody"),
        ("user", "/admin/users/user-100"),
        ("user, heavy", "/admin/users/user-1"),
        ("user, heavy, old lines", "/admin/users/user-1?cursor=500"),
        ("runs", "/admin/runs"),
        ("runs, by admins", "/admin/runs?trigger=admin"),
        ("runs, held", "/admin/runs?status=HELD"),
        ("runs, failed", "/admin/runs?status=FAILED"),
        ("run of many jobs", f"/admin/runs/{large}"),
        ("dry run", f"/admin/runs/{dry}"),
        ("policy", "/admin/policy"),
        ("webhooks", "/admin/webhooks"),
        ("webhook", "/admin/webhooks/wh_0000000001"),
        ("webhook of few events", "/admin/webhooks/wh_0000000002"),
        ("deliveries", "/admin/deliveries"),
        ("deliveries, dead", "/admin/deliveries?status=DEAD"),
        ("deliveries, waiting", "/admin/deliveries?status=PENDING"),
        ("deliveries, dead, one webhook", "/admin/deliveries?endpoint=wh_0000000002&status=DEAD"),
        ("deliveries, waiting, one webhook", "/admin/deliveries?endpoint=wh_0000000001&status=PENDING"),
        ("deliveries, job", f"/admin/deliveries?job={delivered}"),
        ("audit", "/admin/audit"),
        ("audit, who", "/admin/audit?who=zoe"),
        ("audit, action", "/admin/audit?action=bulk.start"),
        ("bulk actions", "/admin/bulk"),
        ("bulk action", f"/admin/bulk/{bulk}"),
        ("bulk, retry failed", "/admin/bulk/new?action=retry&status=FAILED"),
        ("bulk, retry failed, filtered", "/admin/bulk/new?action=retry&status=FAILED&kind=image&error=cuda"),
        ("bulk, fail running", "/admin/bulk/new?action=fail&status=PROCESSING"),
        ("bulk, cancel", "/admin/bulk/new?action=cancel&status=PENDING"),
        ("bulk, retry, heavy user", "/admin/bulk/new?action=retry&status=FAILED&user=user-1"),
        ("tokens", "/admin/tokens"),
        ("account", "/admin/account"),
    ]


class Learning:
    """The cost of the first request of the policy page: the server then learns from the newest completed jobs."""

    def __init__(self, server, database):
        self.began = time.monotonic()
        before = (server.processor_seconds, database.processor_seconds())
        _, self.first = server.get("/admin/policy")
        self.meanwhile = []
        while "Learning" in server.get("/admin/policy")[0]:
            self.meanwhile.append(server.get("/admin/jobs")[1])
            time.sleep(0.25)
            if time.monotonic() - self.began > 300:
                sys.exit("Nothing was learned in five minutes.")
        self.seconds = time.monotonic() - self.began
        self.server = server.processor_seconds - before[0]
        self.database = database.processor_seconds() - before[1]

    def __str__(self):
        meanwhile = f", jobs meanwhile {statistics.median(self.meanwhile):.0f} ms" if self.meanwhile else ""
        return (
            f"Learning took {self.seconds:.1f} s: {self.server:.1f} s of processor in the server, {self.database:.1f} s in the "
            f"database's own processes; the first request of the policy page {self.first:.0f} ms{meanwhile}."
        )


# ---- The plans


def steps(plan):
    """Each step of a plan with what it read: rows of all rounds, those that a filter dropped included."""
    dropped = sum(plan.get(f"Rows Removed by {what}", 0) for what in ("Filter", "Index Recheck", "Join Filter"))
    yield plan, (plan.get("Actual Rows", 0) + dropped) * plan.get("Actual Loops", 1)
    for part in plan.get("Plans", []):
        yield from steps(part)


class Reading:
    """The reads of one view's statements."""

    def __init__(self, plans, sizes):
        self.statements = len(plans)
        self.milliseconds = sum(took for took, _ in plans)
        self.rows = 0
        self.faults = []
        for took, explained in plans:
            for step, rows in steps(explained["Plan"]):
                table = step.get("Relation Name") or step.get("Index Name")
                if not table:
                    continue
                self.rows += rows
                whole = step["Node Type"] == "Seq Scan" and sizes.get(table, 0) > LARGE_TABLE
                if whole or rows > MOST_ROWS:
                    what = f"{step['Node Type']} on {table} read {rows:,} rows"
                    self.faults.append((what, took, explained))


class Row:
    """The measurements of one view."""

    def __init__(self, name, path):
        self.name = name
        self.path = path
        self.times = []
        self.first = 0.0
        self.processor = 0.0
        self.size = 0
        self.bytes = 0
        self.readings = []

    @property
    def median(self):
        return statistics.median(self.times)

    @property
    def p95(self):
        return sorted(self.times)[math.ceil(0.95 * len(self.times)) - 1]

    @property
    def faults(self):
        """Each reported once."""
        faults = {what: (took, plan) for reading in self.readings for what, took, plan in reading.faults}
        return [(what, took, plan) for what, (took, plan) in faults.items()]

    def text(self, explains):
        times = [self.median, self.p95, self.first, self.processor, self.size / 1000]
        cells = [self.name] + [f"{time:.0f}" for time in times]
        if explains:
            last = self.readings[-1]
            cells += [f"{last.statements}", f"{last.milliseconds:.1f}", f"{max(r.rows for r in self.readings):,}"]
        else:
            cells += [f"{self.bytes / 1e6:.1f}"]
        marks = [what for what, _, _ in self.faults]
        if self.median > MEDIAN_MS:
            marks.append(f"over {MEDIAN_MS} ms")
        if self.size > WEIGHT:
            marks.append(f"over {WEIGHT // 1000} kB")
        if self.bytes > MOST_BYTES:
            marks.append("reads much of the file")
        return "| " + " | ".join(cells + ["; ".join(marks)]) + " |"

    @property
    def is_good(self):
        return self.median <= MEDIAN_MS and self.size <= WEIGHT and not self.faults and self.bytes <= MOST_BYTES


def measure(server, database, only):
    """Each view in turn."""
    rows = [Row(name, path) for name, path in views(database, server) if not only or any(word in name for word in only)]
    server.stop()
    server.start()
    server.get("/admin/account")
    say(str(Learning(server, database)))
    sizes = database.sizes() if database.explains else {}
    for row in rows:
        before = server.bytes_read
        _, row.first = server.get(row.path)
        if database.explains:
            database.explain(True)
            server.get(row.path)
            row.readings.append(Reading(database.plans(), sizes))
            database.explain(False)
        else:
            row.bytes = server.bytes_read - before
        for _ in range(WARM):
            server.get(row.path)
        before = server.processor_seconds + database.processor_seconds()
        for _ in range(ASKED):
            text, took = server.get(row.path)
            row.times.append(took)
            row.size = len(text.encode()) + server.weight_of_files(text)
        row.processor = (server.processor_seconds + database.processor_seconds() - before) / ASKED * 1000
        if database.explains:
            # By now a statement has the plan that it keeps.
            database.explain(True)
            server.get(row.path)
            row.readings.append(Reading(database.plans(), sizes))
            database.explain(False)
    return rows


def print_table(rows, explains):
    heads = ["View", "Median ms", "p95 ms", "First ms", "CPU ms", "Page kB"]
    heads += ["Statements", "SQL ms", "Rows read"] if explains else ["MB read at first"]
    print("| " + " | ".join(heads + ["Remarks"]) + " |")
    print("|---|" + "--:|" * (len(heads) - 1) + "---|")
    for row in rows:
        print(row.text(explains))


# ---- Open pages


class OpenPages:
    """Streams of changes that are not read until the end."""

    def __init__(self, server, topics):
        self.sockets = []
        for topic in topics:
            stream = socket.create_connection(("127.0.0.1", server.port))
            request = f"GET /admin/live?watch={quote(topic)} HTTP/1.1\r\nHost: localhost\r\n"
            stream.sendall(f"{request}Authorization: Bearer {server.token}\r\n\r\n".encode())
            self.sockets.append(stream)

    def close(self):
        """How many streams started successfully, and how many changes they sent."""
        began = changes = 0
        for stream in self.sockets:
            stream.setblocking(False)
            text = b""
            try:
                while part := stream.recv(65536):
                    text += part
            except BlockingIOError:
                pass
            stream.close()
            began += text.startswith(b"HTTP/1.1 200") and b": hello" in text
            changes += text.count(b"event: change")
        return began, changes


def live_cost(server, database, topics, seconds):
    """The shares of a core that server and database take with these pages open."""
    pages = OpenPages(server, topics)
    time.sleep(5)
    before, began = (server.processor_seconds, database.processor_seconds()), time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    shares = ((server.processor_seconds - before[0]) / took, (database.processor_seconds() - before[1]) / took)
    return *shares, *pages.close()


def measure_live(server, database, seconds):
    """Whether the open pages cost little enough."""
    running = "SELECT id FROM jobs WHERE status = 'PROCESSING' ORDER BY created_at DESC LIMIT 1 OFFSET {}"
    jobs = [f"job:{database.value(running.format(n))}" for n in range(OPEN_PAGES)]
    print("\n| Open pages | Server, of a core | Database, of a core | Streams | Changes |\n|---|--:|--:|--:|--:|")
    idle, good = None, True
    for name, topics in [("none", []), ("the overview", ["overview"] * OPEN_PAGES), ("as many jobs", jobs)]:
        server_share, database_share, began, changes = live_cost(server, database, topics, seconds)
        print(f"| {name} | {server_share:.2%} | {database_share:.2%} | {began} | {changes} |", flush=True)
        total = server_share + database_share
        idle = total if idle is None else idle
        good = good and total - idle <= LIVE_SHARE and began == len(topics)
    return good


# ---- The whole


def say(text):
    print(text, file=sys.stderr, flush=True)


def seed(server, database, jobs):
    """Creates the tables, fills them, and creates an API key."""
    began = time.monotonic()
    server.run("migrate")
    database.fill(Workload(database.dialect, jobs, int(time.time() * 1000)).statements())
    token = json.loads(server.run("key", "create", "measuring", "--role", "admin", "--json"))["token"]
    say(f"Filled in {time.monotonic() - began:.0f} s")
    return token


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("unstick", type=Path, help="the server, built before")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the database is kept")
    parser.add_argument("--live", type=int, metavar="SECONDS", help="how long pages are kept open for each measurement")
    parser.add_argument("--only", nargs="*", help="only views whose name has one of these words")
    parser.add_argument("--plans", type=Path, help="where the plans that read too much are written to")
    arguments = parser.parse_args()
    if arguments.jobs < 100_000:
        sys.exit("Below 100,000 jobs a query for a part of a table reads most of it.")

    folder = (arguments.folder or Path(tempfile.mkdtemp(prefix="unstick-views-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    database = {"sqlite": SQLiteDatabase, "postgres": PostgresDatabase}[arguments.database](folder)
    server = Server(arguments.unstick.resolve(), database, folder)
    token = folder / "token"
    try:
        database.start()
        if not token.exists():
            text = seed(server, database, arguments.jobs)
            token.write_text(text)
        server.token = token.read_text()
        server.start()
        rows = measure(server, database, arguments.only)
        print_table(rows, database.explains)
        good = all(row.is_good for row in rows)
        if arguments.plans:
            faults = [fault for row in rows for fault in row.faults]
            texts = [f"{what}, {took} ms\n{json.dumps(plan, indent=1)}" for what, took, plan in faults]
            arguments.plans.write_text("\n\n".join(texts))
        if arguments.live:
            good = measure_live(server, database, arguments.live) and good
    finally:
        server.stop()
        database.stop()
        if not arguments.folder:
            shutil.rmtree(folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
