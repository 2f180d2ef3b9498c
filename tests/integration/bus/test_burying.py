"""Dead letters never keep what is alive: a message of nobody's goes, however many there were."""

from __future__ import annotations

from nats.aio.client import Client
from nats.js import JetStreamContext

from shared.bus import topology
from shared.bus.declare import stream_config
from shared.bus.middleware import DEAD_BYTES, bury
from shared.bus.publisher import Outgoing, Publisher
from tests.integration.bus.waiting import count

POISON = 10


async def test_poison_is_buried_though_the_dead_letters_are_full(
    js: JetStreamContext, client: Client
) -> None:
    room = 3 * DEAD_BYTES
    await js.update_stream(stream_config(topology.DEAD).evolve(max_bytes=room))
    poison = [
        Outgoing(topology.RUN_REQUEST_API, b"\xff" * DEAD_BYTES, str(number))
        for number in range(POISON)
    ]
    assert not await Publisher(client).publish(poison)
    reader = topology.SCHEDULER_REQUESTS
    pulled = await js.pull_subscribe_bind(reader.name, reader.stream)

    for message in await pulled.fetch(POISON):
        assert await bury(message, ValueError())
    await client.flush()

    assert await count(js, reader.stream) == 0, "poison goes round and round"
    kept = (await js.stream_info(topology.DEAD.name)).state
    assert kept.bytes <= room
    assert kept.last_seq == POISON
