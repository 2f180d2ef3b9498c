"""Look at streams and consumers, and say what is not as the topology says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from shared.bus import numbers
from shared.bus.declare import consumer_config, stream_config
from shared.bus.drift import drift
from shared.bus.shapes import Consumer, Stream

GONE = "is gone"


class Wrong(NamedTuple):
    """A stream or consumer that is not as it should be."""

    what: Stream | Consumer
    how: str
    is_stuck: bool = False
    """It would wait for ever for messages that there never were, and skip those that come."""

    @property
    def is_gone(self) -> bool:
        """Say whether there is none."""
        return self.how == GONE

    def __str__(self) -> str:
        return f"{self.what.name} {self.how}"


async def look(
    js: JetStreamContext,
    consumers: Sequence[Consumer],
    streams: Sequence[Stream],
    *,
    replicas: int,
) -> list[Wrong]:
    """Return what is wrong with *streams* and *consumers*, whose streams are among them.

    Raises:
        nats.errors.Error: the server does not answer.
    """
    # In this order: a consumer that seems to be ahead of its stream really is.
    found = [(each, await _consumer_info(js, each)) for each in consumers]
    infos = [(each, await _stream_info(js, each)) for each in streams]
    numbers.note([info for _, info in found], [info for _, info in infos])
    last = {stream.name: info.state.last_seq for stream, info in infos if info}
    wrongs = [_wrong_stream(stream, info, replicas) for stream, info in infos]
    wrongs += [_wrong_consumer(each, info, last.get(each.stream, 0)) for each, info in found]
    return [wrong for wrong in wrongs if wrong.how]


async def _consumer_info(js: JetStreamContext, consumer: Consumer) -> api.ConsumerInfo | None:
    try:
        info: api.ConsumerInfo = await js.consumer_info(consumer.stream, consumer.name)
    except NotFoundError:
        return None
    return info


async def _stream_info(js: JetStreamContext, stream: Stream) -> api.StreamInfo | None:
    try:
        return await js.stream_info(stream.name)
    except NotFoundError:
        return None


def _wrong_stream(stream: Stream, info: api.StreamInfo | None, replicas: int) -> Wrong:
    if info is None:
        return Wrong(stream, GONE)
    wanted = stream_config(stream, replicas=replicas)
    return Wrong(stream, "; ".join(drift(info.config.as_dict(), wanted.as_dict())))


def _wrong_consumer(
    consumer: Consumer, info: api.ConsumerInfo | None, stream_ends_at: int
) -> Wrong:
    """Say what is wrong with *consumer*; nothing, if nothing is.

    A server that finds its messages spoilt after a crash begins the stream anew and leaves the
    consumers where they were: what is stored from then on is behind them, and comes to nobody.
    """
    if info is None:
        return Wrong(consumer, GONE)
    at = info.delivered.stream_seq if info.delivered else 0
    if at > stream_ends_at:
        how = f"is at {at} of a stream that ends at {stream_ends_at}"
        return Wrong(consumer, how, is_stuck=True)
    found = info.config.as_dict() if info.config else {}
    return Wrong(consumer, "; ".join(drift(found, consumer_config(consumer).as_dict())))
