"""What nobody can handle ends in one table, once, and leaves its work queue."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig

from services.log_writer.dead_letter import Advisory
from services.log_writer.loops.sweeper import Sweeper
from services.log_writer.store.dead_letters import DeadLetterStore
from services.log_writer.undertaker import Undertaker
from shared.bus import topology
from shared.contracts.runs import RunsStarted
from shared.db.pool import Record, open_pool
from tests.integration.log_writer.builders import (
    EXECUTOR,
    LogWriter,
    all_heard,
    bear_out,
    log_writer,
    started,
)

CONSUMER = topology.SCHEDULER_REQUESTS


async def letters(writer: LogWriter) -> list[Record]:
    return await writer.pool.fetch("SELECT * FROM log.dead_letters ORDER BY id")


async def waiting(bus: Client, stream: str = CONSUMER.stream) -> int:
    return (await bus.jetstream().stream_info(stream)).state.messages


async def fetch(bus: Client) -> list[Msg]:
    """Take what the consumer of the requests has, at once."""
    pull = await bus.jetstream().pull_subscribe_bind(CONSUMER.name, CONSUMER.stream)
    try:
        return await pull.fetch(10, timeout=0.2)
    except TimeoutError:
        return []
    finally:
        await pull.unsubscribe()


async def use_up_deliveries(bus: Client) -> None:
    """Give every request back until JetStream does not deliver it any more."""
    while messages := await fetch(bus):  # the advisory is sent only when somebody asks once more
        for message in messages:
            await message.nak()


async def publish(bus: Client, subject: str, body: bytes, **headers: str) -> None:
    await bus.jetstream().publish(subject, body, headers=dict(headers) or None)


async def test_a_buried_message_is_kept_once(database: str, nats_url: str, bus: Client) -> None:
    headers = {
        "Nats-Msg-Id": "dead:RUNS:5:1767268800",
        "Automation-Subject": "task.finished.x",
        "Automation-Reason": "ValidationError",
    }
    await publish(bus, "dead.RUNS", b"poison", **headers)
    dead = topology.LOG_WRITER_DEAD
    crashing = await bus.jetstream().pull_subscribe_bind(dead.name, dead.stream)
    (delivered,) = await crashing.fetch(1)
    pool = await open_pool(database, name="test")
    await Undertaker(bus, DeadLetterStore(pool)).receive(delivered, delivered.data)
    await pool.close()
    await delivered.nak()  # it died before it could acknowledge

    async with log_writer(database, nats_url) as writer:
        await all_heard(bus)

        (row,) = await letters(writer)
        assert (row["stream"], row["subject"], row["reason"], row["payload"]) == (
            "RUNS",
            "task.finished.x",
            "ValidationError",
            b"poison",
        )
        assert json.loads(row["headers"]) == headers


ANYTHING: list[tuple[bytes, dict[str, str]]] = [
    (b"", {}),
    (b"\xff" * (1 << 20), {}),
    (b"[" * 100_000, {"content-type": "application/json"}),
    (b"\xff", {"content-type": "text/plain"}),
    (b"x", {"reply_to": "task.finished.x", "Automation-Reason": "ü" * 5000}),
]


async def test_anything_on_the_stream_of_the_dead_is_kept_and_never_buried_again(
    database: str, nats_url: str, bus: Client
) -> None:
    async with log_writer(database, nats_url) as writer:
        for body, headers in ANYTHING:
            await publish(bus, "dead.somebody", body, **headers)
        await all_heard(bus)

        assert [(row["stream"], row["payload"]) for row in await letters(writer)] == [
            ("somebody", body[: 64 << 10]) for body, _ in ANYTHING
        ]
        assert await waiting(bus, "DEAD") == len(ANYTHING)


async def test_a_message_given_up_moves_from_its_work_queue_to_the_dead_letters(
    database: str, nats_url: str, bus: Client
) -> None:
    await publish(bus, topology.RUN_REQUEST_API, b"nobody can", Colour="blue")
    await use_up_deliveries(bus)
    assert await waiting(bus) == 1

    async with log_writer(database, nats_url) as writer:
        await all_heard(bus)

        (row,) = await letters(writer)
        assert (row["stream"], row["subject"], row["payload"]) == (
            "REQUESTS",
            topology.RUN_REQUEST_API,
            b"nobody can",
        )
        assert row["reason"] == "not handled by scheduler-requests in 20 deliveries"
        assert json.loads(row["headers"]) == {"Colour": "blue"}
        assert await waiting(bus) == 0


async def test_a_message_of_a_stream_that_others_read_stays_there(
    database: str, nats_url: str, bus: Client
) -> None:
    run = started(uuid4(), uuid4())
    await bear_out(database, run)
    message = RunsStarted(runs=(run,)).encode()
    js = bus.jetstream()
    await js.add_consumer("RUNS", ConsumerConfig(durable_name="impatient", max_deliver=1))
    await js.publish(topology.runs_started(EXECUTOR), message)
    pull = await js.pull_subscribe_bind("impatient", "RUNS")
    (delivered,) = await pull.fetch(1)
    await delivered.nak()
    with pytest.raises(TimeoutError):
        await pull.fetch(1, timeout=0.2)

    async with log_writer(database, nats_url) as writer:
        await all_heard(bus)

        (row,) = await letters(writer)
        assert (row["stream"], row["payload"]) == ("RUNS", message)
        assert await waiting(bus, "RUNS") == 1


async def test_an_advisory_whose_message_is_gone_is_kept_itself(
    database: str, nats_url: str, bus: Client
) -> None:
    await publish(bus, topology.RUN_REQUEST_API, b"terminated")
    (message,) = await fetch(bus)
    await message.term()  # deletes it from a work queue at once

    async with log_writer(database, nats_url) as writer:
        await all_heard(bus)

        (row,) = await letters(writer)
        assert row["subject"].startswith("$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.REQUESTS")
        assert json.loads(row["payload"])["stream_seq"] == 1


async def test_two_may_move_one_message_at_the_same_time(
    database: str, nats_url: str, bus: Client
) -> None:
    async with log_writer(database, nats_url) as writer:
        await publish(bus, topology.RUN_REQUEST_API, b"given up")
        advisory = Advisory(stream=CONSUMER.stream, stream_seq=1, consumer=CONSUMER.name)
        await asyncio.gather(*[writer.undertaker.take(advisory) for _ in range(5)])

        assert len(await letters(writer)) == 1
        assert await waiting(bus) == 0


async def test_the_sweeper_finds_what_no_advisory_told_of(
    database: str, nats_url: str, bus: Client
) -> None:
    async with log_writer(database, nats_url) as writer:
        sweeper = Sweeper(bus, writer.undertaker)
        for number in range(3):
            await publish(bus, topology.RUN_REQUEST_API, b"%d" % number)
        await bus.jetstream().delete_stream("DEAD")  # nothing catches the advisories
        await use_up_deliveries(bus)
        await publish(bus, topology.RUN_REQUEST_API, b"new")

        await sweeper.step()
        assert await letters(writer) == []  # once may be a coincidence
        await sweeper.step()

        assert [row["payload"] for row in await letters(writer)] == [b"0", b"1", b"2"]
        assert await waiting(bus) == 1
        await sweeper.step()
        assert len(await letters(writer)) == 3


async def test_the_sweeper_leaves_what_waits_or_is_in_hand(
    database: str, nats_url: str, bus: Client
) -> None:
    async with log_writer(database, nats_url) as writer:
        sweeper = Sweeper(bus, writer.undertaker)
        for _ in range(3):
            await publish(bus, topology.RUN_REQUEST_API, b"fine")
        await fetch(bus)
        await publish(bus, topology.RUN_REQUEST_API, b"fine")
        for _ in range(3):
            await sweeper.step()

        assert await letters(writer) == []
        assert await waiting(bus) == 4
