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
from uuid import uuid4

import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.js import JetStreamContext, api
from nats.js.errors import APIError

from shared.bus import topology
from shared.bus.declare import consumer_config, stream_config
from shared.bus.drift import drift
from shared.bus.topology import DUE, DUE_DEFAULT, LOG_WRITER_FINISHED, RUNS
from shared.contracts.runs import RunDue
from tests.faults.bus_stage import client_of, eventually
from tests.faults.stage import Stage, stage
from tests.support.load import calls

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(180)]

EXECUTORS = ("executor-1", "executor-2")
#: Runs that each executor has under way at most; few, so that orders lie in their stream when it
#: is frozen.
SLOTS = 40
#: What was changed is changed back; the watch looks every two seconds.
CHANGED_BACK = 10  # seconds
#: What nobody may wait longer for, whatever is poured in.
FLOODED = 60  # seconds
ORDERS, POISON = 20_000, 200
AT_ONCE = 500
BIG = 900_000  # bytes
#: The server's number for a stream that is full; for how long ours are refused.
FULL, REFUSED = 10077, 4

UNTIMELY = """
SELECT count(*) FROM scheduler.occurrences
WHERE trigger = 'schedule' AND created_at > scheduled_for + interval '3 s'
"""
REPEATED = "SELECT count(*) FROM executor.leases WHERE attempt > 1"
BURIED = "SELECT count(*) FROM log.dead_letters WHERE stream = 'DUE'"


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


async def test_the_orders_are_purged(here: Stage, js: JetStreamContext) -> None:
    with here.fault("purged stream", "nats"), frozen(here, EXECUTORS):
        # More than they have asked for, so that there are orders which nobody has ever heard.
        await here.witness.ledger_grows(2 * SLOTS + here.load.per_second * 2)
        held = (await js.stream_info(DUE.name)).state.messages
        await js.purge_stream(DUE.name)
    assert held > here.load.per_second
    await here.steady()
    figures = await here.judge(f"{held} orders purged")

    assert not figures.twice


@pytest.mark.parametrize("how", ["purged", "deleted"])
async def test_the_facts_are_lost(here: Stage, js: JetStreamContext, how: str) -> None:
    with here.fault(f"{how} stream", "nats"), frozen(here, ["log-writer", "notifier"]):
        await here.steady(2)
        unread = (await js.consumer_info(RUNS.name, LOG_WRITER_FINISHED.name)).num_pending
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
    for stream in (RUNS, DUE):
        found = (await js.stream_info(stream.name)).config.as_dict()
        if drift(found, stream_config(stream).as_dict()):
            return False
    for consumer in (LOG_WRITER_FINISHED, DUE_DEFAULT):
        config = (await js.consumer_info(consumer.stream, consumer.name)).config
        if config is None or drift(config.as_dict(), consumer_config(consumer).as_dict()):
            return False
    return True


async def test_settings_are_changed(here: Stage, js: JetStreamContext) -> None:
    with here.fault("changed settings", "nats"):
        finished = consumer_config(LOG_WRITER_FINISHED).evolve(max_deliver=1, ack_wait=600.0)
        await js.add_consumer(RUNS.name, finished)
        due = consumer_config(DUE_DEFAULT).evolve(max_ack_pending=1, backoff=[0.1, 0.1])
        await js.add_consumer(DUE.name, due)
        few = {"max_msgs": 3, "discard": api.DiscardPolicy.OLD}
        await js.update_stream(stream_config(RUNS).evolve(**few))
        await js.update_stream(stream_config(DUE).evolve(**few))
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
    """Pour orders of runs that there are not, and what is no order at all, among ours."""
    for number in range(ORDERS + POISON):
        is_poison = number % (ORDERS // POISON) == 0
        order = b"\xff" if is_poison else RunDue(run_id=uuid4(), attempt=1).encode()
        await client.publish(topology.task_due("default", 3, uuid4()), order)
        if number % AT_ONCE == 0:
            await client.flush()
    await client.flush()


async def test_foreign_orders_are_poured_in(here: Stage, client: Client) -> None:
    with here.fault("flood", "nats"):
        await flood(client)
    await here.steady()
    figures = await here.judge(f"{ORDERS} foreign orders, {POISON} poisonous")

    assert not figures.twice
    assert figures.latest < FLOODED
    assert await counted(here, BURIED) >= POISON


async def fill(js: JetStreamContext) -> int:
    """Fill the stream of the orders to its limit where nobody takes them; return with how many."""
    count, size = 0, BIG
    while size > 0:
        try:
            await js.publish(topology.task_due("nobody", 3, uuid4()), bytes(size))
            count += 1
        except APIError as error:
            if error.err_code != FULL:
                raise
            size //= 10  # until an order of ours does not fit any more
    return count


async def test_the_stream_of_the_orders_is_full(here: Stage, js: JetStreamContext) -> None:
    with here.fault("full stream", "nats"):
        fillers = await fill(js)
        size = (await js.stream_info(DUE.name)).state.bytes
        await here.witness.ledger_grows(here.load.per_second * REFUSED)
        await js.purge_stream(DUE.name, subject="task.due.nobody.>")
    assert size <= DUE.max_bytes, "there is a limit, and it is not the disk"
    await here.steady()
    figures = await here.judge(f"stream of the orders full of {fillers} foreign ones")

    assert not figures.twice
    assert REFUSED - 1 < figures.latest < FLOODED, "its limit was not felt, or felt for too long"


async def test_all_slots_are_taken_by_slow_runs(here: Stage, js: JetStreamContext) -> None:
    task = await here.operator.create(name="slow", **calls(f"{here.sink.url}/delay/8/slow"))
    untimely, repeated = await counted(here, UNTIMELY), await counted(here, REPEATED)
    await asyncio.gather(*(here.operator.run(task) for _ in range(2 * SLOTS)))

    async def orders_wait() -> bool:
        info = await js.consumer_info(DUE.name, DUE_DEFAULT.name)
        return (info.num_pending or 0) > here.load.per_second

    await eventually(orders_wait, "orders wait for a slot")
    await here.witness.ledger_grows(here.load.per_second * 3)
    holding = await js.consumer_info(DUE.name, DUE_DEFAULT.name)
    figures = await here.judge("all slots taken for 8 s")

    # A run that goes on holds no order, however long it takes; so none is ever delivered again.
    assert (holding.num_ack_pending or 0) <= 2 * SLOTS
    assert await counted(here, UNTIMELY) == untimely, "a scheduler waited for executors"
    assert await counted(here, REPEATED) == repeated
    assert not figures.twice
