"""One way to hear a stream through FastStream.

Durable pull consumers that the topology declares (FastStream would make its own, and never update
one); acknowledged by the shared middleware; each body read once, by its contract: FastStream's own
decoder accepts what JSON forbids and reads each message twice, first into dictionaries.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from faststream.nats.subscriber.usecases import LogicSubscriber
from nats.aio.msg import Msg

from shared.bus.connection import inbox_of
from shared.bus.declare import consumer_config
from shared.bus.shapes import Consumer
from shared.contracts.message import Message

#: Seconds that one pull request waits at the server. A server that restarts forgets requests, so
#: this is also how long nothing may come after one.
PULL_SECONDS = 1.0

M = TypeVar("M", bound=Message)
Decoder = Callable[[NatsMessage], Awaitable[object]]


def contract(kind: type[M]) -> Decoder:
    """Return a decoder for one kind of message."""

    async def decode(message: NatsMessage) -> M:
        return kind.decode(message.body)

    return decode


async def raw(message: NatsMessage) -> bytes:
    """Decode nothing: leave what may be anything as it is."""
    return message.raw_message.data


def pull(broker: NatsBroker, consumer: Consumer, decoder: Decoder) -> LogicSubscriber[Msg]:
    """Return the decorator of a handler for *consumer*'s messages.

    Messages are pulled one at a time and handled in order. A larger pull is held back by the client
    until the next message comes or the request expires: run-now then waited up to a second.
    """
    return broker.subscriber(
        consumer.filters[0] if len(consumer.filters) == 1 else "",
        stream=JStream(consumer.stream, declare=False),
        durable=consumer.name,
        inbox_prefix=inbox_of(broker),
        config=consumer_config(consumer),
        pull_sub=PullSub(batch_size=1, timeout=PULL_SECONDS),
        decoder=decoder,
        ack_policy=AckPolicy.MANUAL,
        no_reply=True,
    )
