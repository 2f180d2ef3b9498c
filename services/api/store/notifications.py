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
    resend_of: UUID | None
    task_name: str | None


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
    task_name: str | None


_TOLD = ", ".join(f"d.{each}" for each in DeliveryRow._fields[:-1])
_DELIVERIES = f"""
SELECT {_TOLD}, t.name FROM notify.api_deliveries d LEFT JOIN api.tasks t ON t.id = d.task_id
WHERE ($1::uuid IS NULL OR d.task_id = $1) AND ($2::text IS NULL OR d.channel = $2)
  AND ($3::text IS NULL OR d.state = $3) AND ($7::uuid IS NULL OR d.group_id = $7)
  AND ($8::text IS NULL OR d.event = $8) AND ($9::timestamptz IS NULL OR d.created_at >= $9)
  AND ($10::timestamptz IS NULL OR d.created_at < $10)
  AND (d.created_at, d.id) < ($4, $5)
ORDER BY d.created_at DESC, d.id DESC LIMIT $6
"""  # noqa: S608 - our own column list

_INCIDENTS = """
SELECT i.id, i.task_id, i.class, i.opened_at, i.updated_at, i.count, i.first_run_id, i.last_run_id,
       i.last_error, i.told_at, i.closed_at, i.closed_by, t.name
FROM notify.api_incidents i LEFT JOIN api.tasks t ON t.id = i.task_id
WHERE ($1::uuid IS NULL OR i.task_id = $1)
  AND ($2::boolean IS NULL OR (i.closed_at IS NULL) = $2)
  AND ($6::text IS NULL OR i.class = $6) AND (i.opened_at, i.id) < ($3, $4)
ORDER BY i.opened_at DESC, i.id DESC LIMIT $5
"""


async def deliveries(
    connection: Connection,
    *,
    task_id: UUID | None,
    group_id: UUID | None,
    channel: str | None,
    state: str | None,
    event: str | None,
    earliest: datetime | None,
    latest: datetime | None,
    before: tuple[datetime, UUID],
    limit: int,
) -> list[DeliveryRow]:
    """Return deliveries, newest first."""
    which = (task_id, channel, state, *before, limit, group_id, event, earliest, latest)
    rows = await connection.fetch(_DELIVERIES, *which)
    return [DeliveryRow(*row.values()) for row in rows]


async def incidents(
    connection: Connection,
    *,
    task_id: UUID | None,
    is_open: bool | None,
    failure_class: str | None,
    before: tuple[datetime, UUID],
    limit: int,
) -> list[IncidentRow]:
    """Return incidents, newest first."""
    rows = await connection.fetch(_INCIDENTS, task_id, is_open, *before, limit, failure_class)
    return [IncidentRow(*row.values()) for row in rows]
