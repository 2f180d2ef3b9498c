"""Tasks: created, listed, read, changed, deleted."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Header, Query, Request
from starlette.responses import Response

from services.api import conditional
from services.api.announce import announce
from services.api.answers import Answer, json_answer
from services.api.auth import Caller, closed_router
from services.api.body import JsonDocument
from services.api.definition import mentioned_tasks, read_change, read_new
from services.api.documented import Task, takes
from services.api.idempotency import IdempotencyKey, once
from services.api.parts import Parts
from services.api.routes.caller import BASE, CallersLanguage, TaskId, read_choice
from services.api.schemas import TaskCreate, TaskUpdate
from services.api.store import tasks as store
from services.api.views import task_view
from shared.contracts.tasks import TaskType
from shared.db.pool import Connection
from shared.domain.errors import NotFound
from shared.domain.texts.catalog import Language

router = closed_router(f"{BASE}/automation-tasks")

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="Change only this version (the ETag); else 412."),
]
_TYPES = tuple(TaskType)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def _task_answer(row: store.TaskRow, language: Language, status: int = 200) -> Answer:
    headers = {"ETag": conditional.etag(row.version), "Content-Language": language}
    return json_answer(task_view(row, language), status, **headers)


@router.post("", status_code=201, response_model=Task, openapi_extra=takes(TaskCreate))
async def create_task(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    document: JsonDocument,
    language: CallersLanguage,
    key: IdempotencyKey,
) -> Response:
    """Create a task."""

    async def act(connection: Connection) -> Answer:
        facts = await store.facts(connection, mentioned_tasks(document.value))
        definition = read_new(document.value, parts.catalog, facts)
        row = await store.insert(connection, uuid4(), definition, created_by=caller.name)
        await announce(
            connection,
            "created",
            row.id,
            version=row.version,
            changed_at=row.updated_at,
            definition=definition,
        )
        answer = _task_answer(row, language, 201)
        location = f"{BASE}/automation-tasks/{row.id}"
        return Answer(answer.status, answer.body, {**answer.headers, "Location": location})

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    parts.wake_relay()
    return answer.response()


@router.get("", response_model=list[Task])
async def list_tasks(
    *,
    parts: Parts,
    language: CallersLanguage,
    page: Annotated[int, Query(ge=1)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
    task_type: Annotated[str, Query(json_schema_extra={"enum": ["", *_TYPES]})] = "",
    enabled: Annotated[str, Query(json_schema_extra={"enum": ["", *_BOOLEANS]})] = "",
) -> Response:
    """List tasks, newest first; `X-Total-Count` says how many there are in all."""
    wanted_type = read_choice("task_type", task_type, _TYPES)
    wanted_state = read_choice("enabled", enabled.lower(), tuple(_BOOLEANS))
    async with parts.database.connection() as connection:
        rows, total = await store.page(
            connection,
            task_type=wanted_type,
            enabled=None if wanted_state is None else _BOOLEANS[wanted_state],
            limit=page_size,
            offset=(page - 1) * page_size,
        )
    tasks = [task_view(row, language) for row in rows]
    return json_answer(tasks, X_Total_Count=str(total), Content_Language=language).response()


@router.get("/{task_id}", response_model=Task)
async def get_task(parts: Parts, task_id: TaskId, language: CallersLanguage) -> Response:
    """Read one task."""
    async with parts.database.connection() as connection:
        row = await store.get(connection, task_id)
    if row is None:
        raise NotFound("task", str(task_id))
    return _task_answer(row, language).response()


@router.put("/{task_id}", response_model=Task, openapi_extra=takes(TaskUpdate))
async def update_task(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    task_id: TaskId,
    document: JsonDocument,
    language: CallersLanguage,
    if_match: IfMatch = None,
    key: IdempotencyKey,
) -> Response:
    """Change the given fields of a task; the others stay. If nothing changes, nothing is said."""

    async def act(connection: Connection) -> Answer:
        row = await _locked(connection, task_id, if_match)
        facts = await store.facts(connection, mentioned_tasks(document.value))
        definition = read_change(
            document.value, row.definition, parts.catalog, facts, task_id=task_id
        )
        if definition.same_as(row.definition):
            return _task_answer(row, language)
        row = await store.update(connection, task_id, definition)
        await announce(
            connection,
            "updated",
            task_id,
            version=row.version,
            changed_at=row.updated_at,
            definition=definition,
        )
        return _task_answer(row, language)

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    parts.wake_relay()
    return answer.response()


@router.delete("/{task_id}", status_code=204, response_class=Response)
async def delete_task(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    task_id: TaskId,
    if_match: IfMatch = None,
    key: IdempotencyKey,
) -> Response:
    """Delete a task. Runs in hand end as they will; their log stays."""

    async def act(connection: Connection) -> Answer:
        row = await _locked(connection, task_id, if_match)
        changed_at = await store.delete(connection, task_id)
        await announce(
            connection,
            "deleted",
            task_id,
            version=row.version + 1,
            changed_at=changed_at,
            definition=None,
        )
        return Answer(204)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    parts.wake_relay()
    return answer.response()


async def _locked(connection: Connection, task_id: UUID, if_match: str | None) -> store.TaskRow:
    row = await store.lock(connection, task_id)
    if row is None:
        raise NotFound("task", str(task_id))
    conditional.require_match(if_match, row.version)
    return row
