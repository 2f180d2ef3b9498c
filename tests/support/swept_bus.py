"""A bus whose streams are made anew only where a test has left something.

To delete and declare all of them takes as long as five small tests; most tests use two or three.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import nats
from nats.aio.client import Client
from nats.js.api import StreamInfo

from shared.bus.declare import declare_consumers, declare_stream
from shared.bus.topology import CONSUMERS, STREAMS
from tests.support import servers

#: By address of the server: its streams as they are just after they were declared.
_blank: dict[str, dict[str, Any]] = {}


@asynccontextmanager
async def swept_bus(url: str) -> AsyncIterator[Client]:
    """Connect to a NATS server whose streams are empty, as if just declared, and have a keeper."""
    client = await nats.connect(url, allow_reconnect=False)
    try:
        await _sweep(client, _blank.setdefault(url, {}))
        async with servers.bus_keeper(url):
            yield client
    finally:
        await client.close()


async def _sweep(client: Client, blank: dict[str, Any]) -> None:
    js = client.jetstream(timeout=10)
    admin = client.jsm()
    found = {str(info.config.name): _shape(info) for info in await admin.streams_info()}
    for name, shape in found.items():
        if shape != blank.get(name):
            await admin.delete_stream(name)
    anew = [each for each in STREAMS if found.get(each.name) != blank.get(each.name, ())]
    names = {each.name for each in anew}
    for stream in anew:
        await declare_stream(js, stream)
    await declare_consumers(js, [each for each in CONSUMERS if each.stream in names])
    for name in names:
        blank[name] = _shape(await admin.stream_info(name))


def _shape(info: StreamInfo) -> tuple[dict[str, Any], int, int]:
    """Return what tells a stream that nothing was done to."""
    config = {**info.config.as_dict(), "metadata": None}  # the server tells more of one than of all
    return config, info.state.last_seq, info.state.consumer_count
