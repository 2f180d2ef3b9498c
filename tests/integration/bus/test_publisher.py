"""Every message of a batch is known to be stored, or is returned to be sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext, api

from shared.bus import topology
from shared.bus.publisher import Outgoing, Publisher
from shared.bus.storing import BELIEVED_AFTER
from tests.integration.bus.waiting import connected, count, disconnected, stored
from tests.support.servers import Running

SUBJECT = topology.runs_finished(uuid4())


def batch(size: int, subject: str = SUBJECT) -> list[Outgoing]:
    name = uuid4().hex
    return [Outgoing(subject, b"%d" % number, f"{name}:{number}") for number in range(size)]


@pytest.fixture
def publisher(client: Client) -> Publisher:
    return Publisher(client)


async def test_nothing_is_published_at_once(publisher: Publisher) -> None:
    assert await publisher.publish([]) == []


async def test_a_large_batch_is_stored_whole_and_in_order(
    publisher: Publisher, js: JetStreamContext
) -> None:
    assert await publisher.publish(batch(5000), timeout=15) == []

    state = (await js.stream_info("RUNS")).state
    assert state.messages == 5000
    for sequence in (1, 2, 777, 4999, 5000):
        message = await js.get_msg("RUNS", sequence, direct=True)
        assert message.data == b"%d" % (sequence - 1)


async def test_a_repeated_batch_is_stored_once(publisher: Publisher, js: JetStreamContext) -> None:
    messages = batch(50)

    assert await publisher.publish(messages) == []
    assert await publisher.publish(messages) == []

    assert await count(js, "RUNS") == 50


async def test_what_no_stream_takes_is_reported_and_the_others_are_stored(
    publisher: Publisher, js: JetStreamContext
) -> None:
    messages = batch(6)
    messages[2:4] = batch(2, subject="nobody.listens.here")

    assert await publisher.publish(messages) == [2, 3]
    assert await count(js, "RUNS") == 4


async def test_what_a_full_stream_refuses_is_reported(
    publisher: Publisher, js: JetStreamContext
) -> None:
    await js.add_stream(
        api.StreamConfig(
            name="SMALL", subjects=["small"], max_msgs=2, discard=api.DiscardPolicy.NEW
        )
    )

    assert await publisher.publish(batch(4, subject="small")) == [2, 3]


async def test_a_message_that_can_never_be_published_holds_up_no_other(
    publisher: Publisher, client: Client, js: JetStreamContext
) -> None:
    limit = client.max_payload
    messages = [
        Outgoing(SUBJECT, b"x", "first"),
        Outgoing(SUBJECT, b"x" * (limit + 1), "too large"),
        Outgoing(SUBJECT, b"x" * (limit - 10), "too large with its headers"),
        Outgoing("no subject", b"x", "bad subject"),
        Outgoing("", b"x", "no subject at all"),
        Outgoing(SUBJECT, b"x", "last"),
    ]

    assert await publisher.publish(messages) == [1, 2, 3, 4]
    assert client.is_connected  # a server disconnects whoever exceeds its limit
    assert client.stats["reconnects"] == 0
    assert await count(js, "RUNS") == 2


async def test_callers_do_not_get_in_each_other_s_way(
    publisher: Publisher, js: JetStreamContext
) -> None:
    batches = [batch(200), batch(3, subject="nobody.listens.here"), batch(200), batch(200)]

    answers = await asyncio.gather(*(publisher.publish(each, timeout=10) for each in batches))

    assert answers == [[], [0, 1, 2], [], []]
    assert await count(js, "RUNS") == 600


async def test_a_caller_that_is_cancelled_at_the_start_does_not_deafen_the_others(
    publisher: Publisher,
) -> None:
    first = asyncio.create_task(publisher.publish(batch(1)))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)

    assert await publisher.publish(batch(10)) == []


async def test_without_a_connection_nobody_waits(
    publisher: Publisher, server: Running, client: Client
) -> None:
    await server.kill()
    await disconnected(client)
    loop = asyncio.get_running_loop()
    asked_at = loop.time()

    assert await publisher.publish(batch(3)) == [0, 1, 2]
    assert loop.time() - asked_at < 0.5


class KillingHalfway(list[Outgoing]):
    """Kills the server when half of it has been taken."""

    server: Running

    def __iter__(self) -> Iterator[Outgoing]:
        for index in range(len(self)):
            if index == len(self) // 2:
                assert self.server.process is not None
                self.server.process.kill()
            yield self[index]


async def test_a_server_killed_in_the_middle_stores_each_message_once_in_the_end(
    publisher: Publisher, server: Running, client: Client, js: JetStreamContext
) -> None:
    messages = KillingHalfway(batch(3000))
    messages.server = server

    unknown = await publisher.publish(messages, timeout=1)
    assert len(unknown) >= len(messages) // 2
    assert server.process is not None
    await server.process.wait()

    await server.start()
    await connected(client)
    while unknown:
        unknown = [unknown[i] for i in await publisher.publish([messages[i] for i in unknown])]

    assert await count(js, "RUNS") == len(messages)
    assert len(set(await stored(js, "RUNS"))) == len(messages)


async def test_a_stream_that_takes_nothing_is_noted_and_a_hopeless_message_is_not(
    publisher: Publisher, js: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(publisher.storing, "_now", lambda: clock[0])
    config = (await js.stream_info("RUNS")).config
    await js.update_stream(config, max_msg_size=1)
    for _ in range(3):
        long = [Outgoing(SUBJECT, b"too long for this stream", uuid4().hex)]
        assert await publisher.publish(long) == [0]
        clock[0] += BELIEVED_AFTER.total_seconds()

    assert publisher.storing.troubled() == ["RUNS"]

    await js.update_stream(config, max_msg_size=-1)
    huge = Outgoing(SUBJECT, bytes(2_000_000), uuid4().hex)
    assert await publisher.publish([huge, *batch(1)]) == [0]
    assert publisher.storing.troubled() == []
