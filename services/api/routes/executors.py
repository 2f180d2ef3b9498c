"""Executors: who is there and what they have in hand; drained for maintenance, and resumed."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import pydantic
from fastapi import Depends, Path, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.documented.operations import Executor, ExecutorDetail
from services.api.documented.runs import may_take
from services.api.operations.executors import executor_view, with_runs
from services.api.operations.schemas import ExecutorDrain
from services.api.parts import Parts
from services.api.routes.caller import BASE
from services.api.store import audit
from services.api.store import executors as store
from services.api.tasks.dependencies import read_id
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import Document, OptionalBody, no_body
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import refuse_fields
from services.api.wire.shape import problems_of
from shared.db.pool import Connection
from shared.domain.errors import NotFound

router = closed_router(f"{BASE}/executors")

#: Runs in hand that one answer shows.
MOST_RUNS = 500


async def executor_id_of(
    executor_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
) -> UUID:
    """Dependency: the executor's id of the path.

    Raises:
        NotFound: it spells no id, so there is no such executor.
    """
    identity = read_id(executor_id)
    if identity is None:
        raise NotFound("executor", "")
    return identity


ExecutorId = Annotated[UUID, Depends(executor_id_of)]


@router.get("", response_model=list[Executor])
async def list_executors(parts: Parts) -> Response:
    """List the executors, the latest seen first."""
    async with parts.database.connection() as connection:
        rows = await store.every(connection)
    return json_answer([executor_view(row) for row in rows]).response()


@router.get("/{executor_id}", response_model=ExecutorDetail)
async def get_executor(parts: Parts, executor_id: ExecutorId) -> Response:
    """Read one executor, with the runs that it has in hand."""
    async with parts.database.connection() as connection:
        row = await _there(connection, executor_id)
        runs = await store.in_hand(connection, executor_id, MOST_RUNS + 1)
    shown = with_runs(row, runs[:MOST_RUNS], more=len(runs) > MOST_RUNS)
    return json_answer(shown).response()


@router.put("/{executor_id}/drain", response_model=Executor, openapi_extra=may_take(ExecutorDrain))
async def drain_executor(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    executor_id: ExecutorId,
    document: Annotated[Document, Depends(OptionalBody())],
    key: IdempotencyKey,
) -> Response:
    """Let an executor take nothing more; what it has in hand goes on.

    It hears of it with its next sign of life, within seconds, from the database: neither the API
    nor the bus is needed. It holds until it is resumed or its process ends.
    """
    try:
        wished = ExecutorDrain.model_validate(document.value)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None

    async def act(connection: Connection) -> Answer:
        row = await _there(connection, executor_id)
        is_new = await store.drain(
            connection, executor_id, row.instance, reason=wished.reason, by=caller.name
        )
        if is_new:
            told = {"instance": row.instance, "reason": wished.reason}
            await audit.note(
                connection,
                audit.Actor.of(caller),
                "executor.drained",
                "executor",
                str(executor_id),
                after=told,
            )
        return json_answer(executor_view(await _there(connection, executor_id)))

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    return answer.response()


@router.put("/{executor_id}/resume", response_model=Executor, dependencies=[Depends(no_body)])
async def resume_executor(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    executor_id: ExecutorId,
    key: IdempotencyKey,
) -> Response:
    """Let a drained executor take runs again."""

    async def act(connection: Connection) -> Answer:
        row = await _there(connection, executor_id)
        if await store.resume(connection, executor_id):
            await audit.note(
                connection,
                audit.Actor.of(caller),
                "executor.resumed",
                "executor",
                str(executor_id),
                before={"instance": row.instance, "reason": row.drain_reason},
            )
        return json_answer(executor_view(await _there(connection, executor_id)))

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


async def _there(connection: Connection, executor_id: UUID) -> store.ExecutorRow:
    row = await store.get(connection, executor_id)
    if row is None:
        raise NotFound("executor", str(executor_id))
    return row
