"""The servers below us are killed under load, lose what they keep, or are handled carelessly.

PostgreSQL is the truth and must come back with everything that was acknowledged; NATS may forget
all it has. No action may be done twice for either: only an executor's death excuses that.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import nats
import pytest
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from shared.bus.topology import LOG_WRITER_STARTED
from tests.faults.small_disk import Filler, full, root
from tests.faults.stage import LEASE, Stage, wipe_jetstream

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

#: How long the table of jobs is locked: longer than anybody of ours waits for a lock.
LOCKED = 3  # seconds
#: What was due meanwhile starts this soon afterwards: the next try, and a second's backlog each.
CATCHES_UP = 3  # seconds
#: A consumer that was deleted is back; what waits for an executor that was killed has started.
BACK = 5  # seconds
#: From there being room on a disk again until everything that was due has started.
ROOM_AGAIN = 45  # seconds

TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
WAITING = "SELECT count(*) FROM scheduler.orders"
LOCK = "LOCK TABLE scheduler.jobs IN ACCESS EXCLUSIVE MODE"


@asynccontextmanager
async def on_bus(here: Stage) -> AsyncIterator[JetStreamContext]:
    """Do something to JetStream as an operator would."""
    client = await nats.connect(here.system.nats_url)
    try:
        yield client.jetstream()
    finally:
        await client.close()


async def is_back(js: JetStreamContext) -> None:
    """Wait until the consumer of the facts is there again."""
    deadline = time.monotonic() + BACK
    while True:
        try:
            await js.consumer_info(LOG_WRITER_STARTED.stream, LOG_WRITER_STARTED.name)
        except NotFoundError:
            assert time.monotonic() < deadline, "the consumer is not declared again"
            await asyncio.sleep(0.05)
        else:
            return


async def test_nats_is_killed_again_and_again(here: Stage) -> None:
    for _ in range(2):
        await here.kill("nats")
        await here.steady(0.5)
    figures = await here.judge("nats-server")

    assert not figures.twice


@pytest.mark.long
async def test_nats_freezes(here: Stage) -> None:
    with here.fault("SIGSTOP", "nats"), here.frozen("nats"):
        await here.witness.ledger_grows(here.load.per_second * 8)
    await here.steady()
    figures = await here.judge("nats-server frozen 8 s")

    assert not figures.twice


async def test_runs_that_were_acknowledged_outlive_jetstream(here: Stage) -> None:
    task = here.load.tasks[1]
    schedulers = ("scheduler-1", "scheduler-2")
    with here.fault("SIGSTOP", "schedulers"), here.frozen(*schedulers):
        # More than frozen schedulers can have in their sockets, where no wipe reaches them.
        runs = [await here.operator.run(task) for _ in range(30)]
        await wipe_jetstream(here)
    await here.steady(1)
    await here.judge("JetStream wiped, requests on it")

    called = {call.run_id for call in here.witness.sink.effects()}
    assert called >= set(runs)


async def test_postgres_is_killed(here: Stage) -> None:
    for _ in range(2):
        await here.kill("postgres")
        await here.steady(1)
    figures = await here.judge("PostgreSQL")

    assert not figures.twice


async def test_all_sessions_are_ended_again_and_again(here: Stage) -> None:
    with here.fault("terminated sessions", "postgres"):
        for _ in range(3):
            assert await here.value(TERMINATE)
            await here.steady(1)
    figures = await here.judge("all database sessions ended, 3 times")

    assert not figures.twice
    assert figures.latest < CATCHES_UP


async def test_the_table_of_jobs_is_locked(here: Stage) -> None:
    connection = await asyncpg.connect(here.system.dsn)
    try:
        with here.fault("locked table", "postgres"):
            async with connection.transaction():
                await connection.execute(LOCK)
                await connection.execute("SELECT pg_sleep($1)", LOCKED)
    finally:
        await connection.close()
    await here.steady(1)
    figures = await here.judge(f"scheduler.jobs locked {LOCKED} s")

    assert not figures.twice
    assert figures.latest < LOCKED + CATCHES_UP


async def test_the_consumer_of_the_facts_is_deleted(here: Stage) -> None:
    facts = LOG_WRITER_STARTED
    with here.fault("deleted consumer", "nats"):
        async with on_bus(here) as js:
            assert await js.delete_consumer(facts.stream, facts.name)
            await is_back(js)
    await here.steady(1)
    figures = await here.judge("consumer of the facts deleted")

    assert not figures.twice


async def test_what_waits_for_an_executor_outlives_jetstream(here: Stage) -> None:
    executors = ("executor-1", "executor-2")
    for name in executors:
        here.system.kill(name, by=signal.SIGSTOP)
    await here.witness.ledger_grows(here.load.per_second)
    waiting = await here.value(WAITING)
    await wipe_jetstream(here)
    down = max(await asyncio.gather(*map(here.kill, executors)))
    await here.steady(1)
    figures = await here.judge("JetStream wiped, orders waiting")

    assert waiting
    assert figures.twice <= figures.under_way
    assert figures.latest < down + BACK


@root
async def test_the_disk_of_the_data_is_full(here: Stage) -> None:
    filler = Filler(here.system.home / "postgres")
    with here.fault("full disk", "postgres"):
        try:
            # Nobody can renew a lease meanwhile, nor write down how an action ended.
            await full(here, filler, "No space left on device", longer=LEASE / 4)
        finally:
            filler.remove()
    began = time.monotonic()
    await here.steady()
    figures = await here.judge("no room for data")

    assert not figures.twice
    assert time.monotonic() - began < ROOM_AGAIN
