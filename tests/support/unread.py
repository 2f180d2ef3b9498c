"""How much of a stream a consumer's readers have not handled yet."""

from __future__ import annotations

from nats.js import JetStreamContext

from shared.bus.shapes import Consumer


async def unread(js: JetStreamContext, consumer: Consumer) -> int:
    """Return how many messages there are that nobody has acknowledged.

    Raises:
        nats.errors.Error: the server does not answer, or the consumer is gone.
    """
    info = await js.consumer_info(consumer.stream, consumer.name)
    return (info.num_pending or 0) + (info.num_ack_pending or 0)
