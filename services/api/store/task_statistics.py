"""How the runs of a task went within windows that end now, and day by day.

The log has when and how long each run was at work (its last attempt); the ledger has when it was
due, and what became of fires that started nothing. Waiting is from due to the first attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection

#: So long after it was due a run is late; as the notifier has it.
LATE_SECONDS = 60
DAYS = 30


class WindowRow(NamedTuple):
    """A window; percentiles are None if nothing ran."""

    since: datetime
    runs: int
    successes: int
    cancelled: int
    percentiles: Sequence[float | None] | None
    wait_p95: float | None
    late: int
    missed: int
    skipped: int


class DayRow(NamedTuple):
    """A day on which something ran."""

    day: date
    runs: int
    successes: int
    cancelled: int
    percentiles: Sequence[float | None]


_WINDOWS = f"""
WITH ended AS MATERIALIZED (
    SELECT started_at, status, duration_seconds FROM log.api_runs
    WHERE task_id = $1 AND final AND started_at > $2::timestamptz - ($3::interval[])[1]
), fires AS MATERIALIZED (
    SELECT o.due_at, o.outcome,
        extract(epoch FROM coalesce(a.started_at, $2) - o.due_at)::float8 AS waited,
        a.run_id IS NOT NULL AS begun, a.run_id IS NOT NULL OR NOT o.settled AS counts
    FROM scheduler.api_occurrences o
    LEFT JOIN log.api_attempts a ON a.run_id = o.run_id AND a.attempt = 1
    WHERE o.task_id = $1 AND o.scheduled_for > $2::timestamptz - ($3::interval[])[1]
)
SELECT w.since, r.runs, r.successes, r.cancelled, r.percentiles,
    f.wait_p95, f.late, f.missed, f.skipped
FROM (SELECT $2::timestamptz - length AS since FROM unnest($3::interval[]) AS l (length)) w
CROSS JOIN LATERAL (
    SELECT count(*) AS runs, count(*) FILTER (WHERE status = 'success') AS successes,
        count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
        percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration_seconds)
            AS percentiles
    FROM ended WHERE started_at > w.since) r
CROSS JOIN LATERAL (
    SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY greatest(waited, 0))
            FILTER (WHERE begun) AS wait_p95,
        count(*) FILTER (WHERE outcome = 'fired' AND counts AND waited > {LATE_SECONDS}) AS late,
        count(*) FILTER (WHERE outcome IN ('missed', 'expired')) AS missed,
        count(*) FILTER (WHERE outcome NOT IN ('fired', 'missed', 'expired', 'cancelled'))
            AS skipped
    FROM fires WHERE due_at > w.since) f
ORDER BY w.since DESC
"""  # noqa: S608 - our own numbers
_DAYS = """
SELECT (started_at AT TIME ZONE $3)::date AS day, count(*),
    count(*) FILTER (WHERE status = 'success'), count(*) FILTER (WHERE status = 'cancelled'),
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY duration_seconds)
FROM log.api_runs
WHERE task_id = $1 AND final AND started_at >= $2 GROUP BY 1 ORDER BY 1
"""


async def windows(
    connection: Connection, task_id: UUID, *, now: datetime, lengths: Sequence[timedelta]
) -> list[WindowRow]:
    """Return a row per window, in the order of *lengths*, of which the last is the longest."""
    rows = await connection.fetch(_WINDOWS, task_id, now, list(lengths)[::-1])
    return [WindowRow(*row.values()) for row in rows]


async def days(
    connection: Connection, task_id: UUID, *, since: datetime, zone: str
) -> list[DayRow]:
    """Return the days of *zone* since an instant on which something ran."""
    rows = await connection.fetch(_DAYS, task_id, since, zone)
    return [DayRow(*row.values()) for row in rows]
