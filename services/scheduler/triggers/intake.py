"""Take events from the bus in batches, have them handled, acknowledge them after the commit.

What cannot be read is buried; it holds up nobody. While a server is away the batch is kept and
tried again, in its order. If a batch fails for another reason, its events are handled one by one,
so that the one that is to blame is found, and only that one is given back or buried.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Protocol

from nats.aio.msg import Msg

from services.scheduler.triggers.engine import Received
from shared.bus.middleware import bury, fingerprint, is_outage, is_poison, pause_after
from shared.bus.pull import CreditPull
from shared.domain.event import event_from

#: Events per transaction.
BATCH = 200
#: Events that are here, in hand or on their way.
ROOM = 1_000
REST = timedelta(seconds=1)
#: Well below the consumer's `ack_wait`.
ALIVE_SECONDS = 1.0

log = logging.getLogger(__name__)


class Handling(Protocol):
    """What handles a batch of events, all or nothing."""

    async def handle(self, batch: Sequence[Received]) -> int: ...


def received_from(message: Msg) -> Received:
    """Read a message of the stream.

    Raises:
        ValueError: it is no event.
    """
    metadata = message.metadata
    stored = fingerprint(metadata.stream, metadata.sequence.stream, metadata.timestamp)
    event = event_from(
        message.subject,
        message.headers,
        message.data,
        metadata.timestamp,
        fallback_id=stored.removeprefix("dead:"),
    )
    return Received(event, metadata.timestamp)


class EventIntake:
    """The events of one scheduler. `step` is run by a Loop and woken by each event."""

    def __init__(self, engine: Handling) -> None:
        self._engine = engine
        self._waiting: deque[Msg] = deque()
        self._draining = False
        self.pull: CreditPull | None = None
        self.wake: Callable[[], None] = lambda: None

    def arrived(self, message: Msg) -> None:
        """Take an event from the bus."""
        self._waiting.append(message)
        self.wake()

    async def step(self) -> timedelta:
        """Handle what waits, then ask for as much as there is room for."""
        if self._waiting and not self._draining:
            await self._handle_batch()
        if self.pull is not None and not self._draining:
            self.pull.take_back_lost_credit()
            room = ROOM - len(self._waiting) - self.pull.credit
            if room >= ROOM // 4 or (room > 0 and self.pull.credit == 0):
                await self.pull.grant(room)
        return timedelta(0) if self._waiting and not self._draining else REST

    async def drain(self) -> None:
        """Take nothing more, and give back what was not begun."""
        self._draining = True
        if self.pull is not None:
            await self.pull.stop()
        while self._waiting:
            await _give_back(self._waiting.popleft(), None)

    async def _handle_batch(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        try:
            async with _kept_alive([*batch, *self._waiting]):
                await self._handle(batch)
        except BaseException:
            # Not theirs: the next step tries them again, before anything that came later.
            self._waiting.extendleft(
                each
                for each in reversed(batch)
                if not each._ackd  # noqa: SLF001 - nats-py has no public word for it
            )
            raise

    async def _handle(self, batch: list[Msg]) -> None:
        good: list[tuple[Msg, Received]] = []
        for message in batch:
            try:
                good.append((message, received_from(message)))
            except ValueError as error:
                if not await bury(message, error):
                    await _give_back(message, 1.0)
        try:
            if good:
                await self._engine.handle([received for _, received in good])
        except Exception as error:
            if is_outage(error):
                raise
            log.exception("handling %d events failed; trying them one by one", len(good))
            for message, received in good:
                await self._handle_alone(message, received)
            return
        for message, _ in good:
            # Without waiting: if it gets lost the event comes again and is known as seen.
            await message.ack()

    async def _handle_alone(self, message: Msg, received: Received) -> None:
        try:
            await self._engine.handle([received])
        except Exception as error:
            if is_outage(error):
                raise
            if is_poison(error) and await bury(message, error):
                return
            log.exception("an event under %s cannot be handled", message.subject)
            await _give_back(message, pause_after(message.metadata.num_delivered or 1))
        else:
            await message.ack()


async def _give_back(message: Msg, delay: float | None) -> None:
    # If even this fails, the stream takes it back by itself after `ack_wait`.
    with contextlib.suppress(Exception):
        if not message._ackd:  # noqa: SLF001 - nats-py has no public word for it
            await message.nak(delay=delay)


@asynccontextmanager
async def _kept_alive(messages: Sequence[Msg]) -> AsyncIterator[None]:
    """Keep what is in hand from being delivered to somebody else while it takes its time."""

    async def say_so() -> None:
        while True:
            await asyncio.sleep(ALIVE_SECONDS)
            for message in messages:
                with contextlib.suppress(Exception):  # without a connection there is nobody to tell
                    if not message._ackd:  # noqa: SLF001 - as above
                        await message.in_progress()

    saying = asyncio.create_task(say_so())
    try:
        yield
    finally:
        saying.cancel()
