"""Tasks: created, listed, read, changed, deleted."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.documented.plan import TaskPlan
from services.api.documented.tasks import Task, takes
from services.api.parts import Parts
from services.api.routes.caller import BASE, CallersLanguage, TaskId, read_choice
from services.api.store import tasks as store
from services.api.store.audit import Actor
from services.api.tasks import changes as task_changes
from services.api.tasks.changes import Changed
from services.api.tasks.schemas import TaskCreate, TaskUpdate
from services.api.tasks.views import task_view
from services.api.wire import conditional
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import JsonDocument
from services.api.wire.dry_run_query import BOOLEANS, asks_for_dry_run
from services.api.wire.idempotency import IdempotencyKey, once
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

#: The other answer of what takes `dry_run`.
PLANNED: dict[int | str, dict[str, Any]] = {
    200: {"model": TaskPlan, "description": "dry_run: what would change."}
}


async def is_dry_run(
    request: Request,
    dry_run: Annotated[
        str,
        Query(
            json_schema_extra={"enum": list(BOOLEANS)},
            description="true: nothing is changed; the answer (200) tells what would be.",
        ),
    ] = "",
) -> bool:
    """Dependency: whether the change is only to be told.

    Raises:
        Refused: 400, `dry_run` is neither true nor false.
    """
    del dry_run  # it is here to be described
    return asks_for_dry_run(request)


IsDryRun = Annotated[bool, Depends(is_dry_run)]


def _task_answer(row: store.TaskRow, language: Language, status: int = 200) -> Answer:
    headers = {"ETag": conditional.etag(row.version), "Content-Language": language}
    return json_answer(task_view(row, language), status, **headers)


def created_answer(changed: Changed, language: Language) -> Answer:
    """Return the answer to whoever has made a task."""
    row = _there(changed)
    answer = _task_answer(row, language, 201)
    location = f"{BASE}/automation-tasks/{row.id}"
    return Answer(answer.status, answer.body, {**answer.headers, "Location": location})


@router.post(
    "",
    status_code=201,
    response_model=Task,
    openapi_extra=takes(TaskCreate),
    responses=PLANNED,
)
async def create_task(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    document: JsonDocument,
    language: CallersLanguage,
    is_dry: IsDryRun,
    key: IdempotencyKey,
) -> Response:
    """Create a task."""

    async def act(connection: Connection) -> Changed:
        return await task_changes.create(
            connection, parts.catalog, document.value, actor=Actor.of(caller)
        )

    async def create(connection: Connection) -> Answer:
        return created_answer(await act(connection), language)

    if is_dry:
        plan = await task_changes.rehearse(parts.database, "create", act, language)
        return plan.response()
    answer = await once(parts.database, request, caller, document.raw, create, key=key)
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


@router.put("/{task_id}", response_model=Task | TaskPlan, openapi_extra=takes(TaskUpdate))
async def update_task(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    task_id: TaskId,
    document: JsonDocument,
    language: CallersLanguage,
    is_dry: IsDryRun,
    if_match: IfMatch = None,
    key: IdempotencyKey,
) -> Response:
    """Change the given fields of a task; the others stay. If nothing changes, nothing is said."""

    async def act(connection: Connection) -> Changed:
        return await task_changes.change(
            connection,
            parts.catalog,
            task_id,
            document.value,
            if_match=if_match,
            actor=Actor.of(caller),
        )

    async def update(connection: Connection) -> Answer:
        return _task_answer(_there(await act(connection)), language)

    if is_dry:
        plan = await task_changes.rehearse(parts.database, "update", act, language)
        return plan.response()
    answer = await once(parts.database, request, caller, document.raw, update, key=key)
    parts.wake_relay()
    return answer.response()


@router.delete("/{task_id}", status_code=204, response_class=Response, responses=PLANNED)
async def delete_task(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    task_id: TaskId,
    language: CallersLanguage,
    is_dry: IsDryRun,
    if_match: IfMatch = None,
    key: IdempotencyKey,
) -> Response:
    """Delete a task. Runs in hand end as they will; their log stays."""

    async def act(connection: Connection) -> Changed:
        return await task_changes.remove(
            connection, task_id, if_match=if_match, actor=Actor.of(caller)
        )

    async def delete(connection: Connection) -> Answer:
        await act(connection)
        return Answer(204)

    if is_dry:
        plan = await task_changes.rehearse(parts.database, "delete", act, language)
        return plan.response()
    answer = await once(parts.database, request, caller, b"", delete, key=key)
    parts.wake_relay()
    return answer.response()


def _there(changed: Changed) -> store.TaskRow:
    assert changed.after is not None  # noqa: S101 - it was created or changed, not deleted
    return changed.after
