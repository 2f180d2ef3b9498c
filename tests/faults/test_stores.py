"""What a careless operator does to the database and the bus, and all services gone at once.

Where nothing dies, nothing excuses a run that is done twice; and nothing ever excuses a lost one.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import nats
import pytest
import pytest_asyncio
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from shared.bus.topology import DUE, DUE_DEFAULT
from tests.faults.stage import Stage, stage

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]

#: How long the table of jobs is locked.
LOCKED = 5  # seconds
#: What was due meanwhile starts this soon afterwards: the next try, and a second's backlog each.
CATCHES_UP = 3  # seconds
#: A consumer or a stream that was deleted is back, and what was in it has started.
BACK = 5  # seconds
#: After all services were killed: from their return until all that was due has started.
COMES_BACK = 20  # seconds

TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
LOCK = "LOCK TABLE scheduler.jobs IN ACCESS EXCLUSIVE MODE"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here() -> AsyncIterator[Stage]:
    """Run two schedulers and two executors."""
    env = {
        "AUTOMATION_SCHEDULERS": "2",
        "AUTOMATION_EXECUTORS": "2",
        "AUTOMATION_LEASE_SECONDS": "4",
    }
    async with stage(env) as system:
        yield system


async def on_bus(here: Stage, act: Callable[[JetStreamContext], Awaitable[object]]) -> None:
    """Do something to JetStream as an operator would."""
    client = await nats.connect(here.system.nats_url)
    try:
        await act(client.jetstream())
    finally:
        await client.close()


async def is_back(js: JetStreamContext) -> None:
    """Wait until the consumer of the orders is there again."""
    deadline = time.monotonic() + BACK
    while True:
        try:
            await js.consumer_info(DUE.name, DUE_DEFAULT.name)
        except NotFoundError:
            assert time.monotonic() < deadline, "the consumer is not declared again"
            await asyncio.sleep(0.05)
        else:
            return


async def test_all_sessions_are_ended_again_and_again(here: Stage) -> None:
    connection = await asyncpg.connect(here.system.dsn)
    try:
        with here.fault("terminated sessions", "postgres"):
            for _ in range(5):
                assert await connection.fetchval(TERMINATE)
                await here.steady(1)
    finally:
        await connection.close()
    figures = await here.judge("all database sessions ended, 5 times")

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


async def test_the_consumer_of_the_orders_is_deleted(here: Stage) -> None:
    async def delete(js: JetStreamContext) -> None:
        assert await js.delete_consumer(DUE.name, DUE_DEFAULT.name)
        await is_back(js)

    with here.fault("deleted consumer", "nats"):
        await on_bus(here, delete)
    await here.steady(1)
    figures = await here.judge("consumer of the orders deleted")

    assert not figures.twice
    assert figures.latest < BACK


async def test_the_stream_of_the_orders_is_deleted_with_orders_in_it(here: Stage) -> None:
    async def delete(js: JetStreamContext) -> None:
        assert (await js.stream_info(DUE.name)).state.messages
        assert await js.delete_stream(DUE.name)

    executors = ("executor-1", "executor-2")
    for name in executors:
        here.system.kill(name, by=signal.SIGSTOP)
    await here.witness.ledger_grows(here.load.per_second)
    with here.fault("deleted stream", "nats"):
        await on_bus(here, delete)
    # What was delivered to them is gone as well: only the ledger knows of these orders.
    down = max(await asyncio.gather(*map(here.kill, executors)))
    await here.steady(1)
    figures = await here.judge("stream of the orders deleted")

    assert figures.twice <= figures.under_way
    assert figures.latest < down + BACK


async def test_all_services_are_killed_at_once(here: Stage) -> None:
    services = sorted(set(here.system.names()) - {"postgres", "nats"})

    await asyncio.gather(*map(here.kill, services))
    await here.steady(1)
    began = time.monotonic()
    figures = await here.judge("all services at once")

    assert figures.twice <= figures.under_way
    assert time.monotonic() - began < COMES_BACK
