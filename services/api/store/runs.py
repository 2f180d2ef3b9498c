"""Runs and occurrences, read through the views that others keep for us."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.api.store.waiting import WAITS_FOR
from shared.db.pool import Connection


class RunRow(NamedTuple):
    """What the log has of a run."""

    run_id: UUID
    task_id: UUID
    trigger: str
    status: str
    attempt: int
    scheduled_for: datetime
    started_at: datetime | None
    completed_at: datetime | None
    duration_seconds: float | None
    result: str | None
    error_message: str | None
    execution_data: str | None
    executor: str | None
    final: bool


class OccurrenceRow(NamedTuple):
    """What became of a fire."""

    run_id: UUID
    trigger: str
    scheduled_for: datetime
    due_at: datetime
    outcome: str
    reason: str | None
    missed_count: int
    missed_since: datetime | None
    waits_for: str | None


_RUN = ", ".join(RunRow._fields)
_OCCURRENCES = (
    f"SELECT {', '.join(f'o.{name}' for name in OccurrenceRow._fields[:-1])},"  # noqa: S608 - our own column list
    f" {WAITS_FOR} AS waits_for"
    " FROM scheduler.api_occurrences o LEFT JOIN api.tasks t ON t.id = o.task_id"
)


async def of_task(connection: Connection, task_id: UUID, limit: int) -> list[RunRow]:
    """Return the newest runs of a task."""
    rows = await connection.fetch(
        f"SELECT {_RUN} FROM log.api_runs WHERE task_id = $1"  # noqa: S608 - our own column list
        " ORDER BY started_at DESC, run_id LIMIT $2",
        task_id,
        limit,
    )
    return [RunRow(*row.values()) for row in rows]


async def get(connection: Connection, run_id: UUID) -> RunRow | None:
    """Return one run."""
    row = await connection.fetchrow(
        f"SELECT {_RUN} FROM log.api_runs WHERE run_id = $1",  # noqa: S608 - our own column list
        run_id,
    )
    return RunRow(*row.values()) if row else None


async def is_known(connection: Connection, run_id: UUID) -> bool:
    """Return whether there is such a run, whether or not it has begun."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM log.api_runs WHERE run_id = $1)"
        " OR EXISTS (SELECT FROM scheduler.api_occurrences WHERE run_id = $1)"
        " OR EXISTS (SELECT FROM api.outbox WHERE awaits @> ARRAY[$1::uuid])",
        run_id,
    )
    return found


async def occurrences(
    connection: Connection,
    task_id: UUID,
    *,
    outcome: str | None,
    earliest: datetime | None,
    latest: datetime | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[OccurrenceRow]:
    """Return occurrences of a task, newest first, those after the cursor *before*."""
    at, run_id = before or (None, None)
    rows = await connection.fetch(
        f"{_OCCURRENCES} WHERE o.task_id = $1"
        " AND ($2::text IS NULL OR o.outcome = $2)"
        " AND ($3::timestamptz IS NULL OR o.scheduled_for >= $3)"
        " AND ($4::timestamptz IS NULL OR o.scheduled_for < $4)"
        " AND ($5::timestamptz IS NULL OR (o.scheduled_for, o.run_id) < ($5, $6::uuid))"
        " ORDER BY o.scheduled_for DESC, o.run_id DESC LIMIT $7",
        task_id,
        outcome,
        earliest,
        latest,
        at,
        run_id,
        limit,
    )
    return [OccurrenceRow(*row.values()) for row in rows]
