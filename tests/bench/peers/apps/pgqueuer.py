"""PgQueuer: workers with batches of 50, durable tables; finished jobs go to its log table.

python -m tests.bench.peers.apps.pgqueuer worker | produce
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import timedelta

import asyncpg
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgPoolDriver
from pgqueuer.models import Job, Schedule
from pgqueuer.queries import Queries

from tests.bench.mark import mark
from tests.bench.peers.apps.errands import Run, each_second, serve

DSN = os.environ["BENCH_DSN"]
BATCH = 50
#: Jobs per statement.
BULK = 1_000


async def work() -> None:
    """Be one worker; its schedules are entered by whichever comes first."""
    pool = await asyncpg.create_pool(DSN, min_size=2, max_size=10)
    queue = PgQueuer.from_asyncpg_pool(pool)

    @queue.entrypoint("noop")
    async def noop(job: Job) -> None:
        number, reference, _ = json.loads(job.payload or b"")
        mark(number, reference)

    for number in each_second():

        async def due(schedule: Schedule, number: int = number) -> None:  # noqa: ARG001 - as it is called
            mark(number, 0.0)

        queue.schedule(f"every{number}", "* * * * * *")(due)
    await queue.run(batch_size=BATCH)


class Producer:
    """Writes jobs."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    async def many(self, runs: list[Run]) -> None:
        """Write them in bulk."""
        await self._write(runs, None)

    async def later(self, runs: list[Run], due: float) -> None:
        """Write them with the time that is left."""
        await self._write(runs, due)

    async def one(self, run: Run) -> None:
        """Write one."""
        await self._write([run], None)

    async def _write(self, runs: list[Run], due: float | None) -> None:
        for start in range(0, len(runs), BULK):
            part = runs[start : start + BULK]
            left = None if due is None else timedelta(seconds=due - time.time())
            await self._queries.enqueue(
                ["noop"] * len(part),
                [json.dumps(run).encode() for run in part],
                [0] * len(part),
                None if left is None else [left] * len(part),
            )


async def produce() -> None:
    """Make the tables, then do errands."""
    async with asyncpg.create_pool(DSN, min_size=1, max_size=4) as pool:
        queries = Queries(AsyncpgPoolDriver(pool))
        await queries.install()
        print("done", flush=True)  # noqa: T201 - ready
        await serve(Producer(queries))


if __name__ == "__main__":
    uvloop.run(work() if sys.argv[1] == "worker" else produce())
