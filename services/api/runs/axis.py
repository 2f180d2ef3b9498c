"""Past, present and future of tasks on one axis of time, and the days of a year. Pure.

── past runs ────────── now ┄┄ fires to come ┄┄►
due ░░░░ began ████ ended      ◇    ◇    ◇
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, islice, takewhile
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from services.api.store.axis import BarRow, DayRow, StretchRow
from services.api.store.tasks import TaskRow
from services.api.tasks.upcoming import upcoming
from services.api.wire.problems import Refused
from shared.domain.errors import Problem
from shared.domain.instant import format_instant

#: Tasks on one axis, unless asked for fewer.
MOST_TASKS = 100
#: Runs that are told one by one, of one task and of all together; of a task that has more,
#: stretches of the range are counted.
MOST_BARS = 150
LEAST_BARS = 30
MOST_BARS_OF_ALL = 3_000
STRETCHES = 120
#: Fires to come of one task, and of all together: working them out costs processor time.
MOST_FIRES = 100
MOST_FIRES_OF_ALL = 2_000
LONGEST_DAYS = 92
MOST_DAYS = 800
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Range(NamedTuple):
    """What is shown of the time."""

    earliest: datetime
    latest: datetime
    now: datetime


def range_of(earliest: datetime | None, latest: datetime | None, now: datetime) -> Range:
    """Return the range that is asked for: six hours back and two ahead unless told otherwise.

    Raises:
        Refused: it is none, or too long.
    """
    start = earliest or _moved(latest or now, timedelta(hours=-6))
    end = latest or _moved(max(start, now), timedelta(hours=2))
    if end <= start:
        raise _refusal("timeline.order")
    if end - start > timedelta(days=LONGEST_DAYS):
        raise _refusal("timeline.span")
    return Range(start, end, now)


def _moved(at: datetime, by: timedelta) -> datetime:
    """Return another instant, as far as the years 1 to 9999 reach."""
    try:
        return at + by
    except OverflowError:
        return _LAST if by > timedelta(0) else _FIRST


def _refusal(code: str) -> Refused:
    problem = Problem("/query/to", code, {"limit": LONGEST_DAYS})
    return Refused(400, "query.invalid", problems=[problem])


def bars_per_task(tasks: int) -> int:
    """Return how many runs of each of so many tasks are told one by one."""
    return max(LEAST_BARS, min(MOST_BARS, MOST_BARS_OF_ALL // max(tasks, 1)))


def crowded(bars: Sequence[BarRow], most: int) -> list[UUID]:
    """Return the tasks with more runs in the range than are told one by one."""
    return sorted({bar.task_id for bar in bars if bar.runs > most})


def axis_view(
    shown: Range,
    tasks: Sequence[TaskRow],
    bars: Sequence[BarRow],
    stretches: Sequence[StretchRow],
    in_all: int,
) -> dict[str, Any]:
    """Return the axis: a row per task."""
    of_task = _by_task(bars)
    counted = _by_task(stretches)
    left, most = MOST_FIRES_OF_ALL, bars_per_task(len(tasks))
    rows = []
    for task in tasks:
        fires, more = _fires(task, shown, min(left, MOST_FIRES))
        left -= len(fires)
        rows.append(
            {
                "task_id": str(task.id),
                "task_name": task.definition.name,
                "task_type": task.definition.task_type.value,
                "task_action": task.definition.task_action,
                "enabled": task.definition.enabled,
                "queue": task.definition.policy.queue,
                "runs": [_bar(bar) for bar in of_task.get(task.id, ())[:most]],
                "runs_cut": len(of_task.get(task.id, ())) > most,
                "stretches": [_stretch(row, shown) for row in counted.get(task.id, ())],
                "fires": fires,
                "fires_cut": more,
            }
        )
    return {
        "from": format_instant(shown.earliest),
        "to": format_instant(shown.latest),
        "now": format_instant(shown.now),
        "tasks": rows,
        "tasks_in_all": in_all,
    }


def _by_task(rows: Sequence[Any]) -> Mapping[UUID, list[Any]]:
    ordered = sorted(rows, key=lambda row: row.task_id.int)
    return {task: list(each) for task, each in groupby(ordered, key=attrgetter("task_id"))}


def _fires(task: TaskRow, shown: Range, most: int) -> tuple[list[dict[str, str]], bool]:
    after = max(shown.now, shown.earliest)
    if after >= shown.latest:
        return [], False
    coming = takewhile(
        lambda fire: fire.at < shown.latest,
        upcoming(task.definition, task.id, task.calendars, after),
    )
    found = list(islice(coming, most + 1))
    told = [{"at": format_instant(each.at), "due_at": format_instant(each.due)} for each in found]
    return told[:most], len(found) > most


def _bar(bar: BarRow) -> dict[str, Any]:
    return {
        "run_id": str(bar.run_id),
        "trigger": bar.trigger,
        "status": bar.status,
        "due_at": _instant(bar.due_at),
        "began_at": _instant(bar.began_at),
        "ended_at": _instant(bar.ended_at),
    }


def _stretch(row: StretchRow, shown: Range) -> dict[str, Any]:
    length = (shown.latest - shown.earliest) / STRETCHES
    return {
        "from": format_instant(shown.earliest + (row.place - 1) * length),
        "to": format_instant(shown.earliest + row.place * length),
        "runs": row.runs,
        "failures": row.failures,
        "live": row.live,
    }


def days_between(count: int, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime, date]:
    """Return when the last *count* days of a zone begin and end, and the first of them."""
    today = now.astimezone(zone).date()
    first = today - timedelta(days=count - 1)
    start = datetime(first.year, first.month, first.day, tzinfo=zone)
    return start, now + timedelta(days=1), first


def days_view(rows: Sequence[DayRow], first: date, count: int) -> Iterator[dict[str, Any]]:
    """Yield every day, also those without runs."""
    known = {row.day: row for row in rows}
    for place in range(count):
        day = first + timedelta(days=place)
        row = known.get(day, DayRow(day, 0, 0, 0))
        yield {
            "day": day.isoformat(),
            "runs": row.runs,
            "successes": row.successes,
            "failures": row.failures,
        }


def _instant(at: datetime | None) -> str | None:
    return format_instant(at) if at else None
