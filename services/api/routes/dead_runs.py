"""Runs that ended for good without success: listed, tried anew, discarded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.access.known_tokens import Principal
from services.api.documented.runs import DeadRuns, Decided, DecidedMany, may_take
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.routes.caller import BASE, Cursor, Limit, RunId
from services.api.routes.caller import read_choice as read_word
from services.api.routes.runs import TaskFilter, read_task_filter
from services.api.runs.dead_runs import (
    Choice,
    discard,
    discard_many,
    read_choice,
    read_requeue,
    requeue,
    requeue_many,
)
from services.api.runs.dead_runs import Decided as Decision
from services.api.runs.schemas import (
    MOST_AT_ONCE,
    DeadRunRequeue,
    DeadRunsChoice,
    DeadRunsRequeue,
)
from services.api.runs.views import dead_run_view
from services.api.store import audit
from services.api.store import dead_runs as store
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import Document, JsonBody, OptionalBody, no_body
from services.api.wire.cursor import read_instant_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.strict_json import Limits
from shared.contracts.runs import RunStatus
from shared.db.pool import Connection

router = closed_router(BASE)

#: A thousand ids.
_MANY = Limits(size=128 * 1024)


#: How a run can have died.
_WAYS = (RunStatus.FAILURE, RunStatus.TIMED_OUT, RunStatus.NEEDS_OPERATOR)


@router.get("/dead-runs", response_model=DeadRuns)
async def list_dead_runs(
    *,
    parts: Parts,
    limit: Limit = 50,
    cursor: Cursor = "",
    state: Annotated[str, Query(json_schema_extra={"enum": ["", *store.STATES]})] = "",
    task_id: TaskFilter = "",
    status: Annotated[str, Query(json_schema_extra={"enum": ["", *_WAYS]})] = "",
    q: Annotated[
        str, Query(max_length=200, description="Looked for in the error and the task's name.")
    ] = "",
) -> Response:
    """List dead runs, the latest first. A task without retries has none but `needs_operator`."""
    before = read_instant_cursor(cursor) if cursor else None
    wanted = read_word("state", state, store.STATES)
    task = read_task_filter(task_id)
    way = read_word("status", status, _WAYS)
    async with parts.database.connection() as connection:
        rows = await store.page(
            connection,
            state=wanted,
            task_id=task,
            status=way,
            containing=q.strip() or None,
            before=before,
            limit=limit + 1,
        )
    shown = rows[:limit]
    more = len(rows) > limit
    return json_answer(
        {
            "items": [dead_run_view(row) for row in shown],
            "next": write_cursor(shown[-1].died_at, shown[-1].run_id) if more else None,
        }
    ).response()


@router.post(
    "/dead-runs/{run_id}/requeue", response_model=Decided, openapi_extra=may_take(DeadRunRequeue)
)
async def requeue_dead_run(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    run_id: RunId,
    document: Annotated[Document, Depends(OptionalBody())],
    key: IdempotencyKey,
) -> Response:
    """Try a dead run anew, with other parameters if given: a new run in its stead, once.

    If it was requeued before, the answer names that run and says `already`.
    """
    wished = read_requeue(document.value)

    async def act(connection: Connection) -> Answer:
        decided = await requeue(connection, parts.catalog, run_id, wished, caller)
        await _note(connection, caller, "requeued", [decided])
        return json_answer(decided.view())

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    parts.wake_relay()
    return answer.response()


@router.post("/dead-runs/{run_id}/discard", response_model=Decided, dependencies=[Depends(no_body)])
async def discard_dead_run(parts: Parts, caller: Caller, run_id: RunId) -> Response:
    """Note that nothing is to be done about a dead run."""
    async with parts.database.transaction() as connection:
        decided = await discard(connection, run_id, by=caller.name)
        await _note(connection, caller, "discarded", [decided])
    return json_answer(decided.view()).response()


@router.post("/dead-runs/requeue", response_model=DecidedMany, openapi_extra=takes(DeadRunsRequeue))
async def requeue_dead_runs(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    document: Annotated[Document, Depends(JsonBody(_MANY))],
    key: IdempotencyKey,
) -> Response:
    """Try open dead runs anew: at most 1,000, by their ids or all of a task, the oldest first."""
    choice = read_choice(document.value, DeadRunsRequeue)

    async def act(connection: Connection) -> Answer:
        ids, more = await _chosen(connection, choice)
        decided = await requeue_many(connection, ids, choice.params, parts.catalog, caller)
        return await _told(connection, caller, "requeued", decided, more=more)

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    parts.wake_relay()
    return answer.response()


@router.post("/dead-runs/discard", response_model=DecidedMany, openapi_extra=takes(DeadRunsChoice))
async def discard_dead_runs(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    document: Annotated[Document, Depends(JsonBody(_MANY))],
    key: IdempotencyKey,
) -> Response:
    """Discard open dead runs: at most 1,000, by their ids or all of a task, the oldest first."""
    choice = read_choice(document.value, DeadRunsChoice)

    async def act(connection: Connection) -> Answer:
        ids, more = await _chosen(connection, choice)
        decided = await discard_many(connection, ids, caller)
        return await _told(connection, caller, "discarded", decided, more=more)

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    return answer.response()


async def _chosen(connection: Connection, choice: Choice) -> tuple[list[UUID], bool]:
    """Return the runs that are meant, and whether there are more."""
    if choice.task_id is None:
        return list(choice.run_ids or ()), False
    ids = await store.open_of_task(connection, choice.task_id, MOST_AT_ONCE + 1)
    return ids[:MOST_AT_ONCE], len(ids) > MOST_AT_ONCE


async def _told(
    connection: Connection,
    caller: Principal,
    verb: str,
    decided: Sequence[Decision],
    *,
    more: bool,
) -> Answer:
    await _note(connection, caller, verb, decided)
    return json_answer({"items": [each.view() for each in decided], "more": more})


async def _note(
    connection: Connection, caller: Principal, verb: str, decided: Sequence[Decision]
) -> None:
    deeds = [
        audit.Deed(
            str(each.run_id), {"new_run_id": str(each.new_run_id) if each.new_run_id else None}
        )
        for each in decided
        if not each.already
    ]
    await audit.note_many(connection, audit.Actor.of(caller), f"dead_run.{verb}", "dead_run", deeds)
