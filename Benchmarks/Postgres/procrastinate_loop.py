"""Times the recovery loop of Procrastinate's documentation over stalled jobs; prints the seconds.

Usage: procrastinate_loop.py URL JOBS. The database is empty; the jobs belong to a worker whose heart stopped.
"""

import asyncio
import sys
import time

import procrastinate


async def main(url: str, jobs: int) -> None:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        query = app.connector.execute_query_async
        await query("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')")
        await query(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts, worker_id)"
            " SELECT 'images', 'enhance', 'doing', 1, id"
            " FROM procrastinate_workers, generate_series(1, %(jobs)s)",
            jobs=jobs,
        )
        await query("ANALYZE")
        start = time.perf_counter()
        stalled = list(await app.job_manager.get_stalled_jobs())
        for job in stalled:
            await app.job_manager.retry_job(job)
        seconds = time.perf_counter() - start
    if len(stalled) != jobs:
        sys.exit(f"{len(stalled)} of {jobs} jobs were stalled")
    print(seconds)


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
