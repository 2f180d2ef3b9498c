"""All streams of the topology as if newly made, for tests that share a server.

To make all of them costs 50 ms, a test uses two or three: what is as it was made, with nothing ever
stored in it and nothing ever delivered from it, stays.
"""

from __future__ import annotations

import asyncio

from nats.aio.client import Client
from nats.js import JetStreamManager, api

from shared.bus.declare import consumer_config, declare_consumers, declare_stream, stream_config
from shared.bus.drift import drift
from shared.bus.shapes import Stream
from shared.bus.topology import CONSUMERS, STREAMS

SECONDS = 10


async def renew(client: Client) -> None:
    """Leave the streams of the topology, each of them as new, and no others."""
    js = client.jetstream(timeout=SECONDS)
    found = {str(each.config.name): each for each in await js.streams_info()}
    kept = await asyncio.gather(*(_is_new(js, each, found.get(each.name)) for each in STREAMS))
    new = {stream.name for stream, is_new in zip(STREAMS, kept, strict=True) if is_new}
    await asyncio.gather(*(js.delete_stream(name) for name in found if name not in new))
    # One after the other, as a declaration does: the server makes them in turn anyway.
    for stream in STREAMS:
        if stream.name not in new:
            await declare_stream(js, stream)
            await declare_consumers(js, [each for each in CONSUMERS if each.stream == stream.name])


async def _is_new(js: JetStreamManager, stream: Stream, found: api.StreamInfo | None) -> bool:
    """Say whether it is as declared, and nobody has used it."""
    wanted = {each.name: each for each in CONSUMERS if each.stream == stream.name}
    if (
        found is None
        or found.state.last_seq
        or found.state.consumer_count != len(wanted)
        or drift(found.config.as_dict(), stream_config(stream).as_dict())
    ):
        return False
    consumers = await js.consumers_info(stream.name) if wanted else []
    return all(
        each.name in wanted
        and not each.num_waiting
        and not (each.delivered and each.delivered.consumer_seq)
        and each.config is not None
        and not drift(each.config.as_dict(), consumer_config(wanted[each.name]).as_dict())
        for each in consumers
    )
