"""Dead runs, which the log lists, and what people decided about them, which is ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection

REQUEUED = "requeued"
DISCARDED = "discarded"
OPEN = "open"
STATES = (OPEN, REQUEUED, DISCARDED)


class DeadRunRow(NamedTuple):
    """A dead run and the decision about it."""

    run_id: UUID
    task_id: UUID
    task_name: str | None
    trigger: str
    status: str
    attempt: int
    scheduled_for: datetime
    died_at: datetime
    error_message: str | None
    executor: str
    state: str
    decided_at: datetime | None
    decided_by: str | None
    times: int
    new_run_id: UUID | None


class Decision(NamedTuple):
    """What stands about a dead run after somebody decided."""

    run_id: UUID
    task_id: UUID
    times: int


_READ = """
SELECT d.run_id, d.task_id, d.task_name, d.trigger, d.status, d.attempt, d.scheduled_for, d.died_at,
    d.error_message, d.executor, coalesce(c.decision, 'open') AS state, c.decided_at, c.decided_by,
    coalesce(c.times, 0) AS times, c.new_run_id
FROM log.api_dead_runs d LEFT JOIN api.dead_run_decisions c ON c.run_id = d.run_id
"""

# Whoever inserts the row has decided; who comes at the same moment waits here and then finds it.
_DECIDE = """
INSERT INTO api.dead_run_decisions (run_id, decision, decided_by, times)
SELECT d.run_id, $2, $3, CASE $2 WHEN 'requeued' THEN 1 ELSE 0 END
FROM log.api_dead_runs d
WHERE d.run_id = ANY($1::uuid[])
  AND ($2 <> 'requeued' OR EXISTS (SELECT FROM api.tasks t WHERE t.id = d.task_id))
ORDER BY d.run_id
ON CONFLICT (run_id) DO NOTHING
RETURNING run_id
"""

_AGAIN = """
UPDATE api.dead_run_decisions SET decision = 'requeued', decided_at = clock_timestamp(),
    decided_by = $2, times = times + 1
WHERE run_id = $1
RETURNING times
"""


async def page(
    connection: Connection,
    *,
    state: str | None,
    task_id: UUID | None,
    status: str | None,
    containing: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[DeadRunRow]:
    """Return dead runs, the latest death first, those after the cursor *before*.

    *containing* is looked for in error and name of the task, whatever the case.
    """
    at, run_id = before or (None, None)
    rows = await connection.fetch(
        f"{_READ} WHERE ($1::text IS NULL OR coalesce(c.decision, 'open') = $1)"
        " AND ($2::uuid IS NULL OR d.task_id = $2)"
        " AND ($3::timestamptz IS NULL OR (d.died_at, d.run_id) < ($3, $4::uuid))"
        " AND ($6::text IS NULL OR d.status = $6)"
        " AND ($7::text IS NULL OR position("
        "  lower($7) IN lower(concat_ws(' ', d.task_name, d.error_message))) > 0)"
        " ORDER BY d.died_at DESC, d.run_id DESC LIMIT $5",
        state,
        task_id,
        at,
        run_id,
        limit,
        status,
        containing,
    )
    return [DeadRunRow(*row.values()) for row in rows]


async def get(connection: Connection, run_id: UUID) -> DeadRunRow | None:
    """Return one dead run."""
    row = await connection.fetchrow(f"{_READ} WHERE d.run_id = $1", run_id)
    return DeadRunRow(*row.values()) if row else None


async def open_of_task(connection: Connection, task_id: UUID, limit: int) -> list[UUID]:
    """Return the dead runs of a task about which nobody has decided, the oldest first."""
    rows = await connection.fetch(
        f"{_READ} WHERE d.task_id = $1 AND c.run_id IS NULL ORDER BY d.died_at, d.run_id LIMIT $2",
        task_id,
        limit,
    )
    return [row["run_id"] for row in rows]


async def decide(
    connection: Connection, run_ids: Sequence[UUID], decision: str, *, by: str
) -> set[UUID]:
    """Decide about those of *run_ids* that are open; return them.

    Of runs whose task is gone none can be requeued.
    """
    rows = await connection.fetch(_DECIDE, list(run_ids), decision, by)
    return {row["run_id"] for row in rows}


async def requeue_again(connection: Connection, run_id: UUID, *, by: str) -> int:
    """Turn the decision about a run into one more requeue; return the how-manieth."""
    times: int = await connection.fetchval(_AGAIN, run_id, by)
    return times


async def note_new_runs(connection: Connection, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    """Keep which run came in the stead of which dead one."""
    await connection.execute(
        "UPDATE api.dead_run_decisions c SET new_run_id = n.new_run_id"
        " FROM unnest($1::uuid[], $2::uuid[]) AS n (run_id, new_run_id) WHERE c.run_id = n.run_id",
        [dead for dead, _ in pairs],
        [new for _, new in pairs],
    )


async def params_of(connection: Connection, run_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the parameters that runs were given instead of their task's, as JSON."""
    rows = await connection.fetch(
        "SELECT run_id, params FROM scheduler.api_occurrences"
        " WHERE run_id = ANY($1::uuid[]) AND params IS NOT NULL",
        list(run_ids),
    )
    return {row["run_id"]: row["params"] for row in rows}


async def tasks_of(connection: Connection, run_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return the task of each dead run."""
    rows = await connection.fetch(
        "SELECT run_id, task_id FROM log.api_dead_runs WHERE run_id = ANY($1::uuid[])",
        list(run_ids),
    )
    return {row["run_id"]: row["task_id"] for row in rows}


async def forget(connection: Connection, limit: int) -> int:
    """Remove decisions on runs that the log has forgotten; return how many."""
    status = await connection.execute(
        "DELETE FROM api.dead_run_decisions WHERE run_id = ANY(ARRAY("
        "SELECT c.run_id FROM api.dead_run_decisions c"
        " WHERE c.decided_at < clock_timestamp() - interval '1 day'"
        " AND NOT EXISTS (SELECT FROM log.api_dead_runs d WHERE d.run_id = c.run_id) LIMIT $1))",
        limit,
    )
    return int(status.split()[-1])
