"""Backfills: past fires of a task are run again."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Annotated
from uuid import UUID, uuid4

import pydantic
from fastapi import Depends, Path, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.documented.runs import (
    BackfillCancelled,
    BackfillProgress,
    Backfills,
    BackfillStarted,
    may_take,
)
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.routes.caller import BASE, Cursor, Limit, TaskId
from services.api.runs import backfill
from services.api.runs.schemas import BackfillCancel, BackfillCreate
from services.api.store import audit, tasks
from services.api.store import backfills as store
from services.api.tasks.dependencies import read_id
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import Document, JsonDocument, OptionalBody
from services.api.wire.cursor import read_instant_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import refuse_fields
from services.api.wire.shape import problems_of
from shared.db.pool import Connection
from shared.domain.errors import NotFound
from shared.domain.instant import format_instant

router = closed_router(BASE)


async def backfill_id_of(
    backfill_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
) -> UUID:
    """Dependency: the backfill id of the path.

    Raises:
        NotFound: it spells no id, so there is no such backfill.
    """
    identity = read_id(backfill_id)
    if identity is None:
        raise NotFound("backfill", "")
    return identity


BackfillId = Annotated[UUID, Depends(backfill_id_of)]


@router.post(
    "/automation-tasks/{task_id}/backfills",
    status_code=202,
    response_model=BackfillStarted,
    openapi_extra=takes(BackfillCreate),
)
async def create_backfill(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    task_id: TaskId,
    document: JsonDocument,
    key: IdempotencyKey,
) -> Response:
    """Run the fires of a past range again, at most 10,000, one after the other unless told so."""
    wished = backfill.read_range(document.value)
    async with parts.database.connection() as connection:
        task = await tasks.get(connection, task_id)
    if task is None:
        raise NotFound("task", str(task_id))
    # Ten thousand fires take a moment, in which others are to be answered.
    instants, left_out = await asyncio.to_thread(backfill.fires_of, task, wished)
    told = {
        "id": None if wished.dry_run else str(uuid4()),
        "fires": len(instants),
        "left_out": left_out,
        "first": format_instant(instants[0]),
        "last": format_instant(instants[-1]),
    }
    if told["id"] is None:
        return json_answer(told).response()

    async def act(connection: Connection) -> Answer:
        await backfill.start(
            connection, UUID(str(told["id"])), task, wished, instants, by=caller.name
        )
        actor = audit.Actor.of(caller)
        await audit.note(
            connection,
            actor,
            "backfill.created",
            "backfill",
            str(told["id"]),
            after={**told, "task_id": str(task_id)},
        )
        return json_answer(told, 202)

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    parts.wake_relay()
    return answer.response()


@router.get("/automation-tasks/{task_id}/backfills", response_model=Backfills)
async def list_backfills(
    parts: Parts, task_id: TaskId, limit: Limit = 50, cursor: Cursor = ""
) -> Response:
    """List the backfills of a task, newest first."""
    before = read_instant_cursor(cursor) if cursor else None
    async with parts.database.connection() as connection:
        rows = await store.of_task(connection, task_id, before=before, limit=limit + 1)
        if not rows and not await tasks.exists(connection, task_id):
            raise NotFound("task", str(task_id))
    shown = rows[:limit]
    more = len(rows) > limit
    return json_answer(
        {
            "items": [backfill.backfill_view(row) for row in shown],
            "next": write_cursor(shown[-1].created_at, shown[-1].id) if more else None,
        }
    ).response()


@router.get("/backfills/{backfill_id}", response_model=BackfillProgress)
async def get_backfill(parts: Parts, backfill_id: BackfillId) -> Response:
    """Read one backfill and how far it is."""
    async with parts.database.connection() as connection:
        row = await store.get(connection, backfill_id)
        if row is None:
            raise NotFound("backfill", str(backfill_id))
        counts = Counter((await store.standing(connection, backfill_id)).values())
    return json_answer(
        {
            **backfill.backfill_view(row),
            "state": backfill.state_of(row, counts),
            "counts": dict(sorted(counts.items())),
        }
    ).response()


@router.post(
    "/backfills/{backfill_id}/cancel",
    response_model=BackfillCancelled,
    openapi_extra=may_take(BackfillCancel),
)
async def cancel_backfill(
    *,
    parts: Parts,
    caller: Caller,
    backfill_id: BackfillId,
    document: Annotated[Document, Depends(OptionalBody())],
) -> Response:
    """Cancel a backfill: its runs that wait, and with `running_too` also those in hand."""
    try:
        wished = BackfillCancel.model_validate(document.value)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    async with parts.database.connection() as connection:
        if await store.get(connection, backfill_id) is None:
            raise NotFound("backfill", str(backfill_id))
    came_of = await backfill.cancel(
        parts,
        backfill_id,
        running_too=wished.running_too,
        reason=wished.reason,
        actor=audit.Actor.of(caller),
    )
    return json_answer(
        {
            "id": str(backfill_id),
            "cancelled": came_of.cancelled,
            "cancelling": came_of.cancelling,
            "left": came_of.left,
        }
    ).response()
