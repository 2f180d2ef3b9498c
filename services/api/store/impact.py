"""What a change of a task would touch: its runs, and the tasks that it is tied to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.api.tasks.dry_run import Dependant, Impact
from shared.db.pool import Connection

#: Tied tasks that are told.
MOST_DEPENDANTS = 200

_RUNS = """
SELECT count(*) FILTER (WHERE NOT running) AS queued, count(*) FILTER (WHERE running) AS running
FROM (
    SELECT NOT o.held AND l.run_id IS NOT NULL AS running
    FROM scheduler.api_occurrences o
    LEFT JOIN executor.api_leases l ON l.run_id = o.run_id AND l.outcome IS NULL
    WHERE o.task_id = $1 AND NOT o.settled AND o.outcome = 'fired') open
"""
_DEPENDANTS = """
SELECT id, name, relation FROM (
    SELECT seq, id, name, 'started_by_it' AS relation FROM api.tasks WHERE id = ANY ($2::uuid[])
    UNION ALL
    SELECT seq, id, name, 'waits_for_it' FROM api.tasks
    WHERE policy::jsonb #> '{depends_on,tasks}' ? $1::text
    UNION ALL
    SELECT seq, id, name, 'starts_it' FROM api.tasks WHERE dependent_tasks @> ARRAY[$1::uuid]
) tied ORDER BY seq, relation LIMIT $3
"""


async def of_change(
    connection: Connection, task_id: UUID, dependent_tasks: Sequence[UUID], *, now: datetime
) -> Impact:
    """Return what is there of a task that is to change; *dependent_tasks* are those it starts."""
    runs = await connection.fetchrow(_RUNS, task_id)
    tied = await connection.fetch(_DEPENDANTS, str(task_id), list(dependent_tasks), MOST_DEPENDANTS)
    return Impact(
        task_id=task_id,
        now=now,
        queued=runs["queued"] if runs else 0,
        running=runs["running"] if runs else 0,
        dependants=[
            Dependant(id=row["id"], name=row["name"], relation=row["relation"]) for row in tied
        ],
    )
