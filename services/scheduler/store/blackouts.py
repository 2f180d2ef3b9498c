"""SQL of runs that are held until the end of a blackout."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection

# Rows are written a moment ahead of their time, when their blackout may not have begun.
_HELD = """
SELECT o.run_id, o.due_at, j.policy, clock_timestamp() AS now
FROM scheduler.occurrences o JOIN scheduler.jobs j USING (task_id)
WHERE o.held AND o.waits_for = 'blackout'
  AND o.created_at < clock_timestamp() - interval '1 second'
"""

_MOVE = """
UPDATE scheduler.occurrences o SET due_at = m.due_at
FROM unnest($1::uuid[], $2::timestamptz[]) AS m (run_id, due_at)
WHERE o.run_id = m.run_id AND o.held AND o.waits_for = 'blackout'
"""


class HeldUntil(NamedTuple):
    """A run that is to start at the end of a blackout."""

    run_id: UUID
    due_at: datetime
    policy: str
    now: datetime


async def held(connection: Connection) -> list[HeldUntil]:
    """Return all runs that wait for the end of a blackout."""
    return [HeldUntil(*row) for row in await connection.fetch(_HELD)]


async def move(connection: Connection, due_at: Mapping[UUID, datetime]) -> None:
    """Let runs start at another time than they were to."""
    await connection.execute(_MOVE, list(due_at), list(due_at.values()))
