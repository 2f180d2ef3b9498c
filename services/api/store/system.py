"""The state of the others: who executes, and what nobody could handle."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection


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
    actions: list[str]
    silent_seconds: float


class DeadRow(NamedTuple):
    """A message that nobody could handle."""

    id: int
    stream: str
    subject: str
    reason: str
    payload: bytes
    headers: str
    created_at: datetime


async def executors(connection: Connection) -> list[ExecutorRow]:
    """Return the executors, the latest seen first."""
    rows = await connection.fetch(
        "SELECT executor_id, instance, host, started_at, seen_at, slots, running, draining,"
        " actions,"
        " extract(epoch FROM clock_timestamp() - seen_at)::float8 AS silent_seconds"
        " FROM executor.api_executors ORDER BY seen_at DESC, executor_id LIMIT 1000"
    )
    return [ExecutorRow(*row.values()) for row in rows]


async def dead_letters(connection: Connection, *, before: int, limit: int) -> list[DeadRow]:
    """Return dead letters with an id below *before*, newest first."""
    rows = await connection.fetch(
        "SELECT id, stream, subject, reason, payload, headers, created_at FROM log.api_dead_letters"
        " WHERE id < $1 ORDER BY id DESC LIMIT $2",
        before,
        limit,
    )
    return [DeadRow(*row.values()) for row in rows]
