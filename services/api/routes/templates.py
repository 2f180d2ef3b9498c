"""Templates of tasks: listed, read, and made into a task in one call."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.documented.tasks import Task, takes
from services.api.documented.templates import TaskTemplate, TaskTemplates
from services.api.parts import Parts
from services.api.routes.caller import BASE, CallersLanguage, Cursor, Limit, read_choice
from services.api.routes.tasks import PLANNED, IsDryRun, created_answer
from services.api.store.audit import Actor
from services.api.tasks import changes as task_changes
from services.api.tasks.changes import Changed
from services.api.templates.gallery import CATEGORIES, Template, gallery
from services.api.templates.schemas import TemplateUse
from services.api.templates.templates import Wished, template_view
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import JsonDocument
from services.api.wire.cursor import read_name_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from shared.db.pool import Connection
from shared.domain.errors import InvalidDefinition, NotFound

router = closed_router(f"{BASE}/task-templates")


async def template_of(template_id: str) -> Template:
    """Dependency: the template of the path.

    Raises:
        NotFound: there is none of that name.
    """
    template = gallery().get(template_id)
    if template is None:
        raise NotFound("template", "")
    return template


TheTemplate = Annotated[Template, Depends(template_of)]


@router.get("", response_model=TaskTemplates)
async def list_task_templates(
    *,
    language: CallersLanguage,
    limit: Limit = 50,
    cursor: Cursor = "",
    category: Annotated[str, Query(json_schema_extra={"enum": ["", *CATEGORIES]})] = "",
    task_action: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """List the templates by name, in the caller's language."""
    wanted = read_choice("category", category, CATEGORIES)
    after = read_name_cursor(cursor) if cursor else ""
    found = [
        each
        for name, each in gallery().items()
        if name > after
        and wanted in (None, each.category)
        and task_action in ("", each.task["task_action"])
    ]
    more = write_cursor(found[limit - 1].id) if len(found) > limit else None
    shown = [template_view(each, language) for each in found[:limit]]
    return json_answer({"items": shown, "next": more}, Content_Language=language).response()


@router.get("/{template_id}", response_model=TaskTemplate)
async def get_task_template(template: TheTemplate, language: CallersLanguage) -> Response:
    """Read one template, in the caller's language."""
    return json_answer(template_view(template, language), Content_Language=language).response()


@router.post(
    "/{template_id}/tasks",
    status_code=201,
    response_model=Task,
    openapi_extra=takes(TemplateUse),
    responses=PLANNED,
)
async def create_task_from_template(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    template: TheTemplate,
    document: JsonDocument,
    language: CallersLanguage,
    is_dry: IsDryRun,
    key: IdempotencyKey,
) -> Response:
    """Create a task: the template filled with parameters, overrides laid over it."""
    wished = Wished(template, document.value, language)

    async def act(connection: Connection) -> Changed:
        try:
            return await task_changes.create(
                connection,
                parts.catalog,
                wished.task,
                actor=Actor.of(caller),
                template=template.id,
            )
        except InvalidDefinition as error:
            raise wished.as_sent(error) from None

    async def create(connection: Connection) -> Answer:
        return created_answer(await act(connection), language)

    if is_dry:
        plan = await task_changes.rehearse(parts.database, "create", act, language)
        return plan.response()
    answer = await once(parts.database, request, caller, document.raw, create, key=key)
    parts.wake_relay()
    return answer.response()
