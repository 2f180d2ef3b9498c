"""What an alert has started: runs whose events tell of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection

#: So many of its last steps are looked at, ...
MOST_STEPS = 20
#: ... and so many runs are told.
MOST_RUNS = 50


class StartedRun(NamedTuple):
    """A run that an alert has started."""

    run_id: UUID
    task_id: UUID
    task_name: str | None
    event: str
    at: datetime
    status: str | None
    """None: it has not begun, or never will."""
    outcome: str


# An event starts its runs within seconds, a debounced one within minutes; by the instant an index
# finds them among all runs.
_STARTED = f"""
SELECT DISTINCT ON (o.created_at, o.run_id) o.run_id, o.task_id, t.name,
       o.origin::json #>> '{{event,type}}', o.created_at, r.status, o.outcome
FROM unnest($2::timestamptz[]) AS step (at)
JOIN scheduler.api_occurrences o
  ON o.created_at >= step.at AND o.created_at < step.at + interval '10 minutes'
LEFT JOIN api.tasks t ON t.id = o.task_id
LEFT JOIN log.api_runs r ON r.run_id = o.run_id
WHERE o.trigger = 'event' AND o.origin LIKE '%' || $1::text || '%'
ORDER BY o.created_at DESC, o.run_id LIMIT {MOST_RUNS}
"""  # noqa: S608 - our own numbers


async def started(
    connection: Connection, alert_id: UUID, steps: Sequence[datetime]
) -> list[StartedRun]:
    """Return runs that an alert's *steps* have started, newest first."""
    rows = await connection.fetch(_STARTED, str(alert_id), list(steps)[-MOST_STEPS:])
    return [StartedRun(*row) for row in rows]
