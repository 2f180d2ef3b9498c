"""Whether who asks in a run's name may still do so."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from shared.db.pool import Connection
from shared.domain.errors import NotFound


async def is_live(connection: Connection, run_id: UUID, attempt: int) -> bool:
    """Return whether this attempt of a run has its lease and no end yet."""
    found: bool | None = await connection.fetchval(
        "SELECT true FROM executor.api_leases"
        " WHERE run_id = $1 AND attempt = $2 AND outcome IS NULL",
        run_id,
        attempt,
    )
    return found is True


async def begun_at(connection: Connection, run_id: UUID) -> tuple[datetime, datetime]:
    """Return since when a run was to be run, the same for all its attempts; and what time it is."""
    row = await connection.fetchrow(
        "SELECT greatest(o.created_at, o.scheduled_for) AS entered, l.claimed_at, clock_timestamp()"
        " FROM executor.api_leases l LEFT JOIN scheduler.api_occurrences o USING (run_id)"
        " WHERE run_id = $1",
        run_id,
    )
    if row is None:
        raise NotFound("run", str(run_id))
    entered, claimed, now = row
    return min(entered or claimed, claimed), now


async def name_of_task(connection: Connection, task_id: UUID) -> str | None:
    """Return the name of a task; None: it was deleted."""
    name: str | None = await connection.fetchval(
        "SELECT name FROM api.tasks WHERE id = $1", task_id
    )
    return name
