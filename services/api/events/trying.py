"""What a trigger would make of events: of one given, of the last ones, of the last hours.

What both rehearsals share, that of a task's trigger and that of one which no task has yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID, uuid4

import pydantic

from services.api.events.condition_parts import Part, parts_of
from services.api.events.fields import fields_of
from services.api.events.intake import read_one
from services.api.events.recent import page_before, shown_data
from services.api.events.rehearsal import answers, explain, matching, played, seen_by
from services.api.events.stream import Look
from services.api.parts import ApiParts
from services.api.tasks.trigger_check import read_trigger
from services.api.wire.problems import Refused, refuse_fields
from services.api.wire.shape import problems_of
from services.api.wire.strict_model import Strict
from shared.bus import topology
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.event import Event, event_from
from shared.domain.instant import format_instant
from shared.domain.trigger import Trigger
from shared.domain.triggering.records import Firing, Watched
from shared.runtime.conditions import Answer, Asked, Conditions, compile_check

#: Events looked at for one answer.
MOST_TRIED = 10_000
#: Events of which every part of a condition is told.
MOST_PARTED = 100
MOST_FIRINGS_TOLD = 100

M = TypeVar("M", bound=Strict)


class Window(NamedTuple):
    """What a trigger makes of the events of some time up to now."""

    look: Look
    complete: bool
    matches: int
    firings: list[Firing]


def read_wish(model: type[M], document: Mapping[str, Any]) -> M:
    """Return what a caller sent.

    Raises:
        Refused: 422, it does not fit.
    """
    try:
        return model.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None


def trigger_of(config: Mapping[str, Any]) -> Trigger:
    """Return the trigger that a caller gave.

    Raises:
        Refused: 422, it means nothing.
    """
    if not config:
        raise refuse_fields([Problem("/trigger_config", "trigger.no_trigger")])
    try:
        return read_trigger(config)
    except InvalidDefinition as error:
        raise refuse_fields([each.under("/trigger_config") for each in error.problems]) from None


async def events_to_try(
    parts: ApiParts, event: Mapping[str, Any] | None, last: int | None, now: datetime
) -> list[Event]:
    """Return the event that was given, or the newest that are stored, newest first.

    Raises:
        Refused: 422, not exactly one of both was given; 503, the bus does not answer.
    """
    _refuse_both(event, last)
    if last is not None:
        return [stored.event for stored in (await parts.events.newest(last)).events][::-1]
    return [_given(event, now)]


async def heard_to_try(
    parts: ApiParts,
    trigger: Trigger,
    event: Mapping[str, Any] | None,
    last: int | None,
    now: datetime,
) -> list[Event]:
    """Return the event that was given, or the newest whose subject *trigger* listens to.

    Raises:
        Refused: 422, not exactly one of both was given; 503, the bus does not answer.
    """
    _refuse_both(event, last)
    if last is None:
        return [_given(event, now)]
    page = await page_before(parts.events, trigger.subject, lambda _: True, None, last)
    return [stored.event for stored in page.events]


def _refuse_both(event: Mapping[str, Any] | None, last: int | None) -> None:
    if (event is None) == (last is None):
        raise refuse_fields([Problem("", "trigger.one_of")])


def _given(event: Mapping[str, Any] | None, now: datetime) -> Event:
    taken, problems = read_one(event, "/event", now, lambda: str(uuid4()), ours_too=True)
    if taken is None:
        raise refuse_fields(problems)
    subject = topology.event_said(taken.source, taken.type)
    return event_from(subject, None, taken.payload, now)


async def tried(
    conditions: Conditions, trigger: Trigger, events: Sequence[Event], task_id: UUID
) -> list[dict[str, Any]]:
    """Return what each clause says to each event, and each part of the condition to the first."""
    held = await answers(conditions, trigger, events)
    shown = [
        explain(trigger, event, answer, task_id) for event, answer in zip(events, held, strict=True)
    ]
    for event, each in zip(events, shown, strict=True):
        each.update(shown_data(event))
        for clause in each["clauses"]:
            clause["parts"] = []
    parted = parts_of(trigger.condition or "")
    # A part that is no condition by itself (a list, a number) leaves the whole untold.
    if parted and not any(compile_check(part.text) for part in parted):
        await _tell_parts(conditions, parted, events[:MOST_PARTED], shown)
    return shown


async def window_of(
    parts: ApiParts, trigger: Trigger, task_id: UUID, now: datetime, hours: int
) -> Window | None:
    """Return what *trigger* makes of the last *hours*; None: events cannot be read."""
    since = now - timedelta(hours=hours)
    try:
        look = await parts.events.between(trigger.subject, since, None, most=MOST_TRIED)
    except Refused:
        return None
    matches = await matching(parts.conditions, trigger, look.events, task_id)
    would = await played(Watched(task_id, 1, trigger), matches, since, now)
    return Window(look, look.complete and would.complete, len(matches), would.firings)


def window_view(window: Window | None) -> dict[str, Any] | None:
    """Return the figures of a window."""
    if window is None:
        return None
    return {
        "events": len(window.look.events),
        "complete": window.complete,
        "matches": window.matches,
        "would_have_fired": len(window.firings),
    }


def fields_view(window: Window | None, events: Sequence[Event]) -> list[dict[str, Any]]:
    """Return which fields the events have that a trigger hears."""
    heard = [stored.event for stored in window.look.events] if window else []
    return fields_of(heard or events)


def fired_at_view(window: Window | None) -> list[str]:
    """Return when a trigger would have fired, the latest first."""
    moments = sorted((each.at for each in window.firings), reverse=True) if window else []
    return [format_instant(each) for each in moments[:MOST_FIRINGS_TOLD]]


async def _tell_parts(
    conditions: Conditions,
    parted: Sequence[Part],
    events: Sequence[Event],
    shown: Sequence[dict[str, Any]],
) -> None:
    for event, each in zip(events, shown, strict=False):
        document = event.as_json()
        held = await conditions.evaluate([Asked(part.text, document) for part in parted])
        clause = next(one for one in each["clauses"] if one["clause"] == "condition")
        clause["parts"] = [
            _part_view(part, event, answer) for part, answer in zip(parted, held, strict=True)
        ]


def _part_view(part: Part, event: Event, answer: Answer) -> dict[str, Any]:
    return {
        "group": part.group,
        "text": part.text,
        "matches": answer.holds,
        "seen": seen_by(part.text, event),
        "code": answer.code,
        "detail": answer.detail or None,
    }
