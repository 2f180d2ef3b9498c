"""A stream or consumer that is gone comes back, and nobody has to ask."""

from __future__ import annotations

import shutil

import nats.errors
import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from deploy.local.nats import Nats
from shared.bus import topology
from shared.bus.topology import CONSUMERS, STREAMS
from shared.bus.watch import INTERVAL, Watch
from tests.integration.bus.waiting import connected, disconnected
from tests.support.servers import Running


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
    with pytest.raises(NotFoundError):
        await watch.check()

    assert await watch.step() == INTERVAL

    await watch.check()


async def test_a_stream_that_was_deleted_comes_back_with_its_consumers(
    watch: Watch, js: JetStreamContext
) -> None:
    await js.delete_stream("TASKS")

    await watch.step()

    await all_there(js)


async def test_a_wiped_server_is_declared_anew(
    watch: Watch, js: JetStreamContext, client: Client, server: Running
) -> None:
    await server.kill()
    assert isinstance(server.unit, Nats)
    shutil.rmtree(server.unit.store)
    await server.start()
    await connected(client)

    await watch.step()

    await all_there(js)


async def test_a_server_that_is_away_is_an_error_not_a_reason_to_declare(
    watch: Watch, client: Client, server: Running
) -> None:
    await server.kill()
    await disconnected(client)

    with pytest.raises((nats.errors.Error, TimeoutError)):
        await watch.step()
