"""Changes of many tasks at once: asked for, followed, cancelled, taken back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.documented.task_bulks import BulkItems, TaskBulk, TaskBulks, TaskBulkStarted
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.routes.caller import BASE, CallersLanguage, Cursor, Limit, read_choice
from services.api.store import task_bulks as store
from services.api.tasks import bulk
from services.api.tasks.dependencies import read_id
from services.api.tasks.schemas_bulk import TaskBulkCreate
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import JsonDocument
from services.api.wire.cursor import read_number_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from shared.db.pool import Connection
from shared.domain.errors import NotFound

router = closed_router(f"{BASE}/task-bulk")

_STATES = ("waiting", "done", "unchanged", "failed", "cancelled")


async def bulk_id_of(bulk_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})]) -> UUID:
    """Dependency: the id of the path.

    Raises:
        NotFound: it spells no id, so there is no such change.
    """
    identity = read_id(bulk_id)
    if identity is None:
        raise NotFound("task_bulk", "")
    return identity


BulkId = Annotated[UUID, Depends(bulk_id_of)]


@router.post(
    "", status_code=202, response_model=TaskBulkStarted, openapi_extra=takes(TaskBulkCreate)
)
async def start_task_bulk(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    document: JsonDocument,
    language: CallersLanguage,
    key: IdempotencyKey,
) -> Response:
    """Enable, disable, run or delete many tasks, at most 10,000; done in the background.

    All but `run` need the scope tasks:write, too.
    """

    async def act(connection: Connection) -> Answer:
        bulk_id, about = await bulk.start(connection, document.value, caller)
        sample = await store.items(connection, bulk_id, state=None, after=0, limit=bulk.SAMPLE)
        return json_answer(
            {
                **bulk.bulk_view(await _standing(connection, bulk_id)),
                "consequences": about._asdict(),
                "sample": [bulk.item_view(row, language) for row in sample],
            },
            202,
            Content_Language=language,
        )

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    return answer.response()


@router.get("", response_model=TaskBulks)
async def list_task_bulks(
    parts: Parts, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> Response:
    """List the newest changes of many tasks; they are kept for 30 days."""
    async with parts.database.connection() as connection:
        rows = await store.newest(connection, limit)
        standings = await bulk.standings(connection, rows)
    return json_answer({"items": [bulk.bulk_view(each) for each in standings]}).response()


@router.get("/{bulk_id}", response_model=TaskBulk)
async def get_task_bulk(parts: Parts, bulk_id: BulkId) -> Response:
    """Read how far one is."""
    async with parts.database.connection() as connection:
        standing = await _standing(connection, bulk_id)
    return json_answer(bulk.bulk_view(standing)).response()


@router.get("/{bulk_id}/items", response_model=BulkItems)
async def list_task_bulk_items(
    *,
    parts: Parts,
    bulk_id: BulkId,
    language: CallersLanguage,
    state: Annotated[str, Query(json_schema_extra={"enum": ["", *_STATES]})] = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Response:
    """List what came of each task."""
    wanted = read_choice("state", state, _STATES)
    after = read_number_cursor(cursor) if cursor else 0
    async with parts.database.connection() as connection:
        await _standing(connection, bulk_id)
        rows = await store.items(
            connection, bulk_id, state=wanted, after=min(after, 2**31 - 1), limit=limit + 1
        )
    shown = rows[:limit]
    return json_answer(
        {
            "items": [bulk.item_view(row, language) for row in shown],
            "next": write_cursor(shown[-1].place) if len(rows) > limit else None,
        },
        Content_Language=language,
    ).response()


@router.post("/{bulk_id}/cancel", response_model=TaskBulk)
async def cancel_task_bulk(
    *, request: Request, parts: Parts, caller: Caller, bulk_id: BulkId, key: IdempotencyKey
) -> Response:
    """Leave undone what has not been done; what was done stays."""

    async def act(connection: Connection) -> Answer:
        await _standing(connection, bulk_id)
        await bulk.cancel(connection, bulk_id, caller)
        return json_answer(bulk.bulk_view(await _standing(connection, bulk_id)))

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


@router.post("/{bulk_id}/undo", status_code=202, response_model=TaskBulk)
async def undo_task_bulk(
    *, request: Request, parts: Parts, caller: Caller, bulk_id: BulkId, key: IdempotencyKey
) -> Response:
    """Switch tasks back that were enabled or disabled and that nobody has changed since."""

    async def act(connection: Connection) -> Answer:
        await _standing(connection, bulk_id)
        undoing = await bulk.undo(connection, bulk_id, caller)
        return json_answer(bulk.bulk_view(await _standing(connection, undoing)), 202)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


async def _standing(connection: Connection, bulk_id: UUID) -> bulk.Standing:
    row = await store.get(connection, bulk_id)
    if row is None:
        raise NotFound("task_bulk", str(bulk_id))
    (standing,) = await bulk.standings(connection, [row])
    return standing
