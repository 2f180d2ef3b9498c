"""The fires of a task to come, as the scheduler will treat them: jitter and blackouts. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from services.api.tasks.definition import Definition, schedule_of
from shared.domain.blackout import FARTHEST, Calendar, Interval, covering_any, parse_calendar
from shared.domain.errors import InvalidDefinition
from shared.domain.schedule import Fire, Schedule, due_at, next_fire

#: Blackouts in a row that are looked behind; a schedule that finds no gap in so many is given up.
_MOST_BLACKOUTS = 100
_MICROSECOND = timedelta(microseconds=1)


class Coming(NamedTuple):
    """A fire: its nominal time, when it is to start, and a note for people."""

    at: datetime
    due: datetime
    note: str | None
    params: Mapping[str, object]


class Dark(NamedTuple):
    """A blackout in which fires fall; the one that runs at its end, if any, comes by itself."""

    start: datetime
    end: datetime
    first: datetime
    """The nominal time of the first fire in it."""


@lru_cache(maxsize=1_000)
def read_calendar(spec: str) -> Calendar | None:
    """Return the calendar that is stored as *spec*; None if it cannot be read any more."""
    try:
        return parse_calendar(json.loads(spec))
    except InvalidDefinition:  # saved under older rules: never breaks a read
        return None


def upcoming(
    task: Definition, task_id: UUID, calendars: Sequence[Calendar], after: datetime
) -> Iterator[Coming]:
    """Yield the fires of *task* strictly after an instant, without those that a blackout skips.

    *calendars* are those that the task names.
    """
    schedule = schedule_of(task) if task.enabled else None
    blackout = task.policy.blackout
    if schedule is None:
        return
    at_end = blackout is not None and blackout.on_blackout == "run_at_end"
    for_blackout = calendars if blackout is not None else ()
    for each in course(schedule, task_id, for_blackout, after, at_end=at_end):
        if isinstance(each, Coming):
            yield each


def course(
    schedule: Schedule,
    task_id: UUID | None,
    calendars: Sequence[Calendar],
    after: datetime,
    *,
    at_end: bool,
) -> Iterator[Coming | Dark]:
    """Yield the fires of a schedule strictly after an instant, and the blackouts between them.

    The jitter of a task that is not there yet cannot be drawn: without an id fires start when they
    are due by name.
    """
    left = _MOST_BLACKOUTS
    while left and (fire := next_fire(schedule, after)) is not None:
        due = _due(schedule, task_id, fire.at)
        dark = covering_any(calendars, due) if calendars else None
        if dark is None:
            after, left = fire.at, _MOST_BLACKOUTS
            yield Coming(fire.at, due, fire.note, fire.params)
            continue
        left -= 1
        yield Dark(*dark, fire.at)
        if dark[1] - due >= FARTHEST:  # it never opens, as far as anybody can see
            return
        after = max(fire.at, dark[1] - schedule.jitter - _MICROSECOND)
        if at_end:
            last = _last_in(schedule, fire, dark)
            if _due(schedule, task_id, last.at) < dark[1]:
                after, left = max(after, last.at), _MOST_BLACKOUTS
                yield Coming(last.at, dark[1], last.note, last.params)


def _due(schedule: Schedule, task_id: UUID | None, at: datetime) -> datetime:
    return at if task_id is None else due_at(schedule, str(task_id), at)


def _last_in(schedule: Schedule, first: Fire, dark: Interval) -> Fire:
    """Return the last fire from *first* on whose nominal time lies before the end of *dark*."""
    until = dark[1] - _MICROSECOND
    span = timedelta(seconds=1)
    while True:  # looks back twice as far each time, so that neither seconds nor months are many
        start = max(first.at, until - span)
        found = first if start == first.at else None
        fire = next_fire(schedule, start)
        while fire is not None and fire.at <= until:
            found = fire
            fire = next_fire(schedule, fire.at)
        if found is not None:
            return found
        span *= 2
