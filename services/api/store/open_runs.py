"""Runs that may still be stopped, and whether they have ended meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from shared.db.pool import Connection

_ENDS = """
SELECT w.run_id, coalesce(
    (SELECT status FROM log.api_runs r WHERE r.run_id = w.run_id AND final),
    (SELECT outcome FROM scheduler.api_occurrences o
     WHERE o.run_id = w.run_id AND settled AND outcome = 'cancelled')) AS status
FROM unnest($1::uuid[]) AS w (run_id)
"""

_OPEN = """
SELECT o.run_id FROM scheduler.api_occurrences o
WHERE NOT o.settled AND o.outcome = 'fired'
  AND ($1::uuid IS NULL OR o.task_id = $1) AND ($2::text IS NULL OR o.queue = $2)
  AND (NOT $3 OR NOT EXISTS (
      SELECT FROM executor.api_leases l WHERE l.run_id = o.run_id AND l.outcome IS NULL))
ORDER BY o.due_at DESC, o.run_id DESC LIMIT $4
"""


async def ends_of(connection: Connection, run_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return how those of these runs ended that have."""
    rows = await connection.fetch(_ENDS, run_ids)
    return {row["run_id"]: row["status"] for row in rows if row["status"] is not None}


async def of(
    connection: Connection,
    *,
    task_id: UUID | None,
    queue: str | None,
    waiting_only: bool,
    limit: int,
) -> list[UUID]:
    """Return runs of a task or a queue that have not ended, the newest first.

    The newest first: what waits behind another one is taken back before it could take its place.
    """
    rows = await connection.fetch(_OPEN, task_id, queue, waiting_only, limit)
    return [row["run_id"] for row in rows]
