"""What the log writer hears.

A handler returns once its message is committed; what becomes of the message then, or after an
error, is decided in `shared.bus.middleware`. Messages of one kind are handled one after the other:
each is a batch already, and more log writers are the way to more of them at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from faststream.nats.subscriber.usecases import LogicSubscriber
from nats.aio.msg import Msg

from services.log_writer.announcer import Announcer
from services.log_writer.store.lines import LineStore
from services.log_writer.store.runs import RunStore
from services.log_writer.undertaker import Undertaker
from shared.bus import topology
from shared.bus.declare import consumer_config
from shared.contracts.message import Message
from shared.contracts.runs import LogLines, RunsFinished, RunsStarted

#: Seconds that one pull request waits at the server. A server that restarts forgets requests, so
#: this is also how long nothing may come after one.
PULL_SECONDS = 1.0

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the handlers work with."""

    runs: RunStore
    lines: LineStore
    announcer: Announcer
    undertaker: Undertaker


def register(broker: NatsBroker, room: Room) -> None:
    """Put the subscribers on *broker*; they are deaf until it starts."""

    @_pull(broker, topology.LOG_WRITER_STARTED, _as(RunsStarted))
    async def runs_started(message: RunsStarted) -> None:
        """An executor began runs: each gets its row."""
        await room.announcer.announce(await room.runs.write_started(message.runs))

    @_pull(broker, topology.LOG_WRITER_FINISHED, _as(RunsFinished))
    async def runs_finished(message: RunsFinished) -> None:
        """An executor ended runs: each row becomes final and is counted, once."""
        await room.announcer.announce(await room.runs.write_finished(message.runs))

    @_pull(broker, topology.LOG_WRITER_LOGS, _as(LogLines))
    async def log_lines(message: LogLines) -> None:
        """Actions wrote lines."""
        await room.lines.write(message.lines)

    @_pull(broker, topology.LOG_WRITER_DEAD, _raw)
    async def dead_letter(body: bytes, message: NatsMessage) -> None:
        """Somebody could not handle a message, or JetStream gave one up."""
        await room.undertaker.receive(message.raw_message, body)


Decoder = Callable[[NatsMessage], Awaitable[object]]


def _as(kind: type[M]) -> Decoder:
    """Return a decoder for one kind of message.

    FastStream's own would accept what JSON forbids and read each message twice, first into
    dictionaries and then into the model.
    """

    async def decode(message: NatsMessage) -> M:
        return kind.decode(message.body)

    return decode


async def _raw(message: NatsMessage) -> bytes:
    """Leave what may be anything as it is."""
    return message.raw_message.data


def _pull(
    broker: NatsBroker, consumer: topology.Consumer, decoder: Decoder
) -> LogicSubscriber[Msg]:
    return broker.subscriber(
        consumer.filters[0] if len(consumer.filters) == 1 else "",
        stream=JStream(consumer.stream, declare=False),
        durable=consumer.name,
        config=consumer_config(consumer),
        # FastStream runs a larger batch all at once; one at a time makes 560 messages/s.
        pull_sub=PullSub(batch_size=1, timeout=PULL_SECONDS),
        decoder=decoder,
        ack_policy=AckPolicy.MANUAL,
        no_reply=True,
    )
