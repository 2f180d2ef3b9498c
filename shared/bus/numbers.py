"""How much lies in streams and before consumers, as `/metrics` tells it.

Whoever looks after streams and consumers asks the server about each every two seconds anyway; what
it answers is noted on the way, so lag costs no question of its own. The runtime of each server of
accounts has a consumer: they are bounded, as servers are things that an operator names.
"""

from __future__ import annotations

from collections.abc import Iterable

from nats.js import api

from shared.runtime.metrics import (
    CONSUMER_ACK_PENDING,
    CONSUMER_PENDING,
    CONSUMER_REDELIVERED,
    STREAM_BYTES,
    STREAM_MAX_BYTES,
    STREAM_MESSAGES,
    Bounded,
)

_consumer = Bounded(100)


def note(
    consumers: Iterable[api.ConsumerInfo | None], streams: Iterable[api.StreamInfo | None]
) -> None:
    """Note what the server has answered."""
    for consumer in consumers:
        if consumer is not None:
            labels = (consumer.stream_name, _consumer(consumer.name))
            CONSUMER_PENDING.labels(*labels).set(consumer.num_pending or 0)
            CONSUMER_ACK_PENDING.labels(*labels).set(consumer.num_ack_pending or 0)
            CONSUMER_REDELIVERED.labels(*labels).set(consumer.num_redelivered or 0)
    for stream in streams:
        if stream is not None and stream.config.name:
            STREAM_MESSAGES.labels(stream.config.name).set(stream.state.messages)
            STREAM_BYTES.labels(stream.config.name).set(stream.state.bytes)
            STREAM_MAX_BYTES.labels(stream.config.name).set(stream.config.max_bytes or 0)
