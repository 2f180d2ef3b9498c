"""Queues: their limits, what waits and runs in them; and the switch that pauses everything."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from shared.contracts.policy import DEFAULT_QUEUE
from shared.db.pool import Connection


class Limits(NamedTuple):
    """What was set of a queue."""

    description: str | None = None
    paused: bool = False
    concurrency: int | None = None
    rate_limit: int | None = None
    rate_period_seconds: int | None = None
    max_depth: int | None = None


class QueueRow(NamedTuple):
    """A queue as it stands."""

    name: str
    description: str | None
    paused: bool
    concurrency: int | None
    rate_limit: int | None
    rate_period_seconds: int | None
    max_depth: int | None
    updated_at: datetime | None
    updated_by: str | None
    waiting: int
    running: int
    oldest_waiting_seconds: float | None
    executors: int
    tasks: int
    all_paused: bool
    """Everything is paused, whatever the queue itself."""


class PauseRow(NamedTuple):
    """Whether everything is paused."""

    paused: bool
    changed_at: datetime | None
    changed_by: str | None


_LIMITS = ", ".join(Limits._fields)

# A queue is there once it was set up, or as soon as a task or a run is in it.
_QUEUES = """
WITH open AS (
    SELECT o.queue, o.due_at, NOT o.held AND l.run_id IS NOT NULL AS running
    FROM scheduler.api_occurrences o
    LEFT JOIN executor.api_leases l ON l.run_id = o.run_id AND l.outcome IS NULL
    WHERE NOT o.settled AND o.outcome = 'fired' AND ($1::text IS NULL OR o.queue = $1)
), runs AS (
    SELECT queue, count(*) FILTER (WHERE NOT running) AS waiting,
           count(*) FILTER (WHERE running) AS running,
           extract(epoch FROM clock_timestamp() - min(due_at) FILTER (WHERE NOT running))::float8
               AS oldest
    FROM open GROUP BY queue
), tasks AS (
    SELECT coalesce(policy ->> 'queue', $2) AS queue, count(*) AS tasks FROM api.tasks GROUP BY 1
), names AS (
    SELECT name FROM api.queues UNION SELECT queue FROM runs UNION SELECT queue FROM tasks
    UNION SELECT $2
)
SELECT n.name, q.description, coalesce(q.paused, false), q.concurrency, q.rate_limit,
       q.rate_period_seconds, q.max_depth, q.updated_at, q.updated_by, coalesce(r.waiting, 0),
       coalesce(r.running, 0), r.oldest,
       (SELECT count(*) FROM executor.api_executors e
        WHERE e.seen_at > clock_timestamp() - interval '15 seconds' AND NOT e.draining
          AND n.name = ANY (e.queues)),
       coalesce(t.tasks, 0), coalesce((SELECT bool_or(paused) FROM api.switches), false)
FROM names n
LEFT JOIN api.queues q ON q.name = n.name
LEFT JOIN runs r ON r.queue = n.name
LEFT JOIN tasks t ON t.queue = n.name
WHERE $1::text IS NULL OR n.name = $1
ORDER BY n.name LIMIT 1000
"""


async def every(connection: Connection) -> list[QueueRow]:
    """Return all queues by name."""
    return [QueueRow(*row.values()) for row in await connection.fetch(_QUEUES, None, DEFAULT_QUEUE)]


async def get(connection: Connection, name: str) -> QueueRow | None:
    """Return one queue."""
    row = await connection.fetchrow(_QUEUES, name, DEFAULT_QUEUE)
    return QueueRow(*row.values()) if row else None


async def lock(connection: Connection, name: str) -> Limits | None:
    """Return what was set of a queue, and keep it from being changed meanwhile."""
    row = await connection.fetchrow(
        f"SELECT {_LIMITS} FROM api.queues WHERE name = $1 FOR UPDATE",  # noqa: S608 - our own column list
        name,
    )
    return Limits(*row.values()) if row else None


async def put(connection: Connection, name: str, limits: Limits, *, updated_by: str) -> None:
    """Store what is set of a queue."""
    await connection.execute(
        f"INSERT INTO api.queues (name, {_LIMITS}, updated_by)"  # noqa: S608 - our own column list
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        f" ON CONFLICT (name) DO UPDATE SET ({_LIMITS}, updated_by, updated_at)"
        " = ($2, $3, $4, $5, $6, $7, $8, clock_timestamp())",
        name,
        *limits,
        updated_by,
    )


async def pause(connection: Connection, name: str, *, paused: bool, updated_by: str) -> None:
    """Pause or resume a queue; its limits stay."""
    await connection.execute(
        "INSERT INTO api.queues (name, paused, updated_by) VALUES ($1, $2, $3)"
        " ON CONFLICT (name) DO UPDATE SET paused = $2, updated_by = $3,"
        " updated_at = clock_timestamp() WHERE queues.paused <> $2",
        name,
        paused,
        updated_by,
    )


async def delete(connection: Connection, name: str) -> bool:
    """Forget what was set of a queue; False if there was nothing."""
    found: str | None = await connection.fetchval(
        "DELETE FROM api.queues WHERE name = $1 RETURNING name", name
    )
    return found is not None


async def pause_state(connection: Connection) -> PauseRow:
    """Return whether everything is paused."""
    row = await connection.fetchrow("SELECT paused, changed_at, changed_by FROM api.switches")
    return PauseRow(*row.values()) if row else PauseRow(False, None, None)  # noqa: FBT003 - a row


async def pause_everything(connection: Connection, *, paused: bool, changed_by: str) -> None:
    """Pause or resume everything; nothing is written if it is so already."""
    await connection.execute(
        "UPDATE api.switches SET paused = $1, changed_at = clock_timestamp(), changed_by = $2"
        " WHERE paused <> $1",
        paused,
        changed_by,
    )
