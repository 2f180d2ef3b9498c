"""taskiq on NATS JetStream: two worker processes, results in PostgreSQL, its own scheduler.

python -m tests.bench.peers.apps.taskiq worker | scheduler | produce
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from nats.js.api import ConsumerConfig
from taskiq import ScheduledTask, ScheduleSource, TaskiqScheduler
from taskiq_nats import PullBasedJetStreamBroker
from taskiq_pg.asyncpg import AsyncpgResultBackend

from tests.bench.mark import mark
from tests.bench.peers.apps.errands import EVERY, Run, each_second, serve

#: Publishes that wait for their acknowledgement at once.
AT_ONCE = 100
DUE = "BENCH_DUE"
PROGRAM = str(Path(sys.executable).with_name("taskiq"))
MODULE = "tests.bench.peers.apps.taskiq"
WORKER = ("worker", "-w", "2", "--log-level", "WARNING", "--max-async-tasks", "200", "--no-parse")
SCHEDULER = (PROGRAM, "scheduler", "--log-level", "WARNING", f"{MODULE}:scheduler")

broker = PullBasedJetStreamBroker(
    servers=[os.environ["BENCH_NATS"]],
    queue="queue",
    pull_consume_batch=100,
    pull_consume_timeout=5,
    consumer_config=ConsumerConfig(durable_name="bench", max_ack_pending=20_000, ack_wait=120),
).with_result_backend(AsyncpgResultBackend(dsn=os.environ["BENCH_DSN"], max_size=10))


@broker.task(task_name="noop")
async def noop(number: int, reference: float, pad: str) -> int:  # noqa: ARG001 - ballast
    """Note the start."""
    mark(number, reference)
    return number


class Schedules(ScheduleSource):
    """What the environment names: one task each second, or all at one moment."""

    async def get_schedules(self) -> list[ScheduledTask]:
        """List them."""
        due = os.environ.get(DUE)
        at = float(due or 0)
        when = {"time": datetime.fromtimestamp(at, UTC)} if due else {"interval": 1}
        return [
            ScheduledTask(
                task_name="noop",
                labels={},
                args=[*Run(number, at)],
                kwargs={},
                schedule_id=str(number),
                **when,
            )
            for number in each_second()
        ]


scheduler = TaskiqScheduler(broker, [Schedules()])


class Producer:
    """Publishes tasks."""

    async def many(self, runs: list[Run]) -> None:
        """Publish them, a hundred at once."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def publish(run: Run) -> None:
            async with turns:
                await noop.kiq(*run)

        await asyncio.gather(*map(publish, runs))

    async def later(self, runs: list[Run], due: float) -> None:
        """Have its scheduler know them: JetStream has no messages for later here."""
        every = f"{runs[0].number},{len(runs)}"
        await asyncio.create_subprocess_exec(
            *SCHEDULER, env={**os.environ, EVERY: every, DUE: str(due)}
        )

    async def one(self, run: Run) -> None:
        """Publish one."""
        await noop.kiq(*run)


async def produce() -> None:
    """Make stream and table, then do errands."""
    await broker.startup()
    print("done", flush=True)  # noqa: T201 - ready
    await serve(Producer())


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        os.execv(PROGRAM, (PROGRAM, *WORKER, f"{MODULE}:broker"))  # noqa: S606 - becomes it
    if sys.argv[1] == "scheduler":
        os.execv(PROGRAM, SCHEDULER)  # noqa: S606 - becomes it
    uvloop.run(produce())
