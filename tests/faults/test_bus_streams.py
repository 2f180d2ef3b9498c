"""What careless or hostile hands do to streams and consumers while runs go on.

Messages are taken out, settings changed, foreign messages poured in. Nothing on the bus is needed
to be right: no run is lost for it, none is done twice.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.js import JetStreamContext, api
from nats.js.errors import APIError

from shared.bus import topology
from shared.bus.declare import consumer_config, stream_config
from shared.bus.drift import drift
from shared.bus.topology import LOG_WRITER_STARTED, REQUESTS, RUNS, SCHEDULER_REQUESTS, STREAMS
from shared.contracts.policy import DEFAULT_QUEUE
from shared.contracts.runs import RunsDue
from tests.faults.bus_stage import client_of, eventually
from tests.faults.stage import Stage, stage
from tests.support.load import calls

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(180)]

SCHEDULERS = ("scheduler-1", "scheduler-2")
EXECUTORS = ("executor-1", "executor-2")
#: Runs that each executor has under way at most; few, so that all can be taken.
SLOTS = 40
#: What was changed is changed back; the watch looks every two seconds.
CHANGED_BACK = 10  # seconds
#: What nobody may wait longer for, whatever is poured in.
FLOODED = 20  # seconds
HINTS, POISON = 20_000, 200
AT_ONCE = 500
NOBODY = "run.request.nobody"
BIG = 900_000  # bytes
#: The server's number for a stream that is full; how many requests of ours are refused.
FULL, REFUSED = 10077, 10

UNTIMELY = """
SELECT count(*) FROM scheduler.occurrences
WHERE trigger = 'schedule' AND created_at > scheduled_for + interval '3 s'
"""
REPEATED = "SELECT count(*) FROM log.runs WHERE attempt > 1"
WAITING = "SELECT count(*) FROM scheduler.orders"
UNSENT = "SELECT count(*) FROM api.outbox WHERE sent_at IS NULL"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here() -> AsyncIterator[Stage]:
    """Run two schedulers and two small executors."""
    env = {
        "AUTOMATION_SCHEDULERS": "2",
        "AUTOMATION_EXECUTORS": "2",
        "AUTOMATION_EXECUTOR_SLOTS": str(SLOTS),
    }
    async with stage(env) as system:
        yield system


@pytest_asyncio.fixture(loop_scope="session")
async def client(here: Stage) -> AsyncIterator[Client]:
    """Give a careless operator's connection."""
    async with client_of(here.system.nats_url) as connection:
        yield connection


@pytest.fixture
def js(client: Client) -> JetStreamContext:
    """Give what streams are changed with."""
    return client.jetstream(timeout=10)


@contextmanager
def frozen(here: Stage, names: Sequence[str]) -> Iterator[None]:
    """Let some processes stand still, shorter than a lease."""
    pids = [here.system.kill(name, by=signal.SIGSTOP) for name in names]
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def counted(here: Stage, query: str) -> int:
    """Return what a query counts."""
    connection = await here.witness.connect()
    try:
        count: int = await connection.fetchval(query)
    finally:
        await connection.close()
    return count


async def test_every_stream_is_purged_while_orders_wait(here: Stage, js: JetStreamContext) -> None:
    with here.fault("purged streams", "nats"), frozen(here, EXECUTORS):
        await here.witness.ledger_grows(here.load.per_second * 2)
        waiting = await counted(here, WAITING)
        for stream in STREAMS:
            await js.purge_stream(stream.name)
    assert waiting > here.load.per_second
    await here.steady()
    figures = await here.judge(f"all streams purged, {waiting} orders waiting")

    assert not figures.twice


@pytest.mark.parametrize("how", ["purged", "deleted"])
async def test_the_facts_are_lost(here: Stage, js: JetStreamContext, how: str) -> None:
    with here.fault(f"{how} stream", "nats"), frozen(here, ["log-writer", "notifier"]):
        await here.steady(2)
        unread = (await js.consumer_info(RUNS.name, LOG_WRITER_STARTED.name)).num_pending
        if how == "purged":
            await js.purge_stream(RUNS.name)
        else:
            await js.delete_stream(RUNS.name)
    assert unread
    await here.steady()
    figures = await here.judge(f"facts {how}, {unread} unread")

    assert not figures.twice


