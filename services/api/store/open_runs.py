"""Runs that may still be stopped, and whether they have ended meanwhile."""

from __future__ import annotations

from uuid import UUID

from shared.db.pool import Connection

# The log's row, or what lies with the lease until the log has it, or a run that never began.
_END = """
SELECT coalesce(
    (SELECT status FROM log.api_runs WHERE run_id = $1 AND final),
    (SELECT outcome FROM executor.api_leases
     WHERE run_id = $1 AND outcome NOT IN ('retry', 'snoozed')),
    (SELECT outcome FROM scheduler.api_occurrences
     WHERE run_id = $1 AND settled AND outcome = 'cancelled'))
"""

_OPEN = """
SELECT o.run_id FROM scheduler.api_occurrences o
WHERE NOT o.settled AND o.outcome = 'fired'
  AND ($1::uuid IS NULL OR o.task_id = $1) AND ($2::text IS NULL OR o.queue = $2)
  AND (NOT $3 OR NOT EXISTS (
      SELECT FROM executor.api_leases l
      WHERE l.run_id = o.run_id AND (l.outcome IS NULL OR l.outcome NOT IN ('retry', 'snoozed'))))
ORDER BY o.due_at DESC, o.run_id DESC LIMIT $4
"""


async def end_of(connection: Connection, run_id: UUID) -> str | None:
    """Return how a run ended, or None if it has not."""
    status: str | None = await connection.fetchval(_END, run_id)
    return status


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
