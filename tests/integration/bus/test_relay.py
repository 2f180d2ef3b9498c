"""What was committed is published: every message once, those of one key in order."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.js import JetStreamContext

from shared.bus import topology
from shared.bus.publisher import Outgoing, Publisher
from shared.db.pool import Pool, open_pool
from shared.outbox.relay import REST, Relay
from shared.outbox.store import OutboxStore
from tests.integration.bus.waiting import connected, disconnected, stored
from tests.support.servers import Running

#: A stream that keeps every message; the outbox does not care what its messages say.
SUBJECT = topology.runs_finished(uuid4())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def module_pool(module_database: str) -> AsyncIterator[Pool]:
    async with await open_pool(module_database, name="test", max_size=6) as pool:
        yield pool


@pytest_asyncio.fixture(loop_scope="session")
async def pool(module_pool: Pool) -> Pool:
    """Give connections to a database with nothing in its outbox."""
    await module_pool.execute("DELETE FROM api.outbox")
    return module_pool


@pytest.fixture
def store() -> OutboxStore:
    return OutboxStore("api")


@pytest.fixture
def relay(pool: Pool, client: Client, store: OutboxStore) -> Relay:
    return Relay(pool, Publisher(client), store)


async def add(pool: Pool, store: OutboxStore, *payloads: str) -> None:
    """Commit messages; the letters before the number are the key."""
    async with pool.acquire() as connection, connection.transaction():
        for payload in payloads:
            key = payload.rstrip("0123456789")
            message = Outgoing(SUBJECT, payload.encode(), f"{payload}-{uuid4().hex}")
            await store.add(connection, key, message)


async def left(pool: Pool) -> int:
    found: int = await pool.fetchval("SELECT count(*) FROM api.outbox")
    return found


async def drain(relay: Relay) -> None:
    while await relay.step() < REST:
        pass


def by_key(payloads: list[bytes]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for payload in payloads:
        text = payload.decode()
        key = text.rstrip("0123456789")
        found[key].append(int(text.removeprefix(key)))
    return dict(found)


async def test_an_empty_outbox_is_looked_at_now_and_then(relay: Relay) -> None:
    assert await relay.step() == REST


async def test_what_was_not_committed_is_never_said(
    relay: Relay, pool: Pool, store: OutboxStore, js: JetStreamContext
) -> None:
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await store.add(connection, "a", Outgoing(SUBJECT, b"a1", "a1"))
        await drain(relay)
        await transaction.rollback()
    await drain(relay)

    assert await stored(js, "RUNS") == []


async def test_messages_of_one_key_come_in_order_and_all_are_forgotten(
    relay: Relay, pool: Pool, store: OutboxStore, js: JetStreamContext
) -> None:
    await add(pool, store, *(f"{'abcde'[n % 5]}{n}" for n in range(40)), "f1", "f2", "f3")

    await drain(relay)

    found = by_key(await stored(js, "RUNS"))
    assert set(found) == set("abcdef")
    assert sum(map(len, found.values())) == 43
    assert all(numbers == sorted(numbers) for numbers in found.values())
    assert await left(pool) == 0


async def test_more_than_a_batch_is_published_without_a_rest(
    relay: Relay, pool: Pool, store: OutboxStore, js: JetStreamContext
) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    keys = [f"{one}{other}" for one in letters for other in letters]
    await add(pool, store, *(f"{key}1" for key in keys))

    assert await relay.step() == timedelta(0)
    await drain(relay)

    assert (await js.stream_info("RUNS")).state.messages == len(keys)
    assert await left(pool) == 0


async def test_an_outage_of_the_bus_only_delays(
    pool: Pool, store: OutboxStore, js: JetStreamContext, client: Client, server: Running
) -> None:
    relay = Relay(pool, Publisher(client), store)
    await add(pool, store, "a1", "b1", "a2")
    await server.kill()
    await disconnected(client)

    assert timedelta(0) < await relay.step() < REST
    await add(pool, store, "a3")
    assert await left(pool) == 4

    await server.start()
    await connected(client)
    await drain(relay)
    assert by_key(await stored(js, "RUNS")) == {"a": [1, 2, 3], "b": [1]}
    assert await left(pool) == 0


async def test_a_relay_that_died_after_publishing_makes_no_double(
    relay: Relay, pool: Pool, store: OutboxStore, client: Client, js: JetStreamContext
) -> None:
    await add(pool, store, "a1", "b1")
    async with pool.acquire() as connection:  # publishes, and dies before it can commit
        transaction = connection.transaction()
        await transaction.start()
        rows = await store.take(connection, 10)
        assert await Publisher(client).publish([row.message for row in rows]) == []
        await transaction.rollback()

    await drain(relay)

    assert by_key(await stored(js, "RUNS")) == {"a": [1], "b": [1]}


async def test_two_relays_at_once_publish_each_message_once(
    pool: Pool, store: OutboxStore, client: Client, js: JetStreamContext
) -> None:
    await add(pool, store, *(f"{'abcdefghij'[n % 10]}{n}" for n in range(300)))
    relays = [Relay(pool, Publisher(client), store) for _ in range(2)]

    async def until_empty(relay: Relay) -> None:
        while await left(pool):
            await relay.step()

    await asyncio.gather(*map(until_empty, relays))

    assert sorted(
        number for numbers in by_key(await stored(js, "RUNS")).values() for number in numbers
    ) == list(range(300))


async def test_while_one_relay_has_a_key_in_hand_no_other_says_what_comes_after(
    pool: Pool, store: OutboxStore
) -> None:
    await add(pool, store, "a1", "a2", "b1")
    async with (
        pool.acquire() as one,
        one.transaction(),
        pool.acquire() as other,
        other.transaction(),
    ):
        assert [row.message.payload for row in await store.take(one, 1)] == [b"a1"]
        assert [row.message.payload for row in await store.take(other, 10)] == [b"b1"]


async def test_a_message_that_cannot_be_published_holds_up_its_key_and_nobody_else(
    relay: Relay, pool: Pool, store: OutboxStore, client: Client, js: JetStreamContext
) -> None:
    async with pool.acquire() as connection:
        await store.add(connection, "x", Outgoing(SUBJECT, b"x" * (client.max_payload + 1), "x1"))
    await add(pool, store, "x2", "a1", "b1", "a2")

    for _ in range(3):
        await relay.step()

    assert by_key(await stored(js, "RUNS")) == {"a": [1, 2], "b": [1]}
    assert await left(pool) == 2  # the second of x waits for the first
