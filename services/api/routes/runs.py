"""Runs: started by hand, and what became of them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, Query, Request
from starlette.responses import Response

from services.api.answers import Answer, json_answer
from services.api.auth import Caller, closed_router
from services.api.body import Document, JsonBody, no_body
from services.api.bulk import MANUAL, add_requests, read_runs
from services.api.cursor import read_instant_cursor, read_line_cursor, write_cursor
from services.api.documented import Lines, Occurrences, Run, RunsStarted, RunStarted, takes
from services.api.idempotency import IdempotencyKey, once
from services.api.parts import Parts
from services.api.routes.caller import (
    BASE,
    CallersLanguage,
    Cursor,
    Limit,
    RunId,
    TaskId,
    read_choice,
    read_time,
)
from services.api.schemas import RunsCreate
from services.api.store import requests, runs, tasks
from services.api.strict_json import Limits
from services.api.texts import say
from services.api.views import expected_run_view, line_view, occurrence_view, run_view
from shared.db.pool import Connection
from shared.domain.errors import NotFound
from shared.domain.occurrence import Outcome, run_id_for

router = closed_router(BASE)

_TASK = "/automation-tasks/{task_id}"
#: A thousand items of three fields each.
_BULK = Limits(size=1024 * 1024, keys=4_000, values=10_000)


@router.post(f"{_TASK}/run", response_model=RunStarted, dependencies=[Depends(no_body)])
async def run_task(
    *,
    parts: Parts,
    caller: Caller,
    task_id: TaskId,
    language: CallersLanguage,
    key: IdempotencyKey,
) -> Response:
    """Run a task now, also one that is disabled. Answers at once, never waits for the action.

    The same Idempotency-Key gives the same run, for ever.
    """
    run_id = run_id_for(str(task_id), MANUAL, key) if key else uuid4()
    async with parts.database.connection() as connection:
        found = await requests.add_run_request(
            connection, run_id=run_id, task_id=task_id, requested_by=caller.name
        )
    if not found:
        raise NotFound("task", str(task_id))
    parts.wake_relay()
    return json_answer(
        {
            "message": say("run.started", language),
            "task_id": str(task_id),
            "status": "running",
            "run_id": str(run_id),
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

    async def act(connection: Connection) -> Answer:
        ids = await add_requests(connection, wished, requested_by=caller.name)
        return json_answer({"run_ids": [str(each) for each in ids]}, 202)

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    parts.wake_relay()
    return answer.response()


@router.get(f"{_TASK}/logs", response_model=list[Run])
async def list_task_logs(parts: Parts, task_id: TaskId, limit: Limit = 50) -> Response:
    """List the newest runs of a task."""
    async with parts.database.connection() as connection:
        rows = await runs.of_task(connection, task_id, limit)
        if not rows:
            await _require_task(connection, task_id)
    return json_answer([run_view(row) for row in rows]).response()


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


@router.get("/automation-runs/{run_id}", response_model=Run)
async def get_run(parts: Parts, run_id: RunId, language: CallersLanguage) -> Response:
    """Read one run; before it begins its status is `waiting`."""
    async with parts.database.connection() as connection:
        row = await runs.get(connection, run_id)
        if row is not None:
            return json_answer(run_view(row)).response()
        expected = await runs.expected(connection, run_id)
    if expected is None:
        raise NotFound("run", str(run_id))
    return json_answer(expected_run_view(*expected, language)).response()


@router.get("/automation-runs/{run_id}/lines", response_model=Lines)
async def list_run_lines(
    *,
    parts: Parts,
    run_id: RunId,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    after: Annotated[str, Query(description="`next` of the page before.")] = "",
) -> Response:
    """Read what a run wrote, oldest first. `next` also serves to look for newer lines later."""
    behind = read_line_cursor(after) if after else (0, 0)
    async with parts.database.connection() as connection:
        rows = await runs.lines(connection, run_id, after=behind, limit=limit)
        if not rows and not await _is_run(connection, run_id):
            raise NotFound("run", str(run_id))
    last = (rows[-1].attempt, rows[-1].seq) if rows else behind
    return json_answer(
        {"items": [line_view(row) for row in rows], "next": f"{last[0]}.{last[1]}"}
    ).response()


async def _require_task(connection: Connection, task_id: UUID) -> None:
    if not await tasks.exists(connection, task_id):
        raise NotFound("task", str(task_id))


async def _is_run(connection: Connection, run_id: UUID) -> bool:
    if await runs.get(connection, run_id) is not None:
        return True
    return await runs.expected(connection, run_id) is not None
