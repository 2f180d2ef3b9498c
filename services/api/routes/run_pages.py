"""Runs as people look for them: a list with filters, one with all that happened to it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from services.api.access.auth import closed_router
from services.api.documented.runs import ListedRuns, RunDetail
from services.api.parts import ApiParts, Parts
from services.api.routes.caller import BASE, CallersLanguage, Cursor, Limit, RunId, read_time
from services.api.routes.runs import TaskFilter, read_task_filter
from services.api.runs.views import holder_view, kin_view, listed_run_view, run_detail_view
from services.api.runs.wanted import STATUSES, TRIGGERS, Wanted, read_words
from services.api.runs.why import origin_of, upstream_of
from services.api.store import holders, run_history, run_kin, run_list
from services.api.tasks.dependencies import read_id
from services.api.wire.answers import json_answer
from services.api.wire.cursor import read_instant_cursor, write_cursor
from shared.domain.errors import NotFound

router = closed_router(BASE)

_MANY = "One or more, with commas between: {}."
Word = Annotated[str, Query(max_length=64)]
Statuses = Annotated[str, Query(max_length=200, description=_MANY.format(", ".join(STATUSES)))]
Triggers = Annotated[str, Query(max_length=64, description=_MANY.format(", ".join(TRIGGERS)))]
Earliest = Annotated[str, Query(alias="from", description="Started or due, included")]
Latest = Annotated[str, Query(alias="to", description="Started or due, excluded")]
ActionName = Annotated[str, Query(max_length=100, description="Of the task, as it is now.")]
Executor = Annotated[str, Query(max_length=200, description="Instance of the last attempt.")]
LeastSeconds = Annotated[int, Query(ge=0, description="Ran so long at least.")]
ErrorText = Annotated[str, Query(max_length=200, description="Text in the error.")]
AnyText = Annotated[
    str,
    Query(
        max_length=200, description="Text in the task's name, the result or the error; or an id."
    ),
]
Counted = Annotated[
    str, Query(json_schema_extra={"enum": ["", "true"]}, description="true: count them.")
]


@router.get("/automation-runs", response_model=ListedRuns)
async def list_runs(
    *,
    parts: Parts,
    language: CallersLanguage,
    limit: Limit = 50,
    cursor: Cursor = "",
    task_id: TaskFilter = "",
    status: Statuses = "",
    trigger: Triggers = "",
    queue: Word = "",
    earliest: Earliest = "",
    latest: Latest = "",
    action: ActionName = "",
    executor: Executor = "",
    min_seconds: LeastSeconds = 0,
    error: ErrorText = "",
    q: AnyText = "",
    total: Counted = "",
) -> Response:
    """List runs, newest first: those in the log by their start, those that wait by when due.

    With a filter that only few runs meet a page may be short, or empty; `next` then goes on with
    older ones.
    """
    wanted = Wanted(
        task_id=read_task_filter(task_id),
        statuses=read_words("status", status, STATUSES),
        triggers=tuple(trigger.split(",")) if trigger else None,
        queue=queue or None,
        earliest=read_time("from", earliest),
        latest=read_time("to", latest),
        action=action or None,
        executor=executor or None,
        least_seconds=min_seconds or None,
        error=error or None,
        text=q.strip() or None,
    )
    found, names, counted = await _read(
        parts, wanted, cursor, limit + 1, is_counted=total == "true"
    )
    shown = found.rows[:limit]
    last = (shown[-1].at, shown[-1].run.run_id) if len(found.rows) > limit else found.until
    return json_answer(
        {
            "items": [listed_run_view(row, names, language) for row in shown],
            "next": write_cursor(*last) if last else None,
            "total": counted,
        },
        Content_Language=language,
    ).response()


async def _read(
    parts: ApiParts,
    wanted: Wanted,
    cursor: str,
    limit: int,
    *,
    is_counted: bool,
) -> tuple[run_list.Page, dict[UUID, str], int | None]:
    before = read_instant_cursor(cursor) if cursor else None
    async with parts.database.connection() as connection:
        found = await run_list.page(connection, wanted, before=before, limit=limit)
        upstreams = {upstream for row in found.rows if (upstream := upstream_of(row.origin))}
        names = await run_kin.names(connection, upstreams)
        counted = await run_list.count(connection, wanted) if is_counted else None
    return found, names, counted


@router.get("/automation-runs/{run_id}", response_model=RunDetail)
async def get_run(parts: Parts, run_id: RunId, language: CallersLanguage) -> Response:
    """Read one run and all that happened to it; before it begins its status is `waiting`."""
    async with parts.database.connection() as connection:
        history = await run_history.find(connection, run_id)
        if history is None:
            raise NotFound("run", str(run_id))
        in_the_way = await holders.of(connection, run_id)
        task = await run_kin.task_of(connection, history.task_id)
        cause = read_id(str(origin_of(history.origin).get("run_id")))
        causing = await run_kin.causing(connection, cause) if cause else None
        caused = await run_kin.caused_by(connection, run_id)
        upstream = upstream_of(history.origin)
        names = await run_kin.names(connection, [upstream] if upstream else [])
    shown = {
        **run_detail_view(history, names, language),
        "trace_url": parts.traces.link(history.trace_id),
        "task_name": task[0] if task else None,
        "task_action": task[1] if task else None,
        "held_by": [*map(holder_view, in_the_way)],
        "caused_by": kin_view(causing) if causing else None,
        "caused": [*map(kin_view, caused)],
    }
    return json_answer(shown, Content_Language=language).response()
