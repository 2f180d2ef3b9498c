"""What the notifier told, and of what; read through its views."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection


class DeliveryRow(NamedTuple):
    """One message to one channel."""

    id: UUID
    run_id: UUID | None
    task_id: UUID | None
    event: str
    channel: str
    incident_id: UUID | None
    state: str
    tries: int
    next_try_at: datetime
    answer: str | None
    created_at: datetime
    ended_at: datetime | None
    group_id: UUID | None


class IncidentRow(NamedTuple):
    """Failures of one class of one task."""

    id: UUID
    task_id: UUID
    failure_class: str
    opened_at: datetime
    updated_at: datetime
    failures: int
    first_run_id: UUID
    last_run_id: UUID
    last_error: str | None
    told_at: datetime | None
    closed_at: datetime | None
    closed_by: UUID | None


_DELIVERIES = f"""
SELECT {", ".join(DeliveryRow._fields)} FROM notify.api_deliveries
WHERE ($1::uuid IS NULL OR task_id = $1) AND ($2::text IS NULL OR channel = $2)
  AND ($3::text IS NULL OR state = $3) AND ($7::uuid IS NULL OR group_id = $7)
  AND (created_at, id) < ($4, $5)
ORDER BY created_at DESC, id DESC LIMIT $6
"""  # noqa: S608 - our own column list

_INCIDENTS = """
SELECT id, task_id, class, opened_at, updated_at, count, first_run_id, last_run_id, last_error,
       told_at, closed_at, closed_by
FROM notify.api_incidents
WHERE ($1::uuid IS NULL OR task_id = $1)
  AND ($2::boolean IS NULL OR (closed_at IS NULL) = $2) AND (opened_at, id) < ($3, $4)
ORDER BY opened_at DESC, id DESC LIMIT $5
"""


async def deliveries(
    connection: Connection,
    *,
    task_id: UUID | None,
    group_id: UUID | None,
    channel: str | None,
    state: str | None,
    before: tuple[datetime, UUID],
    limit: int,
) -> list[DeliveryRow]:
    """Return deliveries, newest first."""
    rows = await connection.fetch(_DELIVERIES, task_id, channel, state, *before, limit, group_id)
    return [DeliveryRow(*row.values()) for row in rows]


async def incidents(
    connection: Connection,
    *,
    task_id: UUID | None,
    is_open: bool | None,
    before: tuple[datetime, UUID],
    limit: int,
) -> list[IncidentRow]:
    """Return incidents, newest first."""
    rows = await connection.fetch(_INCIDENTS, task_id, is_open, *before, limit)
    return [IncidentRow(*row.values()) for row in rows]
