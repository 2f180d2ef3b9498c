"""A trigger tried before any task has it."""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from services.api.access.auth import closed_router
from services.api.documented.events import TriggerTried
from services.api.documented.tasks import takes
from services.api.events.schemas import TriggerTrial
from services.api.events.trying import (
    fields_view,
    fired_at_view,
    heard_to_try,
    read_wish,
    tried,
    trigger_of,
    window_of,
    window_view,
)
from services.api.parts import Parts
from services.api.routes.caller import BASE
from services.api.store import tasks as store
from services.api.wire.answers import json_answer
from services.api.wire.body import JsonDocument

router = closed_router(f"{BASE}/triggers")

#: No task has this id, so no event was caused by it.
_NO_TASK = UUID(int=0)


@router.post("/test", response_model=TriggerTried, openapi_extra=takes(TriggerTrial))
async def try_trigger(parts: Parts, document: JsonDocument) -> Response:
    """Try a trigger that no task has yet, on one event or on the last that are stored.

    Starts nothing. Tells of each clause, and of each part of the condition, whether it matches and
    what it saw; what the trigger would have made of the last hours; and which fields the events
    have.
    """
    wished = read_wish(TriggerTrial, document.value)
    trigger = trigger_of(wished.trigger_config)
    task_id = wished.task_id or _NO_TASK
    async with parts.database.connection() as connection:
        now = await store.now(connection)
    events = await heard_to_try(parts, trigger, wished.event, wished.last, now)
    told = await tried(parts.conditions, trigger, events, task_id)
    window = await window_of(parts, trigger, task_id, now, wished.hours)
    figures = window_view(window)
    if figures is not None:
        figures |= {"hours": wished.hours, "fired_at": fired_at_view(window)}
    return json_answer(
        {"events": told, "window": figures, "fields": fields_view(window, events)}
    ).response()
