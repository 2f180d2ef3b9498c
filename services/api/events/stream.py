"""The stored events, read back from the bus: to try triggers on them, and to replay them.

Each look has a consumer of its own, which the server forgets soon after. It takes nothing away:
the scheduler's consumer does not notice. A look is bounded in events, bytes and time, and says
whether it saw all there is.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.js import JetStreamContext, api

from services.api.wire.problems import Refused
from shared.bus import topology
from shared.bus.middleware import fingerprint
from shared.domain.event import Event, event_from
from shared.domain.trigger_subject import EVERY_EVENT

MOST_BYTES = 32 * 1024 * 1024
SECONDS = 3.0
_PAGE = 500
#: How long the server remembers a consumer that nobody asks.
_IDLE_SECONDS = 10.0


class Stored(NamedTuple):
    """An event, and when the stream took it: by that moment triggers count."""

    event: Event
    at: datetime
    sequence: int = 0
    """Its place in the stream."""


@dataclass(slots=True)
class Look:
    """What was seen, oldest first."""

    events: list[Stored] = field(default_factory=list)
    complete: bool = True
    """False: there is more than may be looked at."""
    last: int | None = None
    """The place of the last message that was seen, whether it was an event or not."""
    seen: int = 0
    """Messages that were read."""


class Bounds(NamedTuple):
    """The places of the oldest and of the newest message; the first is larger: it is empty."""

    first: int
    last: int


class EventStream(Protocol):
    """Where events are kept for a while."""

    async def newest(self, count: int) -> Look:
        """Return the newest *count* messages, as far as they are events.

        Raises:
            Refused: 503, the bus does not answer.
        """

    async def between(
        self, pattern: str, earliest: datetime, latest: datetime | None, *, most: int
    ) -> Look:
        """Return the events whose subject fits *pattern*, stored from *earliest* until *latest*.

        Raises:
            Refused: 503, the bus does not answer.
        """

    async def after(
        self, pattern: str, earliest: datetime, sequence: int | None, *, most: int
    ) -> Look:
        """Return what came after *sequence*, or since *earliest* if it is None.

        Raises:
            Refused: 503, the bus does not answer.
        """

    async def bounds(self) -> Bounds:
        """Return which places the stream has.

        Raises:
            Refused: 503, the bus does not answer.
        """

    async def span(self, pattern: str, first: int, last: int, *, most: int) -> Look:
        """Return the events whose subject fits *pattern*, from place *first* to *last*.

        Raises:
            Refused: 503, the bus does not answer.
        """

    async def subjects(self, pattern: str) -> Mapping[str, int]:
        """Return how many messages each subject that fits *pattern* has.

        Raises:
            Refused: 503, the bus does not answer.
        """


class NoEvents:
    """Keeps nothing: for an API without a bus."""

    async def newest(self, count: int) -> Look:
        """Refuse."""
        del count
        raise _unavailable()

    async def between(
        self, pattern: str, earliest: datetime, latest: datetime | None, *, most: int
    ) -> Look:
        """Refuse."""
        del pattern, earliest, latest, most
        raise _unavailable()

    async def after(
        self, pattern: str, earliest: datetime, sequence: int | None, *, most: int
    ) -> Look:
        """Refuse."""
        del pattern, earliest, sequence, most
        raise _unavailable()

    async def bounds(self) -> Bounds:
        """Refuse."""
        raise _unavailable()

    async def span(self, pattern: str, first: int, last: int, *, most: int) -> Look:
        """Refuse."""
        del pattern, first, last, most
        raise _unavailable()

    async def subjects(self, pattern: str) -> Mapping[str, int]:
        """Refuse."""
        del pattern
        raise _unavailable()


class BusEvents:
    """The stream EVENTS."""

    def __init__(self, client: Client) -> None:
        self._js = client.jetstream(timeout=SECONDS)

    async def newest(self, count: int) -> Look:
        """Look at the end of the stream."""
        try:
            state = (await self._js.stream_info(topology.EVENTS.name)).state
            first = max(state.last_seq - count + 1, state.first_seq, 1)
            return await self._read(_from(first), EVERY_EVENT, None, count)
        except (Error, OSError) as error:
            raise _unavailable() from error

    async def between(
        self, pattern: str, earliest: datetime, latest: datetime | None, *, most: int
    ) -> Look:
        """Look at a range of the stream."""
        try:
            return await self._read(_since(earliest), pattern, latest, most)
        except (Error, OSError) as error:
            raise _unavailable() from error

    async def after(
        self, pattern: str, earliest: datetime, sequence: int | None, *, most: int
    ) -> Look:
        """Go on with a look that came so far."""
        start = _since(earliest) if sequence is None else _from(sequence + 1)
        try:
            return await self._read(start, pattern, None, most)
        except (Error, OSError) as error:
            raise _unavailable() from error

    async def bounds(self) -> Bounds:
        """Ask the server."""
        try:
            state = (await self._js.stream_info(topology.EVENTS.name)).state
        except (Error, OSError) as error:
            raise _unavailable() from error
        return Bounds(max(state.first_seq, 1), state.last_seq)

    async def span(self, pattern: str, first: int, last: int, *, most: int) -> Look:
        """Look at a range of places."""
        try:
            return await self._read(_from(first), pattern, None, most, last=last)
        except (Error, OSError) as error:
            raise _unavailable() from error

    async def subjects(self, pattern: str) -> Mapping[str, int]:
        """Ask the server, which keeps count."""
        try:
            found = await self._js.stream_info(topology.EVENTS.name, subjects_filter=pattern)
        except (Error, OSError) as error:
            raise _unavailable() from error
        return found.state.subjects or {}

    async def _read(
        self,
        config: api.ConsumerConfig,
        pattern: str,
        latest: datetime | None,
        most: int,
        *,
        last: int | None = None,
    ) -> Look:
        config.ack_policy = api.AckPolicy.NONE
        config.mem_storage = True
        config.inactive_threshold = _IDLE_SECONDS
        until = time.monotonic() + SECONDS
        subscription = await self._js.pull_subscribe(
            pattern, stream=topology.EVENTS.name, config=config
        )
        try:
            return await _all_of(subscription, latest, last, most, until)
        finally:
            with contextlib.suppress(Error, OSError):
                await subscription.unsubscribe()


def _from(sequence: int) -> api.ConsumerConfig:
    return api.ConsumerConfig(
        deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=sequence
    )


def _since(earliest: datetime) -> api.ConsumerConfig:
    return api.ConsumerConfig(
        deliver_policy=api.DeliverPolicy.BY_START_TIME, opt_start_time=earliest
    )


async def _all_of(
    subscription: JetStreamContext.PullSubscription,
    latest: datetime | None,
    last: int | None,
    most: int,
    until: float,
) -> Look:
    look = Look()
    size = 0
    left = (await subscription.consumer_info()).num_pending or 0
    while left:
        if time.monotonic() > until or size > MOST_BYTES or look.seen >= most:
            look.complete = False
            break
        try:
            page = await subscription.fetch(min(_PAGE, left, most - look.seen), timeout=1)
        except TimeoutError:
            continue
        for message in page:
            place = message.metadata.sequence.stream
            if latest is not None and message.metadata.timestamp >= latest:
                return look
            if last is not None and place > last:
                return look
            look.seen += 1
            size += len(message.data)
            look.last = place
            look.events += _read_one(message)
        left = page[-1].metadata.num_pending
    return look


def _read_one(message: Msg) -> list[Stored]:
    """Return the event that a message is; none if it is none: the scheduler says why."""
    metadata = message.metadata
    stored = fingerprint(metadata.stream, metadata.sequence.stream, metadata.timestamp)
    try:
        event = event_from(
            message.subject,
            message.headers,
            message.data,
            metadata.timestamp,
            fallback_id=stored.removeprefix("dead:"),
        )
    except ValueError:
        return []
    return [Stored(event, metadata.timestamp, metadata.sequence.stream)]


def _unavailable() -> Refused:
    return Refused(503, "events.unavailable", headers={"Retry-After": "2"})
