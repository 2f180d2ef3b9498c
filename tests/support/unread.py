"""How much of a stream a consumer's readers have not handled yet."""

from __future__ import annotations

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from shared.bus.shapes import Consumer


async def unread(js: JetStreamContext, *consumers: Consumer) -> int:
    """Return how many messages there are at least that nobody has acknowledged.

    The server counts what is pending a little after it stored a message (1 of 3,000 times it was
    asked too early), so the newest message of each subject is looked at, too.

    Raises:
        nats.errors.Error: the server does not answer, or the consumer is gone.
    """
    count = 0
    for consumer in consumers:
        newest = [await _newest(js, consumer.stream, subject) for subject in consumer.filters]
        info = await js.consumer_info(consumer.stream, consumer.name)
        counted = (info.num_pending or 0) + (info.num_ack_pending or 0)
        count += counted or max(newest) > (info.delivered.stream_seq if info.delivered else 0)
    return count


async def _newest(js: JetStreamContext, stream: str, subject: str) -> int:
    try:
        return (await js.get_last_msg(stream, subject)).seq or 0
    except NotFoundError:
        return 0
