"""Backfills: which runs belong to one, and how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection


class BackfillRow(NamedTuple):
    """A range of past fires that were asked for again."""

    id: UUID
    task_id: UUID
    first_at: datetime
    last_at: datetime
    overlap: str
    fires: int
    created_at: datetime
    created_by: str | None
    cancelled_at: datetime | None
    cancelled_by: str | None


#: How a run of a backfill stands that the scheduler has not heard of, or that has not begun.
ASKED, WAITING, RUNNING = "asked", "waiting", "running"

_COLUMNS = (
    "id, task_id, first_at, last_at, overlap, cardinality(run_ids) AS fires, created_at,"
    " created_by, cancelled_at, cancelled_by"
)

# What never left the outbox before the backfill was cancelled is not on its way any more.
_STANDING = """
SELECT m.run_id,
    CASE WHEN r.final THEN r.status
         WHEN o.outcome = 'cancelled' THEN 'cancelled'
         WHEN o.outcome <> 'fired' THEN 'skipped'
         WHEN l.run_id IS NOT NULL OR r.run_id IS NOT NULL THEN 'running'
         WHEN o.run_id IS NOT NULL THEN 'waiting'
         WHEN b.cancelled_at IS NULL OR EXISTS (
             SELECT FROM api.outbox x WHERE x.awaits @> ARRAY[m.run_id]) THEN 'asked'
         ELSE 'cancelled' END AS standing
FROM api.backfills b CROSS JOIN LATERAL unnest(b.run_ids) WITH ORDINALITY AS m (run_id, place)
LEFT JOIN log.api_runs r ON r.run_id = m.run_id
LEFT JOIN scheduler.api_occurrences o ON o.run_id = m.run_id
LEFT JOIN executor.api_leases l ON l.run_id = m.run_id
WHERE b.id = $1 ORDER BY m.place
"""


async def insert(
    connection: Connection,
    backfill_id: UUID,
    task_id: UUID,
    *,
    first_at: datetime,
    last_at: datetime,
    overlap: str,
    run_ids: Sequence[UUID],
    created_by: str,
) -> None:
    """Store a new backfill."""
    await connection.execute(
        "INSERT INTO api.backfills (id, task_id, first_at, last_at, overlap, run_ids, created_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        backfill_id,
        task_id,
        first_at,
        last_at,
        overlap,
        list(run_ids),
        created_by,
    )


async def get(connection: Connection, backfill_id: UUID) -> BackfillRow | None:
    """Return one backfill."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM api.backfills WHERE id = $1",  # noqa: S608 - our own columns
        backfill_id,
    )
    return BackfillRow(*row.values()) if row else None


async def of_task(
    connection: Connection,
    task_id: UUID,
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[BackfillRow]:
    """Return the backfills of a task, newest first, those after the cursor *before*."""
    at, backfill_id = before or (None, None)
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM api.backfills WHERE task_id = $1"  # noqa: S608 - our own columns
        " AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))"
        " ORDER BY created_at DESC, id DESC LIMIT $4",
        task_id,
        at,
        backfill_id,
        limit,
    )
    return [BackfillRow(*row.values()) for row in rows]


async def standing(connection: Connection, backfill_id: UUID) -> dict[UUID, str]:
    """Return how each run of a backfill stands, the oldest first."""
    rows = await connection.fetch(_STANDING, backfill_id)
    return {row["run_id"]: row["standing"] for row in rows}


async def cancel(connection: Connection, backfill_id: UUID, key: str, *, by: str) -> None:
    """Note that a backfill is not wanted any more; what was not published under *key* never is."""
    await connection.execute(
        "UPDATE api.backfills SET cancelled_at = coalesce(cancelled_at, clock_timestamp()),"
        " cancelled_by = coalesce(cancelled_by, $2) WHERE id = $1",
        backfill_id,
        by,
    )
    # What the relay has in hand at this moment is published; it is taken back in the ledger.
    await connection.execute(
        "DELETE FROM api.outbox WHERE id IN (SELECT id FROM api.outbox"
        " WHERE key = $1 AND sent = 0 AND sent_at IS NULL FOR UPDATE SKIP LOCKED)",
        key,
    )
