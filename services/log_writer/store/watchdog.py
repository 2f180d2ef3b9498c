"""How far the watchdog is, and what it looks at: the API's tasks and the scheduler's ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.log_writer.watchdog import LATE, MISSED, Finding, Task, Window
from shared.db.pool import Connection
from shared.domain.instant import format_instant

#: Tasks of which a round says that they were late or missed.
MOST_FINDINGS = 1_000

_MISSED = """
SELECT o.task_id, t.name, min(o.scheduled_for) AS first, count(*) AS count,
       min(o.reason) AS reason
FROM scheduler.log_writer_occurrences o JOIN api.log_writer_tasks t ON t.id = o.task_id
WHERE o.outcome IN ('missed', 'expired') AND o.decided_at > $1 AND o.decided_at <= $2
GROUP BY o.task_id, t.name ORDER BY o.task_id LIMIT $3
"""

# Of a run that is tried again the log keeps the newest start, which says nothing of the first one.
_LATE = """
SELECT o.task_id, t.name, min(o.scheduled_for) AS first, count(*) AS count,
       max(extract(epoch FROM r.started_at - o.due_at))::float8 AS seconds
FROM log.runs r JOIN scheduler.log_writer_occurrences o USING (run_id)
    JOIN api.log_writer_tasks t ON t.id = o.task_id
WHERE r.started_at > $1 AND r.started_at <= $2 AND r.attempt = 1 AND r.trigger = 'schedule'
  AND r.started_at > o.due_at + $4::interval
GROUP BY o.task_id, t.name ORDER BY o.task_id LIMIT $3
"""


class Round(NamedTuple):
    """How far the walk over all tasks is."""

    window: Window
    behind: UUID | None
    """The last task looked at; None: the round is over."""
    now: datetime


async def take(connection: Connection) -> Round | None:
    """Return the round and keep it until the transaction ends; None if another one walks."""
    row = await connection.fetchrow(
        "SELECT looked_from, looked_to, behind, clock_timestamp() AS now FROM log.watchdog"
        " FOR UPDATE SKIP LOCKED"
    )
    if row is None:
        return None
    return Round(Window(row["looked_from"], row["looked_to"]), row["behind"], row["now"])


async def note(connection: Connection, window: Window, behind: UUID | None) -> None:
    """Write down how far the walk is."""
    await connection.execute(
        "UPDATE log.watchdog SET looked_from = $1, looked_to = $2, behind = $3",
        window.start,
        window.end,
        behind,
    )


async def page(connection: Connection, behind: UUID, limit: int) -> list[Task]:
    """Return the next tasks in the order of their ids."""
    rows = await connection.fetch(
        "SELECT id, name, schedule_config::text, updated_at FROM api.log_writer_tasks"
        " WHERE id > $1 ORDER BY id LIMIT $2",
        behind,
        limit,
    )
    return [Task(*row.values()) for row in rows]


async def entered(
    connection: Connection, fires: Sequence[tuple[UUID, datetime]]
) -> set[tuple[UUID, datetime]]:
    """Return those of *fires* that are in the ledger, whatever became of them."""
    rows = await connection.fetch(
        "SELECT f.task_id, f.at FROM unnest($1::uuid[], $2::timestamptz[]) AS f (task_id, at)"
        " WHERE EXISTS (SELECT FROM scheduler.log_writer_occurrences o"
        "  WHERE o.task_id = f.task_id AND o.scheduled_for = f.at)",
        [task_id for task_id, _ in fires],
        [at for _, at in fires],
    )
    return {(row["task_id"], row["at"]) for row in rows}


async def still(connection: Connection, tasks: Sequence[Task]) -> set[UUID]:
    """Return those of *tasks* that are as they were read."""
    rows = await connection.fetch(
        "SELECT t.id FROM unnest($1::uuid[], $2::timestamptz[]) AS f (id, updated_at)"
        " JOIN api.log_writer_tasks t USING (id, updated_at)",
        [task.id for task in tasks],
        [task.updated_at for task in tasks],
    )
    return {row["id"] for row in rows}


async def missed(connection: Connection, window: Window) -> list[Finding]:
    """Return the tasks with fires that were given up in *window*."""
    rows = await connection.fetch(_MISSED, window.start, window.end, MOST_FINDINGS)
    return [
        Finding(
            MISSED,
            row["task_id"],
            row["name"],
            row["first"],
            row["count"],
            {"reason": row["reason"]},
        )
        for row in rows
    ]


async def late(connection: Connection, window: Window, grace: timedelta) -> list[Finding]:
    """Return the tasks with runs that started in *window* more than *grace* late."""
    rows = await connection.fetch(_LATE, window.start, window.end, MOST_FINDINGS, grace)
    return [
        Finding(
            LATE,
            row["task_id"],
            row["name"],
            row["first"],
            row["count"],
            {"late_seconds": round(row["seconds"], 1), "seen_until": format_instant(window.end)},
        )
        for row in rows
    ]
