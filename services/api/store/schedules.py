"""What the database knows that matters to whoever writes a schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.api.tasks.upcoming import read_calendar
from shared.db.pool import Connection
from shared.domain.blackout import Calendar

#: Runs from which is told how long one takes.
MOST_RUNS = 50

# Newest first, by the index of the task's runs; what ended long ago says little.
_DURATIONS = """
SELECT count(*) AS runs,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_seconds) AS p95
FROM (SELECT duration_seconds FROM log.api_runs
      WHERE task_id = $1 AND started_at IS NOT NULL AND final AND duration_seconds IS NOT NULL
      ORDER BY started_at DESC, run_id LIMIT $2) latest
"""


class Durations(NamedTuple):
    """How long the latest runs of a task took."""

    runs: int
    p95_seconds: float


async def durations(connection: Connection, task_id: UUID) -> Durations | None:
    """Return how long runs of a task take; None: none has ended."""
    row = await connection.fetchrow(_DURATIONS, task_id, MOST_RUNS)
    return Durations(row["runs"], row["p95"]) if row and row["runs"] else None


async def due_within(
    connection: Connection, start: datetime, length: timedelta, *, but: UUID | None
) -> int:
    """Return how many tasks are due next within a span of time, one of them left out."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM scheduler.api_due WHERE due_at >= $1 AND due_at < $2"
        " AND task_id IS DISTINCT FROM $3",
        start,
        start + length,
        but,
    )
    return count


async def calendars(connection: Connection, names: Sequence[str]) -> Mapping[str, Calendar]:
    """Return those of the named calendars that exist."""
    rows = await connection.fetch(
        "SELECT name, spec::text AS spec FROM api.calendars WHERE name = ANY($1::text[])"
        " ORDER BY name",
        list(names),
    )
    found = ((row["name"], read_calendar(row["spec"])) for row in rows)
    return {name: calendar for name, calendar in found if calendar is not None}
