"""The events that the stream has kept: the newest, one by one, and what kinds there are."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response

from services.api.access.auth import closed_router
from services.api.documented.events import EventKinds, StoredEvent, StoredEvents
from services.api.events.fields import fields_of
from services.api.events.recent import (
    Filter,
    Page,
    Wanted,
    counted,
    event_view,
    page_before,
    ranked,
)
from services.api.events.subjects import pattern_in_query
from services.api.parts import ApiParts, Parts
from services.api.routes.caller import BASE, Cursor
from services.api.wire.answers import json_answer
from services.api.wire.cursor import read_number_cursor, write_cursor
from shared.domain.errors import NotFound
from shared.domain.instant import format_instant
from shared.domain.trigger_subject import EVERY_EVENT

router = closed_router(f"{BASE}/events")

#: Events from which the kinds are told.
_KINDS_FROM = 1_000
_MOST_SUBJECTS = 200
_MOST_NAMES = 100
#: Messages that one answer to `after` reads.
_MOST_AFTER = 2_000
_LONGEST = 256
#: What is none has no event.
_PLACE = re.compile(r"[0-9]{1,18}", re.ASCII)

Text = Annotated[str, Query(max_length=_LONGEST)]
Subject = Annotated[
    str,
    Query(max_length=_LONGEST, description="A subject, perhaps with * and >: event.shop.>"),
]


@router.get("/recent", response_model=StoredEvents)
async def list_recent_events(
    *,
    parts: Parts,
    subject: Subject = "",
    source: Text = "",
    type: Annotated[  # noqa: A002 - the attribute's name
        str, Query(max_length=_LONGEST, description="Exact, or with one * at its end.")
    ] = "",
    q: Annotated[str, Query(max_length=_LONGEST, description="A text anywhere in it.")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = "",
    after: Annotated[
        int | None,
        Query(ge=0, description="Only what came after this place: for a reader who follows."),
    ] = None,
) -> Response:
    """List the stored events, newest first; with `after`, what has come since.

    Events are kept for three days. A page may be shorter than `limit` though `next` tells of more:
    a look back ends after so many events.
    """
    pattern = pattern_in_query(subject)
    wanted = Filter(source, type, q).takes
    if after is not None:
        return await _newer(parts, pattern, wanted, after, limit)
    before = read_number_cursor(cursor) if cursor else None
    last = (await parts.events.bounds()).last if before is None else None
    page = await page_before(parts.events, pattern, wanted, before, limit)
    return _page_answer(page, last, complete=True)


async def _newer(parts: ApiParts, pattern: str, wanted: Wanted, after: int, limit: int) -> Response:
    bounds = await parts.events.bounds()
    if after > bounds.last:
        # The stream was made anew, and counts from one again.
        after = 0
    beginning = datetime(1970, 1, 1, tzinfo=UTC)
    look = await parts.events.after(pattern, beginning, after, most=_MOST_AFTER)
    last = bounds.last if look.complete else look.last
    found = [each for each in reversed(look.events) if wanted(each.event)]
    whole = look.complete and len(found) <= limit
    return _page_answer(Page(found[:limit], None), last, complete=whole)


def _page_answer(page: Page, last: int | None, *, complete: bool) -> Response:
    return json_answer(
        {
            "items": [event_view(each) for each in page.events],
            "next": None if page.before is None else write_cursor(page.before),
            "last": last,
            "complete": complete,
        }
    ).response()


@router.get("/kinds", response_model=EventKinds)
async def list_event_kinds(parts: Parts, subject: Subject = "") -> Response:
    """Tell which subjects, sources, types and fields events have had lately."""
    pattern = pattern_in_query(subject)
    subjects = await parts.events.subjects(pattern)
    page = await page_before(parts.events, pattern, lambda _: True, None, _KINDS_FROM)
    events = [each.event for each in page.events]
    oldest = page.events[-1].at if page.events else None
    return json_answer(
        {
            "subjects": ranked(subjects, _MOST_SUBJECTS),
            "sources": counted([each.source for each in events], _MOST_NAMES),
            "types": counted([each.type for each in events], _MOST_NAMES),
            "fields": fields_of(events),
            "events": len(events),
            "oldest": None if oldest is None else format_instant(oldest),
        }
    ).response()


@router.get("/{sequence}", response_model=StoredEvent)
async def get_event(
    parts: Parts, sequence: Annotated[str, Path(json_schema_extra={"format": "int64"})]
) -> Response:
    """Read one stored event, whole, by its place in the stream."""
    place = int(sequence) if _PLACE.fullmatch(sequence) else 0
    look = await parts.events.span(EVERY_EVENT, max(place, 1), max(place, 1), most=1)
    if not look.events or look.events[0].sequence != place:
        raise NotFound("event", sequence)
    return json_answer(event_view(look.events[0], whole=True)).response()
