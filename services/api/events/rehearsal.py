"""What a trigger would make of events: clause by clause, and how often it would have fired.

Conditions are asked elsewhere (`shared.runtime.conditions`). What matches runs through the same
machines as in the scheduler (`shared.domain.triggering`), with nothing remembered from before.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.api.events.stream import Stored
from shared.domain.event import Event
from shared.domain.instant import format_instant
from shared.domain.occurrence import Outcome
from shared.domain.trigger import Trigger
from shared.domain.trigger_subject import subject_matches
from shared.domain.trigger_template import MISSING, value_at
from shared.domain.triggering.flow import LONGEST_CHAIN, is_loop
from shared.domain.triggering.records import Firing, Watched
from shared.domain.triggering.rehearsal import rehearsed
from shared.runtime.conditions import Answer, Asked, Conditions, names_in

#: Events whose conditions are asked at once.
_PAGE = 500
_SHOWN = 200  # characters of a value
#: How a condition reads what is not among the fields of the data.
_OF_EVENT = re.compile(r"(?<![\w.'\"])event(?:\.[A-Za-z_]\w*)+(?!\w*\()")
#: A rehearsal that takes longer ends where it is.
_SECONDS = 2.0
#: For so long nobody else has the processor.
_SLICE_SECONDS = 0.01


class Played(NamedTuple):
    """What a trigger would have fired; of events that were not reached nothing is known."""

    firings: list[Firing]
    complete: bool


def is_heard(trigger: Trigger, event: Event) -> bool:
    """Return whether *event* gets as far as the condition."""
    return subject_matches(trigger.subject, event.subject) and trigger.takes_type(event.type)


async def answers(
    conditions: Conditions, trigger: Trigger, events: Sequence[Event]
) -> list[Answer]:
    """Return for each event whether the condition holds."""
    if trigger.condition is None:
        return [Answer(holds=True)] * len(events)
    found: list[Answer] = []
    for start in range(0, len(events), _PAGE):
        page = [Asked(trigger.condition, each.as_json()) for each in events[start : start + _PAGE]]
        found += await conditions.evaluate(page)
    return found


async def matching(
    conditions: Conditions, trigger: Trigger, stored: Sequence[Stored], task_id: UUID
) -> list[Stored]:
    """Return the events that match, each once however often it is stored."""
    heard: dict[str, Stored] = {}
    for each in stored:
        if is_heard(trigger, each.event) and not is_loop(each.event, task_id):
            heard.setdefault(each.event.key, each)
    candidates = list(heard.values())
    held = await answers(conditions, trigger, [each.event for each in candidates])
    return [each for each, answer in zip(candidates, held, strict=True) if answer.holds]


async def played(
    watched: Watched, matches: Sequence[Stored], since: datetime, until: datetime
) -> Played:
    """Return what a trigger fires if *matches* are all that it hears in this time.

    What its rate limit drops is no firing; what its throttle delays is one.
    """
    found: list[Firing] = []
    begun = paused = time.monotonic()
    heard = ((each.event, each.at) for each in matches)
    for firings in rehearsed(watched, heard, since, until):
        found += (each for each in firings if each.outcome is Outcome.FIRED)
        now = time.monotonic()
        if now - begun > _SECONDS:
            return Played(found, complete=False)
        if now - paused > _SLICE_SECONDS:
            await asyncio.sleep(0)
            paused = time.monotonic()
    return Played(found, complete=True)


def explain(trigger: Trigger, event: Event, answer: Answer, task_id: UUID) -> dict[str, Any]:
    """Return what each clause of *trigger* says to *event*, with the values seen."""
    heard = subject_matches(trigger.subject, event.subject)
    clauses = [_clause("subject", heard, trigger.subject, event.subject)]
    if trigger.type is not None:
        clauses.append(_clause("type", trigger.takes_type(event.type), trigger.type, event.type))
    if trigger.condition is not None:
        clause = _clause(
            "condition", answer.holds, trigger.condition, seen_by(trigger.condition, event)
        )
        clauses.append({**clause, "code": answer.code, "detail": answer.detail or None})
    if is_loop(event, task_id):
        causes = [str(each) for each in event.causes[:LONGEST_CHAIN]]
        clauses.append(_clause("loop", False, None, causes))  # noqa: FBT003 - it never matches
    return {
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": format_instant(event.time),
        "matches": all(clause["matches"] for clause in clauses),
        "clauses": clauses,
    }


def seen_by(condition: str, event: Event) -> dict[str, Any]:
    """Return what *condition* looks at, as the event has it, long values cut.

    Fields of the data by their names, other parts of the event by their paths.
    """
    data = event.data if isinstance(event.data, Mapping) else {}
    seen = {name: _shown(data[name]) for name in names_in(condition) if name in data}
    document = event.as_json()
    for path in _OF_EVENT.findall(condition):
        value = value_at(document, tuple(path.split(".")[1:]))
        if value is not MISSING:
            seen[path] = _shown(value)
    return seen


def _shown(value: object) -> object:
    text = json.dumps(value, ensure_ascii=False)
    return value if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _clause(name: str, matches: bool, wanted: object, seen: object) -> dict[str, Any]:  # noqa: FBT001 - see its callers
    return {
        "clause": name,
        "matches": matches,
        "wanted": wanted,
        "seen": seen,
        "code": None,
        "detail": None,
    }
