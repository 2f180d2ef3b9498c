"""Tasks: read with their statistics, written under a lock."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.api.store import graph
from services.api.tasks.definition import Definition, Facts
from services.api.tasks.dependencies import Mentioned
from services.api.tasks.upcoming import read_calendar
from shared.contracts.policy import TaskPolicy
from shared.contracts.tasks import TaskType
from shared.db.pool import Connection, Record
from shared.domain.blackout import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """A task as it is stored, with what the log says of its runs."""

    id: UUID
    seq: int
    definition: Definition
    version: int
    created_at: datetime
    updated_at: datetime
    created_by: str | None
    now: datetime
    """The database's clock when this was read."""
    run_count: int
    success_count: int
    failure_count: int
    last_run_at: datetime | None
    last_result: str | None
    calendars: tuple[Calendar, ...] = ()
    """Those that its schedule keeps clear of."""
    unreachable: tuple[str, ...] = ()
    """Its recipients that are neither a channel nor an e-mail address."""
    creator_is_reached: bool = False
    """Whether its creator is one of those: they are told if there are no recipients."""


_WRITTEN = (
    "name",
    "description",
    "task_type",
    "task_action",
    "schedule_config",
    "trigger_config",
    "action_config",
    "enabled",
    "dependent_tasks",
    "timeout_seconds",
    "notify_on_success",
    "notify_on_failure",
    "notify_recipients",
    "policy",
)
_OWN = ", ".join(
    f"t.{name}"
    for name in ("id", "seq", *_WRITTEN, "version", "created_at", "updated_at", "created_by")
)
_READ = (
    f"SELECT {_OWN}, clock_timestamp() AS now, s.run_count, s.success_count, s.failure_count,"  # noqa: S608 - our own column list
    " s.last_run_at, s.last_result,"
    " CASE WHEN t.policy ->> 'blackout' IS NOT NULL THEN"
    " (SELECT array_agg(c.spec::text ORDER BY c.name) FROM api.calendars c"
    "  WHERE t.policy::jsonb #> '{{blackout,calendars}}' ? c.name) END AS calendars,"
    " ARRAY(SELECT r FROM unnest(t.notify_recipients) AS r WHERE r NOT LIKE '%@%'"
    "  AND NOT EXISTS (SELECT FROM api.channels c WHERE c.name = r)) AS unreachable,"
    " t.created_by LIKE '%@%' OR EXISTS"
    "  (SELECT FROM api.channels c WHERE c.name = t.created_by) AS creator_is_reached"
    " FROM {source} t LEFT JOIN log.api_task_statistics s ON s.task_id = t.id"
)
_FROM_TABLE = _READ.format(source="api.tasks")
_FROM_CHANGE = _READ.format(source="changed")
_PLACES = ", ".join(f"${number}" for number in range(2, 2 + len(_WRITTEN)))


async def get(connection: Connection, task_id: UUID) -> TaskRow | None:
    """Return one task."""
    row = await connection.fetchrow(f"{_FROM_TABLE} WHERE t.id = $1", task_id)
    return _row(row) if row else None


async def many(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, TaskRow]:
    """Return those of *ids* that are tasks."""
    rows = await connection.fetch(f"{_FROM_TABLE} WHERE t.id = ANY($1::uuid[])", list(ids))
    return {row["id"]: _row(row) for row in rows}


async def several(connection: Connection, task_ids: Sequence[UUID]) -> list[TaskRow]:
    """Return tasks in the order asked, as far as they are there."""
    rows = await connection.fetch(f"{_FROM_TABLE} WHERE t.id = ANY($1::uuid[])", list(task_ids))
    found = {row["id"]: _row(row) for row in rows}
    return [found[each] for each in task_ids if each in found]


async def lock(connection: Connection, task_id: UUID) -> TaskRow | None:
    """Return one task and keep everybody else from changing it until the transaction ends."""
    row = await connection.fetchrow(f"{_FROM_TABLE} WHERE t.id = $1 FOR UPDATE OF t", task_id)
    return _row(row) if row else None


async def page(
    connection: Connection,
    *,
    task_type: str | None,
    enabled: bool | None,
    limit: int,
    offset: int,
) -> tuple[list[TaskRow], int]:
    """Return a page of tasks, newest first, and how many there are in all."""
    where = (
        " WHERE ($1::text IS NULL OR t.task_type = $1) AND ($2::boolean IS NULL OR t.enabled = $2)"
    )
    rows = await connection.fetch(
        f"{_FROM_TABLE}{where} ORDER BY t.seq DESC LIMIT $3 OFFSET $4",
        task_type,
        enabled,
        limit,
        offset,
    )
    total = await connection.fetchval(
        f"SELECT count(*) FROM api.tasks t{where}",  # noqa: S608 - our own condition
        task_type,
        enabled,
    )
    return [_row(row) for row in rows], total


