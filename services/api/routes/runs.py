"""Runs: started by hand, and what became of them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.access.known_tokens import Principal
from services.api.documented.runs import may_take
from services.api.documented.tasks import Occurrences, Run, RunsStarted, RunStarted, takes
from services.api.parts import Parts
from services.api.routes.caller import (
    BASE,
    CallersLanguage,
    Cursor,
    Limit,
    TaskId,
    read_choice,
    read_time,
)
from services.api.runs.ask import NewRun, add_new_runs, judge_params, new_run_id
from services.api.runs.bulk import MANUAL, add_requests, read_run_now, read_runs
from services.api.runs.same import the_same
from services.api.runs.views import (
    RETRYING,
    WAITING,
)
from services.api.secrets.allowed import Wished, require_allowed
from services.api.store import audit, requests, runs, tasks
from services.api.tasks.dependencies import read_id
from services.api.tasks.schemas import RunNow, RunsCreate
from services.api.tasks.views import occurrence_view, run_view
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import Document, JsonBody, OptionalBody
from services.api.wire.cursor import read_instant_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import Refused
from services.api.wire.strict_json import Limits
from services.api.wire.texts import say
from shared.contracts.runs import RunStatus
from shared.db.pool import Connection
from shared.domain.errors import Conflict, NotFound, Problem
from shared.domain.occurrence import Outcome, run_id_for

router = closed_router(BASE)

_TASK = "/automation-tasks/{task_id}"
#: A thousand items with parameters of their own.
_BULK = Limits(size=1024 * 1024, keys=20_000, values=40_000)
_STATUSES = (WAITING, RETRYING, *RunStatus)


def read_task_filter(text: str) -> UUID | None:
    """Return the task of a query parameter, or None if it is not given.

    Raises:
        Refused: it spells no id.
    """
    identity = read_id(text)
    if text and identity is None:
        problem = Problem("/query/task_id", "task.unknown")
        raise Refused(400, "query.invalid", problems=[problem])
    return identity


TaskFilter = Annotated[str, Query(json_schema_extra={"format": "uuid"})]


@router.post(f"{_TASK}/run", response_model=RunStarted, openapi_extra=may_take(RunNow))
async def run_task(
    *,
    parts: Parts,
    caller: Caller,
    task_id: TaskId,
    language: CallersLanguage,
    document: Annotated[Document, Depends(OptionalBody())],
    key: IdempotencyKey,
) -> Response:
    """Run a task now, also one that is disabled. Answers at once, never waits for the action.

    The same Idempotency-Key gives the same run, for ever. `conflict`: by the task's `unique` the
    same run is there already, and `run_id` is that one's; 409 if the task wants it refused.
    """
    run_id = run_id_for(str(task_id), MANUAL, key) if key else new_run_id()
    wished = read_run_now(document.value)
    if wished == RunNow():
        async with parts.database.connection() as connection:
            asked = await requests.add_run_request(
                connection, run_id=run_id, task_id=task_id, actor=audit.Actor.of(caller)
            )
        if asked is None:
            raise NotFound("task", str(task_id))
        unique = asked.is_unique
        await parts.scheduler.let_go(asked.let_go)
    else:
        unique = await _ask_for(parts, run_id, task_id, wished, caller)
    parts.wake_relay()
    other = await the_same(parts, run_id) if unique else None
    if other is not None and other.rejected:
        raise Conflict("run.same", run=other.run_id)
    return json_answer(
        {
            "message": say("run.started" if other is None else "run.there", language),
            "task_id": str(task_id),
            "status": "running",
            "run_id": str(run_id) if other is None else other.run_id,
            **({} if other is None else {"conflict": True}),
        },
        Content_Language=language,
    ).response()


@router.post(
    "/automation-runs", status_code=202, response_model=RunsStarted, openapi_extra=takes(RunsCreate)
)
async def create_runs(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    document: Annotated[Document, Depends(JsonBody(_BULK))],
    key: IdempotencyKey,
) -> Response:
    """Run many tasks now, at most 10,000 runs in one call: all of them, or none."""
    wished = read_runs(document.value, key)

    let_go: list[str] = []

    async def act(connection: Connection) -> Answer:
        asked = await add_requests(connection, wished, parts.catalog, caller)
        let_go[:] = asked.let_go
        return json_answer({"run_ids": [str(each) for each in asked.run_ids]}, 202)

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    await parts.scheduler.let_go(let_go)
    parts.wake_relay()
    return answer.response()


@router.get(f"{_TASK}/logs", response_model=list[Run])
async def list_task_logs(
    *, parts: Parts, language: CallersLanguage, task_id: TaskId, limit: Limit = 50
) -> Response:
    """List the newest runs of a task."""
    async with parts.database.connection() as connection:
        rows = await runs.of_task(connection, task_id, limit)
        if not rows:
            await _require_task(connection, task_id)
    shown = [run_view(row, language) for row in rows]
    return json_answer(shown, Content_Language=language).response()


@router.get(f"{_TASK}/occurrences", response_model=Occurrences)
async def list_task_occurrences(
    *,
    parts: Parts,
    task_id: TaskId,
    language: CallersLanguage,
    limit: Limit = 50,
    cursor: Cursor = "",
    outcome: Annotated[str, Query(json_schema_extra={"enum": ["", *Outcome]})] = "",
    earliest: Annotated[str, Query(alias="from", description="scheduled_for, included")] = "",
    latest: Annotated[str, Query(alias="to", description="scheduled_for, excluded")] = "",
) -> Response:
    """List what became of each fire of a task, newest first."""
    wanted = read_choice("outcome", outcome, tuple(Outcome))
    start, end = read_time("from", earliest), read_time("to", latest)
    before = read_instant_cursor(cursor) if cursor else None
    async with parts.database.connection() as connection:
        rows = await runs.occurrences(
            connection,
            task_id,
            outcome=wanted,
            earliest=start,
            latest=end,
            before=before,
            limit=limit + 1,
        )
        if not rows:
            await _require_task(connection, task_id)
    shown = rows[:limit]
    more = len(rows) > limit
    return json_answer(
        {
            "items": [occurrence_view(row, language) for row in shown],
            "next": write_cursor(shown[-1].scheduled_for, shown[-1].run_id) if more else None,
        },
        Content_Language=language,
    ).response()


async def _require_task(connection: Connection, task_id: UUID) -> None:
    if not await tasks.exists(connection, task_id):
        raise NotFound("task", str(task_id))


async def _ask_for(
    parts: Parts, run_id: UUID, task_id: UUID, wished: RunNow, caller: Principal
) -> bool:
    """Ask for a run that differs from what its task says; return whether it is to be unique."""
    async with parts.database.transaction() as connection:
        task = await tasks.get(connection, task_id)
        if task is None:
            raise NotFound("task", str(task_id))
        if wished.params is not None:
            name = task.definition.task_action
            judge_params(name, wished.params, parts.catalog, "/params")
            asked = Wished("/params", parts.catalog.get(name), wished.params)
            await require_allowed(connection, [asked], caller.scopes)
        run = NewRun(run_id=run_id, task_id=task_id, params=wished.params, overlap=wished.overlap)
        await add_new_runs(connection, [run], {task_id: task.version}, requested_by=caller.name)
        after = {"run_id": str(run_id), "own_params": wished.params is not None}
        actor = audit.Actor.of(caller)
        await audit.note(connection, actor, "run.requested", "task", str(task_id), after=after)
    return task.definition.policy.unique is not None
