"""The installed actions with their forms, and what may be filled into a task."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from services.api.access.auth import closed_router
from services.api.actions.catalogue import action_view
from services.api.actions.variables import variables_view
from services.api.documented.actions import Action, TemplateVariables
from services.api.events.recent import page_before
from services.api.events.subjects import pattern_in_query
from services.api.parts import Parts
from services.api.routes.caller import BASE, CallersLanguage
from services.api.wire.answers import json_answer
from services.api.wire.problems import Refused

router = closed_router(BASE)

#: Events from which samples are taken.
_SAMPLED = 50


@router.get("/automation-actions", response_model=list[Action])
async def list_actions(parts: Parts, language: CallersLanguage) -> Response:
    """List the installed actions; titles and help of their parameters in the caller's language."""
    shown = [action_view(action, language) for action in parts.catalog.values()]
    return json_answer(shown, Content_Language=language).response()


@router.get("/template-variables", response_model=TemplateVariables)
async def list_template_variables(
    *,
    parts: Parts,
    language: CallersLanguage,
    subject: Annotated[
        str, Query(max_length=256, description="Of the events whose values are shown as samples.")
    ] = "",
    task_action: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Tell what may be filled into which texts of a task, with values of the newest events."""
    pattern = pattern_in_query(subject)
    try:
        page = await page_before(parts.events, pattern, lambda _: True, None, _SAMPLED)
        events = [each.event for each in page.events]
    except Refused:
        events = []  # the names are worth telling without samples
    action = parts.catalog.get(task_action)
    answer = variables_view(events, action, language)
    return json_answer(answer, Content_Language=language).response()
