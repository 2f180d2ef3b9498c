"""What helps to write a task: the next fires of a schedule, and the actions there are."""

from __future__ import annotations

from datetime import datetime

import pydantic
from starlette.responses import Response

from services.api.access.auth import closed_router
from services.api.documented.tasks import Action, Preview, takes
from services.api.parts import Parts
from services.api.routes.caller import BASE, CallersLanguage
from services.api.store import tasks
from services.api.tasks.schemas import PreviewRequest
from services.api.wire.answers import json_answer
from services.api.wire.body import JsonDocument
from services.api.wire.problems import refuse_fields
from services.api.wire.shape import problems_of
from services.api.wire.texts import say
from shared.domain.describe import describe
from shared.domain.errors import InvalidDefinition
from shared.domain.instant import format_instant, parse_instant
from shared.domain.preview import preview
from shared.domain.schedule import parse_schedule

router = closed_router(BASE)


@router.post("/schedules/preview", response_model=Preview, openapi_extra=takes(PreviewRequest))
async def preview_schedule(
    parts: Parts, document: JsonDocument, language: CallersLanguage
) -> Response:
    """Show the next fires of a schedule, and say in words what it means."""
    try:
        wished = PreviewRequest.model_validate(document.value)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    try:
        schedule = parse_schedule(wished.schedule_config)
    except InvalidDefinition as error:
        raise refuse_fields([each.under("/schedule_config") for each in error.problems]) from None
    after = await _after(wished.after, parts)
    return json_answer(
        {
            "fires": [
                {
                    "at": format_instant(fire.at),
                    "local": fire.local,
                    "note": say(fire.note, language, fire.params) if fire.note else None,
                }
                for fire in preview(schedule, after=after, count=wished.count)
            ],
            "description": describe(schedule),
        },
        Content_Language=language,
    ).response()


async def _after(text: str | None, parts: Parts) -> datetime:
    if text is None:
        async with parts.database.connection() as connection:
            return await tasks.now(connection)
    try:
        return parse_instant(text)
    except InvalidDefinition as error:
        raise refuse_fields([each.under("/after") for each in error.problems]) from None


@router.get("/automation-actions", response_model=list[Action])
async def list_actions(parts: Parts) -> Response:
    """List the installed actions with the JSON Schema of their parameters."""
    return json_answer(
        [
            {
                "name": action.name,
                "title": {"zh-TW": action.title.zh_tw, "en": action.title.en},
                "description": {"zh-TW": action.description.zh_tw, "en": action.description.en},
                "parameters": action.params.model_json_schema(),
            }
            for action in parts.catalog.values()
        ]
    ).response()
