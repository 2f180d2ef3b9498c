"""SQL of what a run meets when it fires: switches, limited queues, and runs of its task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection

# Of each task the first run that is live or waits is enough.
_GATES = """
SELECT coalesce((SELECT paused FROM api.scheduler_switches), false) AS paused,
    ARRAY(SELECT name FROM api.scheduler_queues
          WHERE paused OR concurrency IS NOT NULL OR rate_limit IS NOT NULL
             OR max_depth IS NOT NULL) AS queues,
    ARRAY(SELECT DISTINCT t.task_id FROM unnest($1::uuid[]) AS t (task_id)
          WHERE EXISTS (
              SELECT FROM scheduler.occurrences o
              WHERE o.task_id = t.task_id AND NOT o.settled AND o.outcome = 'fired')) AS busy
"""


class Gates(NamedTuple):
    """What is closed."""

    paused: bool
    """Nothing starts anywhere."""
    queues: frozenset[str]
    """Queues that are paused or have limits."""
    busy: frozenset[UUID]
    """Of the tasks that were asked for, those with a run that is live or waits."""


class GateStore:
    """Reads the gates."""

    async def read(self, connection: Connection, task_ids: Sequence[UUID]) -> Gates:
        """Return what is closed, and which of *task_ids* are busy."""
        row = await connection.fetchrow(_GATES, task_ids)
        assert row is not None  # noqa: S101 - a statement without FROM has one row
        return Gates(row["paused"], frozenset(row["queues"]), frozenset(row["busy"]))

    async def calendars(self, connection: Connection) -> dict[str, str]:
        """Return the JSON of each calendar by its name."""
        rows = await connection.fetch("SELECT name, spec FROM api.scheduler_calendars")
        return {row["name"]: row["spec"] for row in rows}
