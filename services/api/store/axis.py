"""Runs along an axis of time: a bounded number per task, or counted in stretches; and by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from services.api.store.run_lines import escaped
from shared.db.pool import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which tasks are on the axis; None means any."""

    task_id: UUID | None = None
    queue: str | None = None
    text: str | None = None
    """Text in the name."""


class BarRow(NamedTuple):
    """A run on the axis."""

    task_id: UUID
    run_id: UUID
    trigger: str
    status: str
    due_at: datetime | None
    began_at: datetime | None
    ended_at: datetime | None
    runs: int
    """How many the task has in the range, up to one more than are told."""


class StretchRow(NamedTuple):
    """Runs of a task that began within one stretch of the range."""

    task_id: UUID
    place: int
    runs: int
    failures: int
    live: int


class DayRow(NamedTuple):
    """How the runs that began on a day ended."""

    day: date
    runs: int
    successes: int
    failures: int


_WHERE = """
WHERE ($1::uuid IS NULL OR t.id = $1) AND ($2::text IS NULL OR t.name ILIKE $2)
  AND ($3::text IS NULL OR coalesce(t.policy ->> 'queue', 'default') = $3)
"""
# Those where something happened last come first.
_TASKS = f"""
SELECT t.id, count(*) OVER () AS tasks FROM api.tasks t
LEFT JOIN log.api_task_statistics s ON s.task_id = t.id
{_WHERE} ORDER BY s.last_run_at DESC NULLS LAST, t.enabled DESC, t.seq DESC LIMIT $4
"""  # noqa: S608 - our own words
# A run that began a day before the range may reach into it; one that takes longer is live or rare.
_BARS = """
SELECT u.task_id, bar.* FROM unnest($1::uuid[]) AS u (task_id), LATERAL (
    SELECT reach.*, count(*) OVER () FROM (
        (SELECT r.run_id, r.trigger, r.status, o.due_at,
            coalesce(first.started_at, r.started_at) AS began_at, r.completed_at
         FROM log.api_runs r
         LEFT JOIN scheduler.api_occurrences o ON o.run_id = r.run_id
         LEFT JOIN log.api_attempts first ON first.run_id = r.run_id AND first.attempt = 1
         WHERE r.task_id = u.task_id AND r.started_at < $3
           AND r.started_at >= $2::timestamptz - interval '1 day'
           AND coalesce(r.completed_at, 'infinity') >= $2
         ORDER BY r.started_at DESC, r.run_id LIMIT $4)
        UNION ALL
        (SELECT o.run_id, o.trigger, 'waiting', o.due_at, NULL, NULL
         FROM scheduler.api_occurrences o
         WHERE o.task_id = u.task_id AND NOT o.settled AND o.outcome = 'fired' AND o.due_at < $3
           AND NOT EXISTS (SELECT FROM log.api_runs r WHERE r.run_id = o.run_id OFFSET 0)
         ORDER BY o.due_at DESC LIMIT $4)) AS reach
    LIMIT $4) AS bar
"""
_STRETCHES = """
SELECT r.task_id, least($4, 1 + floor($4 * extract(epoch FROM r.started_at - $2::timestamptz)
        / extract(epoch FROM $3::timestamptz - $2::timestamptz)))::int AS place,
    count(*), count(*) FILTER (WHERE r.final AND r.status NOT IN ('success', 'cancelled')),
    count(*) FILTER (WHERE NOT r.final)
FROM log.api_runs r WHERE r.task_id = ANY($1::uuid[]) AND r.started_at >= $2 AND r.started_at < $3
GROUP BY 1, 2 ORDER BY 1, 2
"""
_DAYS = """
SELECT (r.started_at AT TIME ZONE $3)::date, count(*),
    count(*) FILTER (WHERE r.status = 'success'),
    count(*) FILTER (WHERE r.status NOT IN ('success', 'cancelled'))
FROM log.api_runs r WHERE r.final AND r.started_at >= $1 AND r.started_at < $2{task}
GROUP BY 1 ORDER BY 1
"""
_DAYS_OF_ALL = _DAYS.format(task="")
_DAYS_OF_TASK = _DAYS.format(task=" AND r.task_id = $4")


async def tasks_on_axis(
    connection: Connection, choice: Choice, limit: int
) -> tuple[list[UUID], int]:
    """Return the tasks that are shown, and how many there are in all."""
    like = f"%{escaped(choice.text)}%" if choice.text else None
    rows = await connection.fetch(_TASKS, choice.task_id, like, choice.queue, limit)
    return [row["id"] for row in rows], rows[0]["tasks"] if rows else 0


async def bars(
    connection: Connection,
    task_ids: Sequence[UUID],
    earliest: datetime,
    latest: datetime,
    limit: int,
) -> list[BarRow]:
    """Return the newest runs of each task that reach into a range, *limit* of each at most."""
    rows = await connection.fetch(_BARS, list(task_ids), earliest, latest, limit)
    return [BarRow(*row.values()) for row in rows]


async def stretches(
    connection: Connection,
    task_ids: Sequence[UUID],
    earliest: datetime,
    latest: datetime,
    count: int,
) -> list[StretchRow]:
    """Return how many runs of each task began in each of *count* stretches of a range."""
    if not task_ids:
        return []
    rows = await connection.fetch(_STRETCHES, list(task_ids), earliest, latest, count)
    return [StretchRow(*row.values()) for row in rows]


async def days(
    connection: Connection,
    earliest: datetime,
    latest: datetime,
    zone: str,
    task_id: UUID | None,
) -> list[DayRow]:
    """Return how the runs ended that began in a range, by the days of a time zone."""
    if task_id is None:
        rows = await connection.fetch(_DAYS_OF_ALL, earliest, latest, zone)
    else:
        rows = await connection.fetch(_DAYS_OF_TASK, earliest, latest, zone, task_id)
    return [DayRow(*row.values()) for row in rows]
