"""One command makes a server look like the topology, as often as anybody likes."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext, api
from nats.js.errors import APIError

from deploy.local.nats import Nats
from shared.bus import topology
from shared.bus.declare import consumer_config, declare, declare_on, stream_config
from shared.bus.publisher import Outgoing, Publisher
from shared.bus.topology import CONSUMERS, STREAMS
from tests.integration.bus.waiting import connected, stored
from tests.support.servers import Running

Config = dict[str, object]


async def on_server(js: JetStreamContext) -> dict[str, Config]:
    """Return what the server has, as far as the topology has a say in it."""
    found: dict[str, Config] = {}
    for stream in STREAMS:
        config = (await js.stream_info(stream.name)).config
        wanted = stream_config(stream)
        found[stream.name] = _said(config.as_dict(), wanted.as_dict())
    for consumer in CONSUMERS:
        info = await js.consumer_info(consumer.stream, consumer.name)
        assert info.config is not None
        found[consumer.name] = _said(info.config.as_dict(), consumer_config(consumer).as_dict())
    return found


def topology_says() -> dict[str, Config]:
    return {
        **{each.name: _said(c := stream_config(each).as_dict(), c) for each in STREAMS},
        **{each.name: _said(c := consumer_config(each).as_dict(), c) for each in CONSUMERS},
    }


def _said(config: Config, wanted: Config) -> Config:
    return {name: config.get(name) for name, value in wanted.items() if value is not None}


async def test_the_server_has_what_the_topology_says(js: JetStreamContext) -> None:
    assert await on_server(js) == topology_says()


async def test_again_changes_nothing_and_loses_nothing(
    js: JetStreamContext, client: Client, url: str
) -> None:
    subject = topology.RUN_REQUEST_API
    assert await Publisher(client).publish([Outgoing(subject, b"request", "1")]) == []
    created = {each.name: (await js.stream_info(each.name)).created for each in STREAMS}

    await declare(url)
    await declare_on(js)

    assert await on_server(js) == topology_says()
    assert created == {each.name: (await js.stream_info(each.name)).created for each in STREAMS}
    assert await stored(js, "REQUESTS") == [b"request"]


async def test_any_number_may_declare_at_once(js: JetStreamContext, url: str) -> None:
    for stream in STREAMS:
        await js.delete_stream(stream.name)

    await asyncio.gather(*(declare(url) for _ in range(5)))

    assert await on_server(js) == topology_says()


async def test_drift_is_brought_back(js: JetStreamContext) -> None:
    drifted = replace(
        topology.RUNS, max_age=timedelta(hours=1), max_bytes=1 << 20, subjects=("task.finished.*",)
    )
    await js.update_stream(stream_config(drifted))
    consumer = replace(
        topology.LOG_WRITER_STARTED,
        max_deliver=1,
        ack_wait=timedelta(seconds=1),
        max_ack_pending=1,
    )
    await js.add_consumer("RUNS", consumer_config(consumer))
    assert await on_server(js) != topology_says()

    await declare_on(js)

    assert await on_server(js) == topology_says()


async def test_a_filter_that_drifted_is_brought_back(js: JetStreamContext) -> None:
    other = replace(topology.LOG_WRITER_LOGS, filters=("task.log.somebody",))
    await js.add_consumer("LOGS", consumer_config(other))

    await declare_on(js)

    assert await on_server(js) == topology_says()


@pytest.mark.parametrize("lost", ["stream", "consumer"])
async def test_what_was_deleted_comes_back(js: JetStreamContext, lost: str) -> None:
    if lost == "stream":
        await js.delete_stream("REQUESTS")
    else:
        await js.delete_consumer("TASKS", topology.SCHEDULER_TASKS.name)

    await declare_on(js)

    assert await on_server(js) == topology_says()


async def test_a_wiped_store_is_filled_again(
    js: JetStreamContext, client: Client, server: Running
) -> None:
    await server.kill()
    assert isinstance(server.unit, Nats)
    shutil.rmtree(server.unit.store)
    await server.start()
    await connected(client)
    assert await js.streams_info() == []

    await declare_on(js)

    assert await on_server(js) == topology_says()


async def test_strangers_are_left_alone(js: JetStreamContext) -> None:
    await js.add_stream(api.StreamConfig(name="THEIRS", subjects=["theirs.>"]))

    await declare_on(js)

    assert (await js.stream_info("THEIRS")).config.subjects == ["theirs.>"]


async def test_a_server_that_may_store_too_little_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("deploy.local.nats.MAX_STORE", "1GB")
    small = Nats(tmp_path / "nats")
    async with Running(small, tmp_path):
        with pytest.raises(APIError, match=r"all streams hold 5\.5 GiB.*max_file_store"):
            await declare(small.url)
