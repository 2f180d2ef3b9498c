"""Credit: nothing comes unasked, nothing is lost, and lost credit is noticed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from shared.bus import pull, topology
from shared.bus.declare import consumer_config, declare_on
from shared.bus.publisher import Outgoing, Publisher
from shared.bus.pull import CreditPull
from tests.integration.bus.waiting import connected, count, disconnected, eventually
from tests.support.servers import Running

#: As in production, only that what died with a connection comes again after a second.
REQUESTS = replace(topology.SCHEDULER_REQUESTS, ack_wait=timedelta(seconds=1))


class Taker:
    """Owns a pull, and keeps what comes."""

    def __init__(self, client: Client) -> None:
        self.got: list[bytes] = []
        self.client = client
        self.unhandled: asyncio.Queue[Msg] = asyncio.Queue()
        self.pull = CreditPull(client, REQUESTS, self.take)

    def take(self, message: Msg) -> None:
        self.got.append(message.data)
        self.unhandled.put_nowait(message)

    async def acknowledge_all(self) -> None:
        while not self.unhandled.empty():
            await self.unhandled.get_nowait().ack()

    async def settled(self) -> list[bytes]:
        """Return what has come once the server has sent all that it would."""
        await self.client.flush()
        await asyncio.sleep(0)
        return self.got


@pytest_asyncio.fixture(loop_scope="session")
async def taker(client: Client, js: JetStreamContext) -> AsyncIterator[Taker]:
    await js.add_consumer(REQUESTS.stream, consumer_config(REQUESTS))
    taker = Taker(client)
    await taker.pull.start()
    yield taker


async def ask(client: Client, size: int, first: int = 0) -> list[bytes]:
    payloads = [b"%d" % number for number in range(first, first + size)]
    unknown = await Publisher(client).publish(
        [Outgoing(topology.RUN_REQUEST_API, payload, uuid4().hex) for payload in payloads],
        timeout=10,
    )
    assert unknown == []
    return payloads


async def pending(js: JetStreamContext) -> tuple[int, int]:
    info = await js.consumer_info(REQUESTS.stream, REQUESTS.name)
    return info.num_pending or 0, info.num_ack_pending or 0


async def test_nothing_comes_before_credit_is_granted(
    taker: Taker, client: Client, js: JetStreamContext
) -> None:
    await ask(client, 3)

    assert await taker.settled() == []
    assert await pending(js) == (3, 0)


async def test_never_more_comes_than_was_granted(
    taker: Taker, client: Client, js: JetStreamContext
) -> None:
    sent = await ask(client, 50)

    async def came() -> bool:
        return taker.pull.credit == 0

    await taker.pull.grant(10)
    await eventually(came, "the credit is used up")
    assert await taker.settled() == sent[:10]
    assert await pending(js) == (40, 10)

    await taker.pull.grant(3)
    await taker.pull.grant(2)
    await eventually(came, "the credit is used up again")
    assert sorted(await taker.settled()) == sorted(sent[:15])
    assert await pending(js) == (35, 15)


async def test_open_credit_brings_a_message_the_moment_it_is_there(
    taker: Taker, client: Client
) -> None:
    await taker.pull.grant(5)
    sent = await ask(client, 1)
    message = await asyncio.wait_for(taker.unhandled.get(), timeout=1)

    assert [message.data] == sent
    assert taker.pull.credit == 4


@pytest.mark.parametrize("messages", [0, -3])
async def test_granting_nothing_asks_for_nothing(taker: Taker, messages: int) -> None:
    await taker.pull.grant(messages)

    assert taker.pull.credit == 0


async def test_credit_that_ran_out_is_given_back_and_told(
    taker: Taker, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "EXPIRES", timedelta(seconds=0.2))
    expired = asyncio.Event()
    taker.pull.on_expired = expired.set
    await ask(client, 2)
    await taker.pull.grant(10)

    await asyncio.wait_for(expired.wait(), timeout=3)

    assert len(taker.got) == 2
    assert taker.pull.credit == 0
    await taker.pull.grant(1)
    await ask(client, 1, first=2)
    assert (await asyncio.wait_for(taker.unhandled.get(), timeout=1)).data


async def test_silent_credit_counts_as_lost(taker: Taker, monkeypatch: pytest.MonkeyPatch) -> None:
    await taker.pull.grant(10)
    taker.pull.take_back_lost_credit()
    assert taker.pull.credit == 10

    monkeypatch.setattr(pull, "LOST_AFTER", timedelta(seconds=-1))
    taker.pull.take_back_lost_credit()
    assert taker.pull.credit == 0


async def test_credit_ends_with_its_connection(
    taker: Taker, client: Client, server: Running
) -> None:
    """Not only in silence: what is granted afterwards would keep the lost credit alive for ever."""
    await taker.pull.grant(40)
    await client.flush()
    await server.kill()
    await server.start()
    await connected(client)

    taker.pull.take_back_lost_credit()
    assert taker.pull.credit == 0

    await taker.pull.grant(2)
    taker.pull.take_back_lost_credit()
    assert taker.pull.credit == 2


async def test_nothing_is_asked_for_while_disconnected(
    taker: Taker, client: Client, server: Running
) -> None:
    await server.kill()
    await disconnected(client)
    await taker.pull.grant(10)
    assert taker.pull.credit == 0


async def test_nothing_is_lost_when_the_server_is_killed(
    taker: Taker, client: Client, js: JetStreamContext, server: Running
) -> None:
    sent = await ask(client, 300)
    await taker.pull.grant(40)
    while len(taker.got) < 40:
        await (await taker.unhandled.get()).ack()
        if len(taker.got) == 20:
            await taker.pull.grant(100)
    await server.kill()
    await server.start()
    await connected(client)

    async def everything_came() -> bool:
        taker.pull.take_back_lost_credit()
        await taker.acknowledge_all()
        if taker.pull.credit == 0:
            await taker.pull.grant(50)
        return set(taker.got) == set(sent) and await count(js, REQUESTS.stream) == 0

    await eventually(everything_came, "all requests came and are acknowledged")


async def test_a_consumer_that_was_deleted_and_declared_again_goes_on(
    taker: Taker, client: Client, js: JetStreamContext
) -> None:
    sent = await ask(client, 5)
    await taker.pull.grant(2)
    for _ in range(2):
        await (await taker.unhandled.get()).ack_sync()
    await taker.pull.grant(7)

    async def request_is_open() -> bool:
        return len(taker.got) == len(sent)

    await eventually(request_is_open, "the server has the request")
    await js.delete_consumer(REQUESTS.stream, REQUESTS.name)

    async def told() -> bool:
        return taker.pull.credit == 0

    await eventually(told, "the server said that the consumer is gone")

    await declare_on(js)
    await taker.pull.grant(10)

    async def everything_is_acknowledged() -> bool:
        await taker.acknowledge_all()
        return await count(js, REQUESTS.stream) == 0

    await eventually(everything_is_acknowledged, "what was in hand came again")


async def test_a_consumer_that_is_not_there_costs_the_credit_only(
    taker: Taker, js: JetStreamContext
) -> None:
    await js.delete_consumer(REQUESTS.stream, REQUESTS.name)
    await taker.pull.grant(5)

    async def refused() -> bool:
        return taker.pull.credit == 0

    await eventually(refused, "refused")


async def test_after_a_stop_nothing_comes_and_no_message_lies_with_nobody(
    client: Client, js: JetStreamContext
) -> None:
    """What the server has sent arrives before the stop is over; the rest goes to who asks next.

    What did neither would lie with nobody until its `ack_wait` is over: longer than this test.
    """
    slow = replace(REQUESTS, ack_wait=timedelta(hours=1))
    await js.add_consumer(REQUESTS.stream, consumer_config(slow))
    await ask(client, 200)
    stopped: list[tuple[Taker, int]] = []
    for turns in range(12):
        taker = Taker(client)
        await taker.pull.start()
        await taker.pull.grant(15)
        for _ in range(turns):  # a stop comes at any moment
            await asyncio.sleep(0)
        await taker.pull.stop()
        assert taker.pull.credit == 0
        stopped.append((taker, len(taker.got)))
        await taker.acknowledge_all()

    last = Taker(client)
    await last.pull.start()

    async def nothing_is_left() -> bool:
        if last.pull.credit == 0:
            await last.pull.grant(50)
        await last.acknowledge_all()
        return await count(js, REQUESTS.stream) == 0

    await eventually(nothing_is_left, "every request came to somebody")
    assert [len(taker.got) for taker, _ in stopped] == [arrived for _, arrived in stopped]


async def test_a_stop_without_a_connection_does_not_wait_for_one(
    taker: Taker, client: Client, server: Running
) -> None:
    await server.kill()
    await disconnected(client)

    async with asyncio.timeout(1):
        await taker.pull.stop()