async def is_as_it_should_be(js: JetStreamContext) -> bool:
    """Say whether all that the test changes has been changed back."""
    for stream in (RUNS, REQUESTS):
        found = (await js.stream_info(stream.name)).config.as_dict()
        if drift(found, stream_config(stream).as_dict()):
            return False
    for consumer in (LOG_WRITER_STARTED, SCHEDULER_REQUESTS):
        config = (await js.consumer_info(consumer.stream, consumer.name)).config
        if config is None or drift(config.as_dict(), consumer_config(consumer).as_dict()):
            return False
    return True


async def test_settings_are_changed(here: Stage, js: JetStreamContext) -> None:
    with here.fault("changed settings", "nats"):
        started = consumer_config(LOG_WRITER_STARTED).evolve(max_deliver=1, ack_wait=600.0)
        await js.add_consumer(RUNS.name, started)
        asked = consumer_config(SCHEDULER_REQUESTS).evolve(max_ack_pending=1, backoff=[0.1, 0.1])
        await js.add_consumer(REQUESTS.name, asked)
        few = {"max_msgs": 3, "discard": api.DiscardPolicy.OLD}
        await js.update_stream(stream_config(RUNS).evolve(**few))
        await js.update_stream(stream_config(REQUESTS).evolve(**few))
        await eventually(
            lambda: is_as_it_should_be(js), "all is as it should be", within=CHANGED_BACK
        )
    await here.steady()
    figures = await here.judge("settings of consumers and streams changed")

    said = "".join(log.read_text() for log in (here.system.home / "logs").glob("*.log"))
    for words in ("max_deliver is 1, not 20", "max_ack_pending is 1", "max_msgs is 3"):
        assert words in said
    assert not figures.twice


async def flood(client: Client) -> None:
    """Pour hints of runs that there are not, and what is no hint at all, among ours."""
    for number in range(HINTS + POISON):
        is_poison = number % (HINTS // POISON) == 0
        hint = b"\xff" if is_poison else RunsDue(runs=number + 1).encode()
        await client.publish(topology.task_due(DEFAULT_QUEUE), hint)
        if number % AT_ONCE == 0:
            await client.flush()
    await client.flush()


async def test_foreign_hints_are_poured_in(here: Stage, client: Client) -> None:
    with here.fault("flood", "nats"):
        await flood(client)
    await here.steady()
    figures = await here.judge(f"{HINTS} foreign hints, {POISON} poisonous")

    assert not figures.twice
    assert figures.latest < FLOODED


async def fill(js: JetStreamContext) -> int:
    """Fill the stream of the requests to its limit; return with how many."""
    count, size = 0, BIG
    while size > 0:
        try:
            await js.publish(NOBODY, bytes(size))
            count += 1
        except APIError as error:
            if error.err_code != FULL:
                raise
            size //= 10  # until a request of ours does not fit any more
    return count


async def test_the_stream_of_the_requests_is_full(here: Stage, js: JetStreamContext) -> None:
    """Nobody reads them for so long: both schedulers stand still."""
    task = await here.operator.create(name="asked", **calls(f"{here.sink.url}/asked"))
    with here.fault("full stream", "nats"), frozen(here, SCHEDULERS):
        fillers = await fill(js)
        size = (await js.stream_info(REQUESTS.name)).state.bytes
        for _ in range(REFUSED):
            await here.operator.run(task)
        unsent = await counted(here, UNSENT)
        await js.purge_stream(REQUESTS.name, subject=NOBODY)
    assert size <= REQUESTS.max_bytes, "there is a limit, and it is not the disk"
    assert unsent >= REFUSED, "its limit was not felt"
    await here.steady()
    figures = await here.judge(f"stream of the requests full of {fillers} foreign ones")

    assert not figures.twice
    assert figures.latest < FLOODED


async def test_all_slots_are_taken_by_slow_runs(here: Stage) -> None:
    task = await here.operator.create(name="slow", **calls(f"{here.sink.url}/delay/8/slow"))
    untimely, repeated = await counted(here, UNTIMELY), await counted(here, REPEATED)
    await asyncio.gather(*(here.operator.run(task) for _ in range(2 * SLOTS)))

    async def orders_wait() -> bool:
        return await counted(here, WAITING) > here.load.per_second

    await eventually(orders_wait, "orders wait for a slot")
    await here.witness.ledger_grows(here.load.per_second * 3)
    figures = await here.judge("all slots taken for 8 s")

    assert await counted(here, UNTIMELY) == untimely, "a scheduler waited for executors"
    assert await counted(here, REPEATED) == repeated
    assert not figures.twice
