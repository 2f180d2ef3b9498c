"""Notice that a stream or consumer is gone or was changed, and put it right.

JetStream's folder can be wiped, a consumer deleted; the client libraries then wait in silence or
spin. Somebody can give a consumer a single delivery, or a stream a limit that drops our messages.
Every service runs one of these over the consumers that it lives on, and their streams. What is
gone is declared again from the topology, what was changed is changed back; what was in it is
rebuilt from PostgreSQL by the sweeps of its owners.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from nats.aio.client import Client
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from shared.bus.declare import (
    consumer_config,
    declare_consumers,
    declare_on,
    declare_stream,
    remake_consumer,
    stream_config,
)
from shared.bus.drift import drift
from shared.bus.shapes import Consumer, Stream
from shared.bus.topology import STREAMS
from shared.settings import BusSettings

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


class Drifted(Exception):
    """A stream or consumer is not as the topology says."""


class Wrong(NamedTuple):
    """A stream or consumer that is not as it should be."""

    what: Stream | Consumer
    how: str
    is_stuck: bool = False
    """It would wait for ever for messages that there never were, and skip those that come."""


class Watch:
    """One step: look at each consumer and its stream; declare what is missing or was changed.

    *streams* are looked after as well: those that others read, by consumers of their own.
    """

    def __init__(
        self, client: Client, consumers: Sequence[Consumer], streams: Sequence[Stream] = ()
    ) -> None:
        self._js = client.jetstream(timeout=2)
        self._consumers = consumers
        names = {*(each.stream for each in consumers), *(each.name for each in streams)}
        self._streams = [stream for stream in STREAMS if stream.name in names]
        self._replicas = BusSettings().nats_replicas

    async def step(self) -> timedelta:
        """Check everything once."""
        try:
            for wrong in await self._look():
                await self._put_right(wrong)
        except NotFoundError:
            log.error("a stream or consumer is gone; declaring the topology again")  # noqa: TRY400 - no traceback needed
            await declare_on(self._js, self._consumers)
        return INTERVAL

    async def check(self) -> None:
        """Ask the server for every stream and consumer.

        Raises:
            NotFoundError: one is gone.
            Drifted: one is not as it should be, and `step` has not put it right (yet).
            nats.errors.Error: the server does not answer.
        """
        for wrong in await self._look():
            raise Drifted(f"{wrong.what.name}: {wrong.how}")

    async def _look(self) -> list[Wrong]:
        # In this order: a consumer that seems to be ahead of its stream really is. And a stream
        # that cannot be changed back is an error, which must keep nobody from the consumers.
        found = [
            (each, await self._js.consumer_info(each.stream, each.name)) for each in self._consumers
        ]
        streams = [(each, await self._js.stream_info(each.name)) for each in self._streams]
        last = {stream.name: info.state.last_seq for stream, info in streams}
        wrongs = [_wrong_with(each, info, last[each.stream]) for each, info in found]
        for stream, stream_info in streams:
            wanted = stream_config(stream, replicas=self._replicas)
            how = drift(stream_info.config.as_dict(), wanted.as_dict())
            wrongs.append(Wrong(stream, "; ".join(how)))
        return [wrong for wrong in wrongs if wrong.how]

    async def _put_right(self, wrong: Wrong) -> None:
        match wrong:
            case Wrong(Stream() as stream, how):
                log.warning("stream %s was changed: %s; changing it back", stream.name, how)
                await declare_stream(self._js, stream)
            case Wrong(Consumer() as consumer, how, is_stuck=True):
                log.error("consumer %s %s; making it anew", consumer.name, how)
                await remake_consumer(self._js, consumer)
            case Wrong(Consumer() as consumer, how):
                log.warning("consumer %s was changed: %s; changing it back", consumer.name, how)
                await declare_consumers(self._js, [consumer])


def _wrong_with(consumer: Consumer, info: api.ConsumerInfo, stream_ends_at: int) -> Wrong:
    """Say what is wrong with *consumer*; nothing, if nothing is.

    A server that finds its messages spoilt after a crash begins the stream anew and leaves the
    consumers where they were: what is stored from then on is behind them, and comes to nobody.
    """
    at = info.delivered.stream_seq if info.delivered else 0
    if at > stream_ends_at:
        how = f"is at {at} of a stream that ends at {stream_ends_at}"
        return Wrong(consumer, how, is_stuck=True)
    found = info.config.as_dict() if info.config else {}
    return Wrong(consumer, "; ".join(drift(found, consumer_config(consumer).as_dict())))
