"""Executors: who is there, what they have in hand, and which of them operators have drained."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection

MOST = 1_000


class ExecutorRow(NamedTuple):
    """An executor process."""

    executor_id: UUID
    instance: str
    host: str
    started_at: datetime
    seen_at: datetime
    slots: int
    running: int
    draining: bool
    cordoned: bool
    actions: list[str]
    queues: list[str]
    labels: str
    version: str | None
    clock_offset: float | None
    silent_seconds: float
    drain_reason: str | None
    drained_at: datetime | None
    drained_by: str | None


class InHandRow(NamedTuple):
    """A run that an executor has in hand."""

    run_id: UUID
    task_id: UUID
    task_name: str | None
    attempt: int
    claimed_at: datetime
    lease_until: datetime
    progress: str | None


_READ = """
SELECT e.executor_id, e.instance, e.host, e.started_at, e.seen_at, e.slots, e.running, e.draining,
    e.cordoned, e.actions, e.queues, e.labels, e.version, e.clock_offset,
    extract(epoch FROM clock_timestamp() - e.seen_at)::float8, d.reason, d.drained_at, d.drained_by
FROM executor.api_executors e LEFT JOIN api.drains d USING (executor_id)
"""


async def every(connection: Connection) -> list[ExecutorRow]:
    """Return the executors, the latest seen first."""
    rows = await connection.fetch(f"{_READ} ORDER BY e.seen_at DESC, e.executor_id LIMIT {MOST}")
    return [ExecutorRow(*row.values()) for row in rows]


async def get(connection: Connection, executor_id: UUID) -> ExecutorRow | None:
    """Return one executor."""
    row = await connection.fetchrow(f"{_READ} WHERE e.executor_id = $1", executor_id)
    return ExecutorRow(*row.values()) if row else None


async def in_hand(connection: Connection, executor_id: UUID, limit: int) -> list[InHandRow]:
    """Return what an executor has in hand, the longest first."""
    rows = await connection.fetch(
        "SELECT h.run_id, h.task_id, t.name, h.attempt, h.claimed_at, h.lease_until, h.progress"
        " FROM executor.api_in_hand h LEFT JOIN api.tasks t ON t.id = h.task_id"
        " WHERE h.executor_id = $1 ORDER BY h.claimed_at, h.run_id LIMIT $2",
        executor_id,
        limit,
    )
    return [InHandRow(*row.values()) for row in rows]


async def drain(
    connection: Connection, executor_id: UUID, instance: str, *, reason: str | None, by: str
) -> bool:
    """Let an executor take nothing more; False if that was said before.

    What was said of executors that are gone for a day is forgotten on the way.
    """
    await connection.execute(
        "DELETE FROM api.drains d WHERE drained_at < clock_timestamp() - interval '1 day'"
        " AND NOT EXISTS (SELECT FROM executor.api_executors e"
        "                 WHERE e.executor_id = d.executor_id)"
    )
    new: UUID | None = await connection.fetchval(
        "INSERT INTO api.drains (executor_id, instance, reason, drained_by)"
        " VALUES ($1, $2, $3, $4) ON CONFLICT (executor_id) DO NOTHING RETURNING executor_id",
        executor_id,
        instance,
        reason,
        by,
    )
    return new is not None


async def resume(connection: Connection, executor_id: UUID) -> bool:
    """Let an executor take runs again; False if it was not drained."""
    gone: UUID | None = await connection.fetchval(
        "DELETE FROM api.drains WHERE executor_id = $1 RETURNING executor_id", executor_id
    )
    return gone is not None
