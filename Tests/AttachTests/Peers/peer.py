"""Drives a queue written by others, so that a test can use its real tables and its real worker.

    peer.py list                      the systems whose package is installed here
    peer.py schema NAME DSN           creates the system's own schema in an empty database
    peer.py stuck NAME DSN [SECONDS]  enqueues a job and leaves it as a worker that died SECONDS ago does; prints its id
    peer.py work NAME DSN             runs the system's own worker until nothing waits; prints every job's state as JSON

`work` enqueues one more job and fails unless that job gets done. DSN is libpq's: postgresql://me@/db?host=/socket.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

SECONDS_AT_MOST = 30
PACKAGES = {
    "procrastinate": "procrastinate",
    "pgqueuer": "pgqueuer",
    "oban": "oban",
    "chancy": "chancy",
    "django_tasks": "django_tasks_db",
    "celery_results": "django_celery_results",
}


def rows(dsn: str, query: str, *values: object) -> list[tuple]:
    """Runs one statement of our own, in its own transaction."""
    import psycopg

    with psycopg.connect(dsn) as connection:
        cursor = connection.execute(query, values)
        return cursor.fetchall() if cursor.description else []


def states(dsn: str, query: str) -> dict[str, str]:
    return {str(job): str(state) for job, state in rows(dsn, query)}


async def until(done: Callable[[], bool]) -> None:
    """Waits without a limit of its own: the alarm of `main` ends it."""
    while not await asyncio.to_thread(done):
        await asyncio.sleep(0.05)


class Procrastinate:
    def __init__(self, dsn: str) -> None:
        import procrastinate

        self.dsn = dsn
        self.app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=dsn))

        async def greet() -> None:
            return None

        self.greet = self.app.task(name="greet")(greet)

    async def schema(self) -> None:
        async with self.app.open_async():
            await self.app.schema_manager.apply_schema_async()

    async def enqueue(self) -> str:
        async with self.app.open_async():
            return str(await self.greet.defer_async())

    async def stuck(self, seconds: float) -> str:
        job = await self.enqueue()
        rows(
            self.dsn,
            """
            WITH worker AS (
                INSERT INTO procrastinate_workers (last_heartbeat)
                VALUES (now() - %s * INTERVAL '1 second') RETURNING id)
            UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM worker) WHERE id = %s
            """,
            seconds,
            job,
        )
        # Its triggers wrote the events, with the present time.
        rows(
            self.dsn,
            "UPDATE procrastinate_events SET at = at - %s * INTERVAL '1 second' WHERE job_id = %s",
            seconds,
            job,
        )
        return job

    async def work(self) -> tuple[str, dict[str, str]]:
        fresh = await self.enqueue()
        async with self.app.open_async():
            await self.app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)
        jobs = states(self.dsn, "SELECT id, status FROM procrastinate_jobs")
        return "" if jobs.get(fresh) == "succeeded" else f"job {fresh} is {jobs.get(fresh)}", jobs


class PgQueuer:
    # A finished job's row is deleted: its outcome is in the log.
    STATES = """
        SELECT DISTINCT ON (l.job_id) l.job_id, COALESCE(CAST(j.status AS text), CAST(l.status AS text))
        FROM pgqueuer_log AS l LEFT JOIN pgqueuer AS j ON j.id = l.job_id ORDER BY l.job_id, l.id DESC
        """

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    @asynccontextmanager
    async def driver(self) -> AsyncIterator:
        """By asyncpg: with psycopg every query waits for up to a second behind the listening."""
        import asyncpg
        from pgqueuer.db import AsyncpgDriver

        connection = await asyncpg.connect(self.dsn)
        try:
            async with AsyncpgDriver(connection) as driver:
                yield driver
        finally:
            await connection.close()

    async def schema(self) -> None:
        from pgqueuer.queries import Queries

        async with self.driver() as driver:
            await Queries(driver).install()

    async def enqueue(self) -> str:
        from pgqueuer.queries import Queries

        async with self.driver() as driver:
            return str((await Queries(driver).enqueue("greet", None))[0])

    async def stuck(self, seconds: float) -> str:
        job = await self.enqueue()
        rows(
            self.dsn,
            """
            WITH clock AS (SELECT now() - make_interval(secs => %s) AS at),
            picked AS (
                UPDATE pgqueuer
                SET status = 'picked', queue_manager_id = gen_random_uuid(), created = clock.at,
                    execute_after = clock.at, updated = clock.at, heartbeat = clock.at
                FROM clock WHERE id = %s RETURNING pgqueuer.*)
            INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint)
            SELECT updated, id, status, priority, entrypoint FROM picked
            """,
            seconds,
            job,
        )
        return job

    async def work(self) -> tuple[str, dict[str, str]]:
        from pgqueuer import PgQueuer as Worker
        from pgqueuer.types import QueueExecutionMode

        fresh = await self.enqueue()
        async with self.driver() as driver:
            worker = Worker(driver)

            @worker.entrypoint("greet")
            async def greet(job: object) -> None:
                return None

            await worker.run(mode=QueueExecutionMode.drain, dequeue_timeout=timedelta(milliseconds=200))
        jobs = states(self.dsn, self.STATES)
        return "" if jobs.get(fresh) == "successful" else f"job {fresh} is {jobs.get(fresh)}", jobs


class Oban:
    def __init__(self, dsn: str) -> None:
        import oban

        self.dsn = dsn

        @oban.worker(queue="default")
        class Greet:
            async def process(self, job: object) -> None:
                return None

        self.greet = Greet

    async def pool(self):
        from psycopg_pool import AsyncConnectionPool

        # Its own pool factory searches a configuration file; this one accepts the name of a socket.
        pool = AsyncConnectionPool(self.dsn, min_size=1, max_size=5, open=False)
        await pool.open()
        return pool

    async def schema(self) -> None:
        from oban.schema import install

        async with await self.pool() as pool:
            await install(pool)

    async def enqueue(self) -> str:
        import oban

        async with await self.pool() as pool:
            return str((await oban.Oban(pool=pool).enqueue(self.greet.new({}))).id)

    async def stuck(self, seconds: float) -> str:
        job = await self.enqueue()
        rows(
            self.dsn,
            """
            WITH clock AS (SELECT timezone('UTC', now()) - make_interval(secs => %s) AS at),
            producer AS (
                INSERT INTO oban_producers (uuid, node, queue, meta, started_at, updated_at)
                SELECT gen_random_uuid(), 'lost.1', 'default', '{"local_limit": 10, "paused": false}', at, at FROM clock
                RETURNING uuid, node)
            UPDATE oban_jobs
            SET state = 'executing', attempt = 1, inserted_at = clock.at, scheduled_at = clock.at,
                attempted_at = clock.at, attempted_by = ARRAY[producer.node, CAST(producer.uuid AS text)]
            FROM clock, producer WHERE id = %s
            """,
            seconds,
            job,
        )
        return job

    async def work(self) -> tuple[str, dict[str, str]]:
        import oban

        fresh = await self.enqueue()
        waiting = """
            SELECT 1 FROM oban_jobs
            WHERE state IN ('available', 'scheduled') OR (state = 'executing' AND attempted_by[1] = 'peer')
            """
        async with await self.pool() as pool:
            async with oban.Oban(pool=pool, node="peer", queues={"default": 5}):
                await until(lambda: not rows(self.dsn, waiting))
        jobs = states(self.dsn, "SELECT id, state FROM oban_jobs")
        return "" if jobs.get(fresh) == "completed" else f"job {fresh} is {jobs.get(fresh)}", jobs


class Chancy:
    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    def app(self):
        import logging

        import chancy

        return chancy.Chancy(self.dsn, log=logging.getLogger("chancy"))

    async def schema(self) -> None:
        import chancy

        async with self.app() as app:
            await app.migrate()
            await app.declare(chancy.Queue("default", executor=chancy.Chancy.Executor.Async))

    async def enqueue(self) -> str:
        import chancy
        from chancy_jobs import greet

        async with self.app() as app:
            return str((await app.push(chancy.job(queue="default")(greet))).identifier)

    async def stuck(self, seconds: float) -> str:
        job = await self.enqueue()
        rows(
            self.dsn,
            """
            WITH worker AS (
                INSERT INTO chancy_workers (worker_id, tags, queues, last_seen, expires_at)
                SELECT 'lost', ARRAY['*'], ARRAY['default'], at, at + INTERVAL '90 seconds'
                FROM (SELECT now() - make_interval(secs => %s)) AS clock (at) RETURNING last_seen)
            UPDATE chancy_jobs
            SET state = 'running', taken_by = 'lost', claim_id = gen_random_uuid(), started_at = worker.last_seen
            FROM worker WHERE id = %s
            """,
            seconds,
            job,
        )
        return job

    async def work(self) -> tuple[str, dict[str, str]]:
        import chancy

        fresh = await self.enqueue()
        waiting = """
            SELECT 1 FROM chancy_jobs
            WHERE state IN ('pending', 'retrying') OR (state = 'running' AND taken_by = 'peer')
            """
        async with self.app() as app:
            async with chancy.Worker(app, worker_id="peer", register_signal_handlers=False):
                await until(lambda: not rows(self.dsn, waiting))
        jobs = states(self.dsn, "SELECT id, state FROM chancy_jobs")
        return "" if jobs.get(fresh) == "succeeded" else f"job {fresh} is {jobs.get(fresh)}", jobs


class Django:
    """What both of Django's systems share: settings, and its migrations as the way to the schema."""

    APP = ""

    def __init__(self, dsn: str) -> None:
        import django
        from django.conf import settings
        from psycopg.conninfo import conninfo_to_dict

        self.dsn = dsn
        parts = conninfo_to_dict(dsn)
        database = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.get("dbname", ""),
            "USER": parts.get("user", ""),
            "PASSWORD": parts.get("password", ""),
            "HOST": parts.get("host", ""),
            "PORT": str(parts.get("port", "")),
        }
        settings.configure(
            DATABASES={"default": database},
            INSTALLED_APPS=[self.APP],
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
            TASKS={"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}},
            USE_TZ=True,
        )
        # Django refuses to query inside an event loop; here nothing else runs in it.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        django.setup()

    async def schema(self) -> None:
        from django.core.management import call_command

        call_command("migrate", verbosity=0)


class DjangoTasks(Django):
    APP = "django_tasks_db"

    async def enqueue(self) -> str:
        from django_jobs import greet

        return str(greet.enqueue().id)

    async def stuck(self, seconds: float) -> str:
        job = await self.enqueue()
        rows(
            self.dsn,
            """
            UPDATE django_tasks_database_dbtaskresult
            SET status = 'RUNNING', started_at = clock.at, enqueued_at = clock.at, worker_ids = '["lost"]'
            FROM (SELECT now() - make_interval(secs => %s)) AS clock (at) WHERE id = %s
            """,
            seconds,
            job,
        )
        return job

    async def work(self) -> tuple[str, dict[str, str]]:
        from django.core.management import call_command

        fresh = await self.enqueue()
        call_command("db_worker", batch=True, startup_delay=False, reload=False, interval=0, verbosity=0)
        jobs = states(self.dsn, "SELECT id, status FROM django_tasks_database_dbtaskresult")
        return "" if jobs.get(fresh) == "SUCCESSFUL" else f"job {fresh} is {jobs.get(fresh)}", jobs


class CeleryResults(Django):
    """Results only: the queue is Celery's broker, so there is no worker that could go on from these rows."""

    APP = "django_celery_results"

    async def stuck(self, seconds: float) -> str:
        from django_celery_results.models import TaskResult

        task = TaskResult.objects.store_result(
            "application/json", "utf-8", "stuck-1", None, "STARTED", task_name="greet"
        )
        rows(
            self.dsn,
            """
            UPDATE django_celery_results_taskresult
            SET date_started = clock.at, date_created = clock.at, date_done = clock.at
            FROM (SELECT now() - make_interval(secs => %s)) AS clock (at) WHERE id = %s
            """,
            seconds,
            task.pk,
        )
        return str(task.pk)

    async def work(self) -> tuple[str, dict[str, str]]:
        return "celery_results has no worker", {}


PEERS = {
    "procrastinate": Procrastinate,
    "pgqueuer": PgQueuer,
    "oban": Oban,
    "chancy": Chancy,
    "django_tasks": DjangoTasks,
    "celery_results": CeleryResults,
}


def installed() -> list[str]:
    return [name for name, package in PACKAGES.items() if importlib.util.find_spec(package)]


def out_of_time(*_: object) -> None:
    print(f"not done within {SECONDS_AT_MOST} s", file=sys.stderr, flush=True)
    os._exit(1)


def main(arguments: list[str]) -> int:
    if arguments == ["list"]:
        print("\n".join(installed()))
        return 0
    if len(arguments) not in (3, 4) or arguments[0] not in ("schema", "stuck", "work") or arguments[1] not in PEERS:
        print(__doc__, file=sys.stderr)
        return 2
    command, name, dsn = arguments[:3]
    if name not in installed():
        print(f"{name} is not installed", file=sys.stderr)
        return 3
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(SECONDS_AT_MOST)

    peer = PEERS[name](dsn)
    if command == "schema":
        asyncio.run(peer.schema())
    elif command == "stuck":
        print(asyncio.run(peer.stuck(float(arguments[3]) if len(arguments) > 3 else 3600)))
    else:
        problem, jobs = asyncio.run(peer.work())
        print(json.dumps(jobs, sort_keys=True))
        if problem:
            print(problem, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    # Once more under its own name: these systems name a job by its module, and cannot find one in `__main__`.
    sys.dont_write_bytecode = True
    import peer

    sys.exit(peer.main(sys.argv[1:]))
