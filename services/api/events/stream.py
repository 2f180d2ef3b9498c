"""The stored events, read back from the bus: to try triggers on them, and to replay them.

The server is asked for one page of messages after the other; nothing is kept there for it, nothing
taken away. A look is bounded in events, bytes and time, and says whether it saw all there is.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from nats.aio.client import Client
from nats.errors import Error

from services.api.events.pages import Edge, Kept, Pages, Start
from services.api.wire.problems import Refused
from shared.bus import topology
from shared.bus.middleware import fingerprint
from shared.domain.event import Event, event_from
from shared.domain.trigger_subject import EVERY_EVENT

MOST_BYTES = 32 * 1024 * 1024
SECONDS = 3.0
_PAGE = 500


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
        self._client = client
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
        start: Start,
        pattern: str,
        latest: datetime | None,
        most: int,
        *,
        last: int | None = None,
    ) -> Look:
        until = time.monotonic() + SECONDS
        pages = Pages(self._client, pattern)
        await pages.open()
        try:
            return await _all_of(pages, start, Edge(latest, last), most, until)
        finally:
            with contextlib.suppress(Error, OSError):
                await pages.close()


def _from(sequence: int) -> Start:
    return {"seq": sequence}


def _since(earliest: datetime) -> Start:
    return {"start_time": earliest.astimezone(UTC).isoformat()}


async def _all_of(pages: Pages, start: Start, edge: Edge, most: int, until: float) -> Look:
    look = Look()
    size, left = 0, 1
    while left:
        if time.monotonic() > until or size > MOST_BYTES or look.seen >= most:
            look.complete = False
            break
        page, left = await pages.next(start, min(_PAGE, most - look.seen))
        for message in page:
            if edge.is_passed(message):
                return look
            look.seen += 1
            size += len(message.data)
            look.last = message.place
            look.events += _read_one(message)
            start = _from(message.place + 1)
    return look


def _read_one(message: Kept) -> list[Stored]:
    """Return the event that a message is; none if it is none: the scheduler says why."""
    stored = fingerprint(topology.EVENTS.name, message.place, message.at)
    try:
        event = event_from(
            message.subject,
            message.headers or None,
            message.data,
            message.at,
            fallback_id=stored.removeprefix("dead:"),
        )
    except ValueError:
        return []
    return [Stored(event, message.at, message.place)]


def _unavailable() -> Refused:
    return Refused(503, "events.unavailable", headers={"Retry-After": "2"})
