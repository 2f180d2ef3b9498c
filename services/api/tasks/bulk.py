"""Changing many tasks at once: asked for in one call, done by `bulk_worker.py` in small steps.

Which tasks are meant is settled when it is asked for, so that what a dry run showed is what is then
done. What came of each task is kept, and a switch can be taken back where nobody has changed the
task since.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pydantic

from services.api.access.known_tokens import Principal
from services.api.access.scopes import Scope, allows
from services.api.store import task_bulks as store
from services.api.store import task_list, tasks
from services.api.store.audit import Actor, note
from services.api.tasks.dependencies import read_ids
from services.api.tasks.query.reading import read_query
from services.api.tasks.schemas_bulk import TaskBulkCreate
from services.api.wire.problems import Refused, refuse_fields
from services.api.wire.shape import problems_of
from services.api.wire.texts import say
from shared.db.pool import Connection
from shared.domain.errors import Conflict, InvalidDefinition, Problem
from shared.domain.instant import format_instant
from shared.domain.texts.catalog import Language
from shared.domain.time_zone import parse_zone

#: Tasks that one change may touch.
MOST = 10_000
#: Tasks that are named in the first answer.
SAMPLE = 10

_SWITCHED: Mapping[str, bool] = {"enable": True, "disable": False}
_BACK: Mapping[str, str] = {"enable": "disable", "disable": "enable"}


class Standing(NamedTuple):
    """How one stands."""

    row: store.BulkRow
    counts: Mapping[str, int]
    undone_by: UUID | None


def scope_of(action: str) -> Scope:
    """Return what the caller needs for an action."""
    return "tasks:run" if action == "run" else "tasks:write"


async def start(
    connection: Connection, document: Mapping[str, Any], caller: Principal
) -> tuple[UUID, store.Consequences]:
    """Store a change of many tasks; return its id and what there is of the tasks.

    Raises:
        Refused: it makes no sense, finds nothing or too many, or is not the caller's to do.
    """
    try:
        wished = TaskBulkCreate.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    if not allows(caller.scopes, scope_of(wished.action)):
        raise Refused(403, "auth.scope", params={"scope": scope_of(wished.action)})
    ids = await _ids(connection, wished)
    if len(ids) > MOST:
        raise refuse_fields([Problem("", "task_bulk.too_many", {"limit": MOST})])
    about = await store.consequences(connection, ids, enabled=_SWITCHED.get(wished.action))
    bulk = store.NewBulk(id=uuid4(), action=wished.action, actor=Actor.of(caller), query=wished.q)
    entered = await store.insert(connection, bulk, ids)
    if not entered:
        raise refuse_fields([Problem("", "task_bulk.nothing")])
    after = {"action": wished.action, "tasks": entered, "query": wished.q}
    await note(connection, bulk.actor, "task_bulk.created", "task_bulk", str(bulk.id), after=after)
    return bulk.id, about


async def undo(connection: Connection, bulk_id: UUID, caller: Principal) -> UUID:
    """Store the change that takes another one back; return its id.

    Raises:
        Conflict: it cannot be taken back, is not over, or was taken back already.
    """
    row = await store.get(connection, bulk_id)
    if row is None or row.action not in _BACK or row.undo_of is not None:
        raise Conflict("task_bulk.no_undo")
    if row.finished_at is None:
        raise Conflict("task_bulk.under_way")
    bulk = store.NewBulk(
        id=uuid4(), action=_BACK[row.action], actor=Actor.of(caller), undo_of=bulk_id
    )
    entered = await store.insert_undo(connection, bulk)
    if entered is None:
        raise Conflict("task_bulk.undone")
    after = {"action": bulk.action, "tasks": entered, "undo_of": str(bulk_id)}
    await note(connection, bulk.actor, "task_bulk.created", "task_bulk", str(bulk.id), after=after)
    return bulk.id


async def cancel(connection: Connection, bulk_id: UUID, caller: Principal) -> None:
    """Leave what is left undone.

    Raises:
        Conflict: nothing is left.
    """
    if not await store.cancel(connection, bulk_id, by=caller.name):
        raise Conflict("task_bulk.over")
    await note(connection, Actor.of(caller), "task_bulk.cancelled", "task_bulk", str(bulk_id))


async def standings(connection: Connection, rows: Sequence[store.BulkRow]) -> list[Standing]:
    """Return how changes stand."""
    ids = [row.id for row in rows]
    counts = await store.counts(connection, ids)
    undone = await store.undone_by(connection, ids)
    return [Standing(row, counts[row.id], undone.get(row.id)) for row in rows]


def bulk_view(standing: Standing) -> dict[str, Any]:
    """Return a change of many tasks as it is shown."""
    row, counts = standing.row, standing.counts
    done = row.finished_at is not None
    can_undo = done and row.action in _BACK and row.undo_of is None and counts.get("done", 0) > 0
    return {
        "id": str(row.id),
        "action": row.action,
        "state": ("cancelled" if row.cancelled_at else "done") if done else "running",
        "query": row.query,
        "total": row.total,
        "counts": {
            name: counts.get(name, 0)
            for name in ("waiting", "done", "unchanged", "failed", "cancelled")
        },
        "created_at": format_instant(row.created_at),
        "created_by": row.actor,
        "finished_at": format_instant(row.finished_at) if row.finished_at else None,
        "cancelled_by": row.cancelled_by,
        "undo_of": str(row.undo_of) if row.undo_of else None,
        "undone_by": str(standing.undone_by) if standing.undone_by else None,
        "can_undo": can_undo and standing.undone_by is None,
    }


def item_view(row: store.ItemRow, language: Language) -> dict[str, Any]:
    """Return what came of one task."""
    problem = json.loads(row.problem) if row.problem else None
    return {
        "task_id": str(row.task_id),
        "name": row.name,
        "state": row.state,
        "code": problem and problem["code"],
        "detail": problem and say(problem["code"], language, problem["params"]),
        "run_id": str(row.run_id) if row.run_id else None,
    }


async def _ids(connection: Connection, wished: TaskBulkCreate) -> Sequence[UUID]:
    """Return the tasks that are meant.

    Raises:
        Refused: neither or both ways of naming them are used, or the query makes no sense.
    """
    if (wished.ids is None) is (wished.q is None):
        raise refuse_fields([Problem("", "task_bulk.ids_or_query")])
    if wished.ids is not None:
        return list(dict.fromkeys(read_ids(wished.ids)))
    try:
        zone: tzinfo = parse_zone(wished.timezone)
    except InvalidDefinition as error:
        raise refuse_fields([each.under("/timezone") for each in error.problems]) from None
    try:
        terms = read_query(wished.q or "", now=await tasks.now(connection), zone=zone)
    except InvalidDefinition as error:
        problems = [Problem("/q", each.code, each.params) for each in error.problems]
        raise refuse_fields(problems) from None
    without = read_ids(wished.without)
    return await task_list.ids(connection, terms, without=list(without), limit=MOST + 1)
