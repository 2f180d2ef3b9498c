"""What helps to write a task: schedules in words and numbers, and the actions there are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import pydantic
from starlette.responses import Response

from services.api.access.auth import closed_router
from services.api.documented.schedules import CronExplained, CrontabRead, Preview, Zones
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.routes.caller import BASE, CallersLanguage
from services.api.store import schedules, tasks
from services.api.tasks.dependencies import read_id
from services.api.tasks.schedule_views import (
    MINUTE,
    Wish,
    crontab_view,
    explain_view,
    look_ahead,
    preview_view,
    zone_view,
)
from services.api.tasks.schemas_schedule import CronExplain, CrontabText, PreviewRequest
from services.api.wire.answers import json_answer
from services.api.wire.body import JsonDocument
from services.api.wire.problems import refuse_fields
from services.api.wire.shape import problems_of
from shared.db.pool import Connection
from shared.domain.blackout import Calendar
from shared.domain.cron import parse_cron
from shared.domain.crontab import parse_crontab as read_crontab
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.instant import parse_instant
from shared.domain.schedule import Schedule, parse_schedule
from shared.domain.time_zone import parse_zone, zone_names

router = closed_router(BASE)

_Model = TypeVar("_Model", bound=pydantic.BaseModel)


def _read(model: type[_Model], value: object) -> _Model:
    try:
        return model.model_validate(value)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None


@router.post("/schedules/preview", response_model=Preview, openapi_extra=takes(PreviewRequest))
async def preview_schedule(
    parts: Parts, document: JsonDocument, language: CallersLanguage
) -> Response:
    """Show the next fires of a schedule, and say in words what it means."""
    asked = _read(PreviewRequest, document.value)
    try:
        schedule = parse_schedule(asked.schedule_config)
    except InvalidDefinition as error:
        raise refuse_fields([each.under("/schedule_config") for each in error.problems]) from None
    after = _instant(asked.after)
    async with parts.database.connection() as connection:
        wish = await _wish(connection, asked, schedule, after)
        seen = look_ahead(wish)
        durations = crowd = None
        if wish.task_id is not None:
            durations = await schedules.durations(connection, wish.task_id)
        if seen.fires:
            minute = seen.fires[0].at.replace(second=0, microsecond=0)
            crowd = await schedules.due_within(connection, minute, MINUTE, but=wish.task_id)
    view = preview_view(wish, seen, durations, crowd or 0, language)
    return json_answer(view, Content_Language=language).response()


async def _wish(
    connection: Connection, asked: PreviewRequest, schedule: Schedule, after: datetime | None
) -> Wish:
    names = asked.blackout.calendars if asked.blackout else []
    found = await schedules.calendars(connection, names)
    _require_known(names, found)
    task_id = read_id(asked.task_id) if asked.task_id is not None else None
    if asked.task_id is not None and task_id is None:
        raise refuse_fields([Problem("/task_id", "task.not_found")])
    return Wish(
        schedule=schedule,
        after=await tasks.now(connection) if after is None else after,
        count=asked.count,
        task_id=task_id,
        calendars=found,
        at_end=asked.blackout is not None and asked.blackout.on_blackout == "run_at_end",
    )


def _require_known(names: Sequence[str], found: Mapping[str, Calendar]) -> None:
    unknown = [
        Problem(f"/blackout/calendars/{index}", "calendar.unknown")
        for index, name in enumerate(names)
        if name not in found
    ]
    if unknown:
        raise refuse_fields(unknown)


def _instant(text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_instant(text)
    except InvalidDefinition as error:
        raise refuse_fields([each.under("/after") for each in error.problems]) from None


@router.post("/schedules/explain", response_model=CronExplained, openapi_extra=takes(CronExplain))
async def explain_cron(document: JsonDocument, language: CallersLanguage) -> Response:
    """Take a cron expression apart: the numbers that each field allows."""
    asked = _read(CronExplain, document.value)
    try:
        cron = parse_cron(asked.cron, day_or=asked.day_or)
    except InvalidDefinition as error:
        raise refuse_fields([each.under("/cron") for each in error.problems]) from None
    return json_answer(explain_view(cron), Content_Language=language).response()


@router.post(
    "/schedules/parse-crontab", response_model=CrontabRead, openapi_extra=takes(CrontabText)
)
async def parse_crontab(document: JsonDocument, language: CallersLanguage) -> Response:
    """Read lines of a crontab as schedules and commands; nothing is created."""
    asked = _read(CrontabText, document.value)
    try:
        if asked.timezone is not None:
            parse_zone(asked.timezone)
    except InvalidDefinition as error:
        raise refuse_fields([each.under("/timezone") for each in error.problems]) from None
    try:
        lines = read_crontab(asked.text, user_column=asked.user_column)
    except InvalidDefinition as error:
        raise refuse_fields([each.under("/text") for each in error.problems]) from None
    views = [crontab_view(line, asked.timezone, language) for line in lines]
    return json_answer({"lines": views}, Content_Language=language).response()


@router.get("/time-zones", response_model=Zones)
async def list_time_zones(parts: Parts) -> Response:
    """List the time zones that a schedule may name, with their offsets and changes of clocks."""
    async with parts.database.connection() as connection:
        now = await tasks.now(connection)
    # A tenth of a second of arithmetic, once a day: not in the way of other requests.
    items = await asyncio.to_thread(_zones, now)
    return json_answer({"items": items}).response()


def _zones(now: datetime) -> list[dict[str, Any]]:
    return [zone_view(parse_zone(name), now) for name in sorted(zone_names())]
