"""What should have fired, worked out a second time, and what people are told if it did not.

Pure. The scheduler keeps the ledger; this looks at the ledger from outside, with the schedule and
the task as the API has them. It shares the reading of schedules with the scheduler, and nothing of
how fires are found, claimed and written down.

    a fire is missing ──► silent, said once ─┬─► more are missing: counted
                                             ├─► it, or a later one, is entered: resumed, said once
                                             └─► the task was changed or switched off: over
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from shared.bus import topology
from shared.bus.publisher import Outgoing
from shared.domain.errors import InvalidDefinition
from shared.domain.instant import format_instant
from shared.domain.occurrence import fire_id
from shared.domain.schedule import Schedule, next_fire, parse_schedule

#: A fire has so long to get into the ledger, and a run to start, before anybody is told.
GRACE = timedelta(seconds=60)
#: Fires of one task that one look takes in: five minutes of one every second.
MOST_FIRES = 300
SOURCE = "automation"
SILENT, RESUMED = "schedule.silent", "schedule.resumed"
LATE, MISSED = "schedule.late", "schedule.missed"
TRIGGER = "schedule"


class Task(NamedTuple):
    """A task that should fire by itself."""

    id: UUID
    name: str
    schedule: str
    """JSON."""
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """What was due after `start`, up to and including `end`."""

    start: datetime
    end: datetime


class Finding(NamedTuple):
    """Something about a task's fires that somebody should know: one or several in a row."""

    kind: str
    task_id: UUID
    name: str
    scheduled_for: datetime
    """The first of them."""
    fires: int
    """How many."""
    more: Mapping[str, Any]


def expected(task: Task, window: Window) -> list[datetime]:
    """Return the nominal times at which *task* should have fired by the end of *window*.

    A fire with jitter is due within it; we wait for its end. What came before the last edit belongs
    to a version of the task that is gone.
    """
    schedule = _schedule(task.schedule)
    if schedule is None:
        return []
    after = max(window.start - schedule.jitter, task.updated_at)
    found: list[datetime] = []
    while len(found) < MOST_FIRES:
        fire = next_fire(schedule, after)
        if fire is None or fire.at > window.end - schedule.jitter:
            break
        found.append(fire.at)
        after = fire.at
    return found


class Silence(NamedTuple):
    """A task whose schedule nobody fires, from the first fire that is missing."""

    run_id: UUID
    """That the first of them would have had."""
    task_id: UUID
    since: datetime
    last: datetime
    fires: int


def silence_of(task: Task, missing: Sequence[datetime]) -> Silence:
    """Return what is to be remembered of fires that are not in the ledger."""
    run_id = fire_id(task.id, missing[0])
    return Silence(run_id, task.id, missing[0], missing[-1], len(missing))


def began(silence: Silence, name: str) -> Finding:
    """Return what is to be said of a silence when it is noticed."""
    more = {"last": format_instant(silence.last)}
    return Finding(SILENT, silence.task_id, name, silence.since, silence.fires, more)


def ended(silence: Silence, name: str) -> Finding:
    """Return what is to be said when the schedule goes on."""
    more = {"last": format_instant(silence.last)}
    return Finding(RESUMED, silence.task_id, name, silence.since, silence.fires, more)


def spoken(findings: Iterable[Finding], now: datetime) -> list[Outgoing]:
    """Return *findings* as events; the same finding has the same id."""
    return [_event(finding, now) for finding in findings]


def _event(finding: Finding, now: datetime) -> Outgoing:
    at = format_instant(finding.scheduled_for)
    identity = f"{finding.kind}|{finding.task_id}|{at}"
    event = {
        "specversion": "1.0",
        "id": identity,
        "source": SOURCE,
        "type": finding.kind,
        "time": format_instant(now),
        "data": {
            "task_id": str(finding.task_id),
            "task_name": finding.name,
            "scheduled_for": at,
            "count": finding.fires,
            **finding.more,
        },
    }
    payload = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
    return Outgoing(topology.event_said(SOURCE, finding.kind), payload, identity)


@lru_cache(maxsize=20_000)
def _schedule(text: str) -> Schedule | None:
    try:
        return parse_schedule(json.loads(text))
    except InvalidDefinition:  # stored under older rules: the scheduler says so
        return None