async def facts(connection: Connection, mentioned: Mentioned, task_id: UUID | None = None) -> Facts:
    """Return what a definition that mentions these tasks is judged by; see `graph.known`."""
    known = await graph.known(connection, mentioned, task_id)
    return Facts(now=await now(connection), graph=known)


async def insert(
    connection: Connection, task_id: UUID, definition: Definition, *, created_by: str
) -> TaskRow:
    """Store a new task."""
    row = await connection.fetchrow(
        f"WITH changed AS (INSERT INTO api.tasks (id, {', '.join(_WRITTEN)}, created_by)"  # noqa: S608 - our own column list
        f" VALUES ($1, {_PLACES}, ${len(_WRITTEN) + 2}) RETURNING *) {_FROM_CHANGE}",
        task_id,
        *_values(definition),
        created_by,
    )
    await graph.save_edges(connection, task_id, definition, is_new=True)
    assert row is not None  # noqa: S101 - RETURNING of one inserted row
    return _row(row)


async def update(connection: Connection, task_id: UUID, definition: Definition) -> TaskRow:
    """Store a new version of a task that the caller has locked."""
    row = await connection.fetchrow(
        f"WITH changed AS (UPDATE api.tasks SET ({', '.join(_WRITTEN)}, version, updated_at)"  # noqa: S608 - our own column list
        f" = ({_PLACES}, version + 1, clock_timestamp()) WHERE id = $1 RETURNING *) {_FROM_CHANGE}",
        task_id,
        *_values(definition),
    )
    await graph.save_edges(connection, task_id, definition)
    assert row is not None  # noqa: S101 - the row is locked
    return _row(row)


async def delete(connection: Connection, task_id: UUID) -> datetime:
    """Remove a task that the caller has locked; return when."""
    await graph.save_edges(connection, task_id, None)
    at: datetime = await connection.fetchval(
        "DELETE FROM api.tasks WHERE id = $1 RETURNING clock_timestamp()", task_id
    )
    return at


async def exists(connection: Connection, task_id: UUID) -> bool:
    """Return whether there is such a task."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM api.tasks WHERE id = $1)", task_id
    )
    return found


async def versions(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the versions of those of *ids* that are tasks."""
    rows = await connection.fetch(
        "SELECT id, version FROM api.tasks WHERE id = ANY($1::uuid[])", list(ids)
    )
    return {row["id"]: row["version"] for row in rows}


async def actions(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the actions of those of *ids* that are tasks."""
    rows = await connection.fetch(
        "SELECT id, task_action FROM api.tasks WHERE id = ANY($1::uuid[])", list(ids)
    )
    return {row["id"]: row["task_action"] for row in rows}


async def now(connection: Connection) -> datetime:
    """Return the database's time."""
    at: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return at


def _values(definition: Definition) -> list[object]:
    return [
        definition.name,
        definition.description,
        definition.task_type.value,
        definition.task_action,
        _written(definition.schedule_config),
        _written(definition.trigger_config),
        _written(definition.action_config),
        definition.enabled,
        list(definition.dependent_tasks),
        definition.timeout_seconds,
        definition.notify_on_success,
        definition.notify_on_failure,
        list(definition.notify_recipients),
        definition.policy.to_json(),
    ]


def _written(config: Mapping[str, Any] | None) -> str | None:
    return None if config is None else json.dumps(config, ensure_ascii=False, separators=(",", ":"))


def _config(text: str | None) -> dict[str, Any] | None:
    return None if text is None else json.loads(text)


def _row(row: Record) -> TaskRow:
    return TaskRow(
        id=row["id"],
        seq=row["seq"],
        definition=Definition(
            name=row["name"],
            description=row["description"],
            task_type=TaskType(row["task_type"]),
            task_action=row["task_action"],
            schedule_config=_config(row["schedule_config"]),
            trigger_config=_config(row["trigger_config"]),
            action_config=json.loads(row["action_config"]),
            enabled=row["enabled"],
            dependent_tasks=tuple(row["dependent_tasks"]),
            timeout_seconds=row["timeout_seconds"],
            notify_on_success=row["notify_on_success"],
            notify_on_failure=row["notify_on_failure"],
            notify_recipients=tuple(row["notify_recipients"]),
            policy=TaskPolicy.model_validate_json(row["policy"]),
        ),
        version=row["version"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        created_by=row["created_by"],
        now=row["now"],
        run_count=row["run_count"] or 0,
        success_count=row["success_count"] or 0,
        failure_count=row["failure_count"] or 0,
        last_run_at=row["last_run_at"],
        last_result=row["last_result"],
        unreachable=tuple(row["unreachable"]),
        creator_is_reached=bool(row["creator_is_reached"]),
        calendars=tuple(
            calendar for spec in row["calendars"] or () if (calendar := read_calendar(spec))
        ),
    )
