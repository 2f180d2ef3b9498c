"""What is gone or was changed is noticed by its service, and put right by the keeper alone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from uuid import uuid4

import nats.errors
import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext, api

from deploy.local.nats import Nats
from services.bus_keeper.keeper import Keeper
from shared.bus import topology
from shared.bus.declare import consumer_config, declare_consumers, stream_config
from shared.bus.publisher import Outgoing, Publisher
from shared.bus.topology import CONSUMERS, STREAMS
from shared.bus.watch import INTERVAL, Drifted, Watch
from tests.integration.bus.waiting import connected, count, disconnected
from tests.support.servers import Running
from tests.support.unread import unread

pytestmark = pytest.mark.usefixtures("keeper")


@pytest.fixture
def watch(client: Client) -> Watch:
    return Watch(client, (topology.SCHEDULER_TASKS, topology.SCHEDULER_REQUESTS))


async def all_there(js: JetStreamContext) -> None:
    for stream in STREAMS:
        await js.stream_info(stream.name)
    for consumer in CONSUMERS:
        await js.consumer_info(consumer.stream, consumer.name)


async def test_while_all_is_there_it_only_looks(watch: Watch, js: JetStreamContext) -> None:
    before = (await js.consumer_info("TASKS", topology.SCHEDULER_TASKS.name)).created

    assert await watch.step() == INTERVAL

    assert (await js.consumer_info("TASKS", topology.SCHEDULER_TASKS.name)).created == before


async def test_a_consumer_that_was_deleted_comes_back(watch: Watch, js: JetStreamContext) -> None:
    await js.delete_consumer("REQUESTS", topology.SCHEDULER_REQUESTS.name)
    with pytest.raises(Drifted, match="is gone"):
        await watch.check()

    assert await watch.step() == INTERVAL

    await watch.check()


async def test_a_stream_that_was_deleted_comes_back_with_its_consumers(
    watch: Watch, js: JetStreamContext
) -> None:
    await js.delete_stream("TASKS")

    await watch.step()

    await watch.check()


async def test_a_wiped_server_is_declared_anew(
    watch: Watch, js: JetStreamContext, client: Client, server: Running, keeper: Keeper
) -> None:
    await server.kill()
    assert isinstance(server.unit, Nats)
    shutil.rmtree(server.unit.store)
    await server.start()
    await connected(client)

    await watch.settled()
    await keeper.step()

    await all_there(js)


async def test_a_server_that_is_away_is_an_error_not_a_reason_to_declare(
    watch: Watch, client: Client, server: Running
) -> None:
    await server.kill()
    await disconnected(client)

    with pytest.raises((nats.errors.Error, TimeoutError)):
        await watch.step()


DRIFTED_CONSUMERS: dict[str, object] = {
    "max_deliver": 1,
    "ack_wait": 600.0,
    "max_ack_pending": 1,
    "filter_subject": "run.request.nobody",
    "backoff": [0.1, 0.2],
    "headers_only": True,
    "max_waiting": 5,  # this one and the next the server changes on no living consumer
    "replay_policy": api.ReplayPolicy.ORIGINAL,
}
DRIFTED_STREAMS: dict[str, object] = {
    "max_msgs": 1,
    "max_age": 700.0,
    "discard": "old",
    "max_bytes": 1 << 20,
}


async def test_a_consumer_that_was_changed_is_changed_back_and_it_is_said(
    watch: Watch, js: JetStreamContext, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    consumer = topology.SCHEDULER_REQUESTS
    await Publisher(client).publish([Outgoing("run.request.api", b"one", "1")])
    for what, value in DRIFTED_CONSUMERS.items():
        caplog.clear()
        await js.delete_consumer(consumer.stream, consumer.name)
        await js.add_consumer(consumer.stream, consumer_config(consumer).evolve(**{what: value}))
        with pytest.raises(Drifted, match=what):
            await watch.check()

        assert await watch.step() == INTERVAL, what

        await watch.check()
        assert f"consumer {consumer.name} was changed" in caplog.text, what
        assert what in caplog.text
        assert await unread(js, consumer) == 1, f"{what}: a message that waited is lost"


async def test_a_stream_that_was_changed_is_changed_back_and_it_is_said(
    watch: Watch, js: JetStreamContext, caplog: pytest.LogCaptureFixture
) -> None:
    for what, value in DRIFTED_STREAMS.items():
        caplog.clear()
        await js.update_stream(stream_config(topology.REQUESTS).evolve(**{what: value}))
        with pytest.raises(Drifted, match=what):
            await watch.check()

        await watch.step()

        await watch.check()
        assert "stream REQUESTS was changed" in caplog.text, what


async def test_a_stream_that_cannot_be_changed_back_is_left_to_a_person(
    watch: Watch, js: JetStreamContext, caplog: pytest.LogCaptureFixture
) -> None:
    await js.delete_stream("REQUESTS")
    await js.add_stream(stream_config(topology.REQUESTS).evolve(retention="limits"))
    await js.publish("run.request.api", b"of somebody")
    other = replace(topology.SCHEDULER_TASKS, max_deliver=1)
    await js.add_consumer("TASKS", consumer_config(other))
    await declare_consumers(js, [topology.SCHEDULER_REQUESTS])

    await watch.step()

    assert "the keeper of the bus could not put it right: REQUESTS retention" in caplog.text
    with pytest.raises(Drifted, match="retention is limits, not workqueue"):
        await watch.check()
    assert await count(js, "REQUESTS") == 1
    found = (await js.consumer_info("TASKS", other.name)).config
    assert found is not None
    assert found.max_deliver == topology.SCHEDULER_TASKS.max_deliver, "nor did it keep from others"


async def test_consumers_of_a_stream_that_was_spoilt_hear_what_comes_after(
    js: JetStreamContext, client: Client, server: Running
) -> None:
    consumer = topology.LOG_WRITER_STARTED
    publisher, subject = Publisher(client), topology.runs_started(uuid4())
    await publisher.publish([Outgoing(subject, b"x" * 200, str(n)) for n in range(400)])
    pulled = await js.pull_subscribe_bind(consumer.name, consumer.stream)
    for message in await pulled.fetch(300):
        await message.ack_sync()
    await server.kill()
    assert isinstance(server.unit, Nats)
    (block,) = server.unit.store.glob("jetstream/*/streams/RUNS/msgs/*.blk")
    data = bytearray(block.read_bytes())
    data[100] ^= 0xFF
    block.write_bytes(data)
    await server.start()
    await connected(client)
    assert (await js.stream_info("RUNS")).state.last_seq == 0, "the server lost less"

    await Watch(client, [consumer]).step()
    await publisher.publish([Outgoing(subject, b"new", "new")])

    assert [message.data for message in await pulled.fetch(1, timeout=3)] == [b"new"]
    await Watch(client, [consumer]).check()


async def test_a_stream_that_only_others_read_is_looked_after_as_well(
    client: Client, js: JetStreamContext
) -> None:
    watch = Watch(client, [topology.SCHEDULER_TASKS], [topology.KV_SCRIPTS])
    await js.delete_stream("KV_SCRIPTS")
    with pytest.raises(Drifted, match="is gone"):
        await watch.check()

    await watch.step()

    await watch.check()
    assert await (await js.key_value("SCRIPTS")).put("a", b"b") == 1
