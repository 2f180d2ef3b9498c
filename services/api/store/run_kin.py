"""Runs that belong together: what caused one, what it caused, and the names of their tasks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection

#: Runs that one caused and that are told.
MOST = 50


class KinRow(NamedTuple):
    """Another run, and how it stands."""

    run_id: UUID
    task_id: UUID
    task_name: str | None
    trigger: str
    status: str
    at: datetime


_KIN = """
SELECT o.run_id, o.task_id, t.name, o.trigger,
    coalesce(r.status, CASE WHEN o.outcome = 'fired' THEN 'waiting' ELSE o.outcome END),
    coalesce(r.started_at, o.due_at)
FROM scheduler.api_occurrences o
LEFT JOIN log.api_runs r ON r.run_id = o.run_id
LEFT JOIN api.tasks t ON t.id = o.task_id
WHERE o.run_id = ANY($1::uuid[]) ORDER BY o.created_at, o.run_id
"""


async def names(connection: Connection, task_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of tasks that are there."""
    if not task_ids:
        return {}
    rows = await connection.fetch(
        "SELECT id, name FROM api.tasks WHERE id = ANY($1::uuid[])", list(task_ids)
    )
    return {row["id"]: row["name"] for row in rows}


async def task_of(connection: Connection, task_id: UUID) -> tuple[str, str] | None:
    """Return the name and the action of a task."""
    row = await connection.fetchrow(
        "SELECT name, task_action FROM api.tasks WHERE id = $1", task_id
    )
    return (row["name"], row["task_action"]) if row else None


async def causing(connection: Connection, run_id: UUID) -> KinRow | None:
    """Return one run as the cause of another."""
    found = await _read(connection, [run_id])
    return found[0] if found else None


async def caused_by(connection: Connection, run_id: UUID) -> list[KinRow]:
    """Return the runs that one caused: its dependants, and those that try it anew."""
    rows = await connection.fetch(
        "SELECT run_id FROM scheduler.api_causes WHERE caused_by = $1"
        " ORDER BY created_at, run_id LIMIT $2",
        str(run_id),
        MOST,
    )
    return await _read(connection, [row["run_id"] for row in rows])


async def _read(connection: Connection, run_ids: Collection[UUID]) -> list[KinRow]:
    if not run_ids:
        return []
    return [KinRow(*row.values()) for row in await connection.fetch(_KIN, list(run_ids))]
