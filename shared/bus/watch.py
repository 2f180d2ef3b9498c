"""Notice that a stream or consumer is gone, and bring it back.

JetStream's folder can be wiped, a consumer deleted; the client libraries then wait in silence or
spin. Every service runs one of these over the consumers that it lives on. What is gone is declared
again from the topology; what was in it is rebuilt from PostgreSQL by the sweeps of its owners.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from shared.bus.declare import declare_on
from shared.bus.topology import Consumer, Stream

INTERVAL = timedelta(seconds=2)

log = logging.getLogger(__name__)


async def unread(js: JetStreamContext, consumer: Consumer) -> int:
    """Return how many messages *consumer*'s readers have not handled yet.

    Raises:
        nats.errors.Error: the server does not answer, or the consumer is gone.
    """
    info = await js.consumer_info(consumer.stream, consumer.name)
    return (info.num_pending or 0) + (info.num_ack_pending or 0)


async def stored(js: JetStreamContext, stream: Stream) -> int:
    """Return how many messages *stream* holds.

    Raises:
        nats.errors.Error: the server does not answer, or the stream is gone.
    """
    return (await js.stream_info(stream.name)).state.messages


class Watch:
    """One step: look at each consumer; declare everything if one is missing."""

    def __init__(self, client: Client, consumers: Sequence[Consumer]) -> None:
        self._js = client.jetstream(timeout=2)
        self._consumers = consumers

    async def step(self) -> timedelta:
        """Check all consumers once."""
        try:
            await self.check()
        except NotFoundError:
            log.error("a stream or consumer is gone; declaring the topology again")  # noqa: TRY400 - no traceback needed
            await declare_on(self._js, self._consumers)
        return INTERVAL

    async def check(self) -> None:
        """Ask the server for every consumer.

        Raises:
            NotFoundError: one is gone.
            nats.errors.Error: the server does not answer.
        """
        for consumer in self._consumers:
            await self._js.consumer_info(consumer.stream, consumer.name)
