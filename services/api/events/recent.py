"""The newest stored events, page by page into the past.

A stream can only be read forwards. So a page is looked for in windows that end where the page
before began, each wider than the last while little is found: a rare event far back costs few
looks, a common one near the end costs a short one. A page may be shorter than asked for: a look
ends after so many messages or seconds, and says where the next one begins.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from services.api.events.stream import EventStream, Stored
from shared.domain.event import Event
from shared.domain.instant import format_instant

#: Messages that one page costs at most.
MOST_READ = 20_000
#: A window never holds more messages than one look may read.
MOST_OF_WINDOW = 5_000
SECONDS = 3.0
#: Of the data of an event in a list; the whole is read one by one.
MOST_SHOWN_BYTES = 8 * 1024

_FIRST_WINDOW = 500
_LEAST_WINDOW = 64
_GROWTH = 4

Wanted = Callable[[Event], bool]


class Page(NamedTuple):
    """Events, newest first."""

    events: list[Stored]
    before: int | None
    """Where the next page begins; None: nothing older is stored."""


class Filter(NamedTuple):
    """Which events are wanted, besides those of a subject."""

    source: str = ""
    type: str = ""
    """Exact, or with one `*` at its end."""
    text: str = ""
    """Anywhere in the event, in any case."""

    def takes(self, event: Event) -> bool:
        """Return whether *event* is wanted."""
        if self.source and event.source != self.source:
            return False
        if self.type and not _is_of(self.type, event.type):
            return False
        return not self.text or self.text.lower() in _spelled(event).lower()


async def page_before(
    stream: EventStream, pattern: str, wanted: Wanted, before: int | None, count: int
) -> Page:
    """Return the newest *count* events that are wanted, stored before the place *before*.

    Raises:
        Refused: 503, the bus does not answer.
    """
    first, last = await stream.bounds()
    high = last if before is None else min(before - 1, last)
    window, read = _FIRST_WINDOW, 0
    found: list[Stored] = []
    until = time.monotonic() + SECONDS
    while high >= first and len(found) <= count and read < MOST_READ and time.monotonic() < until:
        low = max(first, high - window + 1)
        look = await stream.span(pattern, low, high, most=MOST_OF_WINDOW)
        read += look.seen
        if not look.complete and window > _LEAST_WINDOW:
            # What is missing is the newest: look again at fewer.
            window = max(window // (2 * _GROWTH), _LEAST_WINDOW)
            continue
        found += [each for each in reversed(look.events) if wanted(each.event)]
        high = low - 1
        window *= _GROWTH
    shown = found[:count]
    if len(found) > count:
        return Page(shown, shown[-1].sequence)
    return Page(shown, high + 1 if high >= first else None)


def event_view(stored: Stored, *, whole: bool = False) -> dict[str, Any]:
    """Return a stored event as a caller sees it; data that are large only if *whole*."""
    event = stored.event
    return {
        "sequence": stored.sequence,
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": format_instant(event.time),
        "stored_at": format_instant(stored.at),
        **shown_data(event, whole=whole),
        "attributes": dict(event.attributes),
        "causes": [str(each) for each in event.causes],
    }


def shown_data(event: Event, *, whole: bool = False) -> dict[str, Any]:
    """Return the data of an event, and whether they are left out because they are large."""
    text = json.dumps(event.data, ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode())
    is_cut = size > MOST_SHOWN_BYTES and not whole
    return {"data": None if is_cut else event.data, "data_bytes": size, "data_cut": is_cut}


def counted(values: Sequence[str], most: int) -> list[dict[str, Any]]:
    """Return the *most* frequent of *values*, the most frequent first."""
    counts: dict[str, int] = {}
    for each in values:
        counts[each] = counts.get(each, 0) + 1
    return ranked(counts, most)


def ranked(counts: Mapping[str, int], most: int) -> list[dict[str, Any]]:
    """Return the *most* frequent names, the most frequent first."""
    order = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [{"name": name, "count": count} for name, count in order[:most]]


def _is_of(wanted: str, kind: str) -> bool:
    return kind.startswith(wanted[:-1]) if wanted.endswith("*") else kind == wanted


def _spelled(event: Event) -> str:
    return json.dumps(event.as_json(), ensure_ascii=False)
