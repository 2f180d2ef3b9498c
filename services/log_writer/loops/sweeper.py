"""Find messages that JetStream has given up on though nobody was told.

A message of a work queue that was delivered as often as it may lies there for ever: no consumer
counts it as pending or as in hand. An advisory tells of it, but an advisory can be lost (the stream
DEAD was full, or not there yet). So every `INTERVAL` the sums are checked,

    messages - pending - in hand  >  0        somebody must be stuck

and if they do not add up, the messages below the consumer's floor are what it has given up: those
that it handled are deleted. Counts and messages are read one after the other while others work, so
only what was stuck in two steps in a row is moved.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from nats.aio.client import Client
from nats.js.api import ConsumerInfo
from nats.js.errors import NotFoundError

from services.log_writer.dead_letter import Advisory
from services.log_writer.undertaker import WORK_QUEUES, Undertaker

INTERVAL = timedelta(seconds=10)
#: Messages looked at per consumer and step.
BATCH = 100


class Stuck(NamedTuple):
    """A message and the consumer that has given it up."""

    stream: str
    sequence: int
    consumer: str


class Sweeper:
    """One step: look at each work queue; move what was stuck in the step before as well."""

    def __init__(self, client: Client, undertaker: Undertaker) -> None:
        self._js = client.jetstream(timeout=5)
        self._undertaker = undertaker
        self._suspects: frozenset[Stuck] = frozenset()

    async def step(self) -> timedelta:
        """Compare each work queue with its consumers."""
        stuck = frozenset(
            [found for stream in sorted(WORK_QUEUES) async for found in self._look(stream)]
        )
        for stream, sequence, consumer in sorted(stuck & self._suspects):
            await self._undertaker.take(
                Advisory(stream=stream, stream_seq=sequence, consumer=consumer)
            )
        self._suspects = stuck
        return INTERVAL

    async def _look(self, stream: str) -> AsyncIterator[Stuck]:
        info = await self._js.stream_info(stream)
        consumers = await self._js.consumers_info(stream)
        if info.state.messages <= _accounted_for(consumers):
            return
        for consumer in consumers:
            # Without a limit nothing is ever given up; what lies in the stream waits for somebody.
            if (consumer.config.max_deliver or -1) < 0:
                continue
            floor = _floor(consumer)
            for subject in _subjects(consumer):
                async for sequence in self._messages(stream, subject, info.state.first_seq, floor):
                    yield Stuck(stream, sequence, consumer.name)

    async def _messages(
        self, stream: str, subject: str, first: int, last: int
    ) -> AsyncIterator[int]:
        sequence = first
        for _ in range(BATCH):
            if sequence > last:
                return
            try:
                found = await self._js.get_msg(stream, sequence, subject, next=True)
            except NotFoundError:
                return
            if found.seq is None or found.seq > last:
                return
            yield found.seq
            sequence = found.seq + 1


def _accounted_for(consumers: Sequence[ConsumerInfo]) -> int:
    return sum((each.num_pending or 0) + (each.num_ack_pending or 0) for each in consumers)


def _floor(consumer: ConsumerInfo) -> int:
    """Return the sequence up to which the consumer has nothing in hand any more.

    JetStream moves its own mark only when something is acknowledged.
    """
    mark = consumer.ack_floor if consumer.num_ack_pending else consumer.delivered
    return mark.stream_seq if mark else 0


def _subjects(consumer: ConsumerInfo) -> Sequence[str]:
    single = consumer.config.filter_subject
    return [single] if single else (consumer.config.filter_subjects or [">"])
