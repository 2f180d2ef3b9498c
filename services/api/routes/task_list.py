"""The list of tasks for people: one line of text finds them; and how the runs of one went."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from services.api.access.auth import closed_router
from services.api.documented.task_list import QueryFields, TaskList, TaskStatistics
from services.api.parts import Parts
from services.api.routes.caller import BASE, CallersLanguage, Cursor, TaskId, read_choice
from services.api.store import task_list as store
from services.api.store import task_statistics, tasks
from services.api.tasks.list_view import row_view
from services.api.tasks.query.offered import fields_view
from services.api.tasks.query.reading import Term, read_query
from services.api.tasks.statistics_view import WINDOWS, day_views, first_day, window_views
from services.api.wire.answers import json_answer
from services.api.wire.cursor import read_sorted_cursor, write_cursor
from services.api.wire.problems import Refused, refuse_fields
from shared.db.pool import Connection
from shared.domain.errors import InvalidDefinition, NotFound
from shared.domain.instant import format_instant
from shared.domain.time_zone import parse_zone

router = closed_router(BASE)

DEFAULT_SORT = "-created_at"
_SORTS = tuple(store.ORDERS)

Q = Annotated[
    str,
    Query(
        max_length=2_000,
        description="Which tasks: `backup enabled:true last:failure -action:noop`; the fields are"
        " told by GET …/task-list/fields.",
    ),
]
Zone = Annotated[str, Query(max_length=100, description="IANA name; days are those of this zone.")]


@router.get("/task-list", response_model=TaskList)
async def list_tasks_by_query(
    *,
    parts: Parts,
    language: CallersLanguage,
    q: Q = "",
    sort: Annotated[
        str, Query(json_schema_extra={"enum": list(_SORTS)}, description="- in front: descending.")
    ] = DEFAULT_SORT,
    timezone: Zone = "UTC",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = "",
) -> Response:
    """List the tasks that a query finds, each with its latest runs.

    `next_run_at` sorts by the scheduler's own plan; a fire that a blackout will skip counts in it.
    """
    zone = read_zone(timezone)
    order = store.ORDERS[read_choice("sort", sort, _SORTS) or DEFAULT_SORT]
    after = store.Key(*read_sorted_cursor(cursor, sort)) if cursor else None
    async with parts.database.connection() as connection:
        terms = await read_terms(connection, q, zone)
        found, total = await store.find(connection, terms, order, after=after, limit=limit + 1)
        shown = [each.id for each in found[:limit]]
        rows = await tasks.many(connection, shown)
        lately = await store.lately(connection, shown)
    more = len(found) > limit
    return json_answer(
        {
            "items": [row_view(rows[each], lately, language) for each in shown if each in rows],
            "next": write_cursor(sort, *found[limit - 1].key) if more else None,
            "total": min(total, store.MOST_COUNTED),
            "total_is_exact": total <= store.MOST_COUNTED,
        },
        Content_Language=language,
    ).response()


@router.get("/task-list/fields", response_model=QueryFields)
async def list_query_fields(parts: Parts, language: CallersLanguage) -> Response:
    """Tell what a query of the task list may ask for."""
    async with parts.database.connection() as connection:
        names = await store.queue_names(connection)
    known = {"queues": names, "actions": sorted(parts.catalog)}
    return json_answer(fields_view(known, language), Content_Language=language).response()


@router.get("/automation-tasks/{task_id}/statistics", response_model=TaskStatistics)
async def get_task_statistics(parts: Parts, task_id: TaskId, timezone: Zone = "UTC") -> Response:
    """Tell how the runs of a task went: within 24 hours, 7 and 30 days, and day by day."""
    zone = read_zone(timezone)
    async with parts.database.connection() as connection:
        if not await tasks.exists(connection, task_id):
            raise NotFound("task", str(task_id))
        now = await tasks.now(connection)
        windows = await task_statistics.windows(
            connection, task_id, now=now, lengths=list(WINDOWS.values())
        )
        days = await task_statistics.days(
            connection, task_id, since=first_day(now, zone), zone=timezone
        )
    return json_answer(
        {
            "task_id": str(task_id),
            "counted_at": format_instant(now),
            "timezone": timezone,
            "windows": window_views(windows),
            "days": day_views(days, now, zone),
        }
    ).response()


async def read_terms(connection: Connection, line: str, zone: tzinfo) -> tuple[Term, ...]:
    """Return the terms of a query, judged by the database's clock.

    Raises:
        Refused: 422, with everything that is wrong and where.
    """
    try:
        return read_query(line, now=await tasks.now(connection), zone=zone)
    except InvalidDefinition as error:
        raise refuse_fields(error.problems) from None


def read_zone(name: str) -> tzinfo:
    """Return the time zone of a query parameter.

    Raises:
        Refused: 400, there is none of that name.
    """
    try:
        return parse_zone(name)
    except InvalidDefinition as error:
        problems = [problem.under("/query/timezone") for problem in error.problems]
        raise Refused(400, "query.invalid", problems=problems) from None
