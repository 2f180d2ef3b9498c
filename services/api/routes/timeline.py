"""Runs and fires along the time: on one axis, and by the days of a year."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from services.api.access.auth import closed_router
from services.api.documented.timeline import RunCalendar, Timeline
from services.api.parts import Parts
from services.api.routes.caller import BASE, read_time
from services.api.routes.runs import TaskFilter, read_task_filter
from services.api.runs.axis import (
    MOST_DAYS,
    MOST_TASKS,
    STRETCHES,
    axis_view,
    bars_per_task,
    crowded,
    days_between,
    days_view,
    range_of,
)
from services.api.store import axis, tasks
from services.api.wire.answers import json_answer
from services.api.wire.problems import Refused
from shared.domain.errors import InvalidDefinition
from shared.domain.time_zone import parse_zone

router = closed_router(BASE)


@router.get("/timeline", response_model=Timeline)
async def show_timeline(
    *,
    parts: Parts,
    earliest: Annotated[str, Query(alias="from", description="Six hours ago unless given.")] = "",
    latest: Annotated[str, Query(alias="to", description="In two hours unless given.")] = "",
    task_id: TaskFilter = "",
    q: Annotated[str, Query(max_length=200, description="Text in the task's name.")] = "",
    queue: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_TASKS, description="Tasks.")] = 30,
) -> Response:
    """Show past and live runs, those that wait, and fires to come, task by task.

    Tasks that ran last come first. What is left out is told: `tasks_in_all`, `runs_cut` (then
    `stretches` counts all of them) and `fires_cut`.
    """
    start, end = read_time("from", earliest), read_time("to", latest)
    choice = axis.Choice(
        task_id=read_task_filter(task_id), queue=queue or None, text=q.strip() or None
    )
    async with parts.database.connection() as connection:
        shown = range_of(start, end, await tasks.now(connection))
        ids, in_all = await axis.tasks_on_axis(connection, choice, limit)
        rows = await tasks.several(connection, ids)
        most = bars_per_task(len(ids))
        bars = await axis.bars(connection, ids, shown.earliest, shown.latest, most + 1)
        many = crowded(bars, most)
        counted = await axis.stretches(connection, many, shown.earliest, shown.latest, STRETCHES)
    # Working out fires takes processor time; meanwhile others are to be answered.
    view = await asyncio.to_thread(axis_view, shown, rows, bars, counted, in_all)
    return json_answer(view).response()


@router.get("/run-calendar", response_model=RunCalendar)
async def show_run_calendar(
    *,
    parts: Parts,
    task_id: TaskFilter = "",
    days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 371,
    tz: Annotated[str, Query(max_length=64, description="IANA name of a time zone.")] = "UTC",
) -> Response:
    """Show how runs ended, by the days on which they began: of a task, or of all."""
    task = read_task_filter(task_id)
    try:
        zone = parse_zone(tz)
    except InvalidDefinition as error:
        problems = [each.under("/query/tz") for each in error.problems]
        raise Refused(400, "query.invalid", problems=problems) from None
    async with parts.database.connection() as connection:
        start, end, first = days_between(days, zone, await tasks.now(connection))
        rows = await axis.days(connection, start, end, zone.key, task)
    return json_answer({"tz": zone.key, "days": [*days_view(rows, first, days)]}).response()
