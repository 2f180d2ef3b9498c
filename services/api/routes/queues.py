"""Queues: their limits, what is in them, and pauses, of one queue or of everything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import pydantic
from fastapi import Depends, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.access.known_tokens import Principal
from services.api.documented.queues import Pause, Queue
from services.api.documented.tasks import takes
from services.api.parts import ApiParts, Parts
from services.api.queues.names import named
from services.api.queues.schemas import QueuePut
from services.api.queues.views import pause_view, queue_view
from services.api.routes.caller import BASE
from services.api.store import audit
from services.api.store import queues as store
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import JsonDocument, no_body
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import refuse_fields
from services.api.wire.shape import problems_of
from shared.db.pool import Connection
from shared.domain.errors import NotFound

router = closed_router(BASE)

QueueName = Annotated[str, Depends(named("queue"))]


@router.get("/queues", response_model=list[Queue])
async def list_queues(parts: Parts) -> Response:
    """List the queues that were set up or are in use, by name."""
    async with parts.database.connection() as connection:
        rows = await store.every(connection)
    return json_answer([queue_view(row) for row in rows]).response()


@router.get("/queues/{name}", response_model=Queue)
async def get_queue(parts: Parts, name: QueueName) -> Response:
    """Read one queue."""
    async with parts.database.connection() as connection:
        return (await _shown(connection, name)).response()


@router.put("/queues/{name}", response_model=Queue, openapi_extra=takes(QueuePut))
async def put_queue(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    name: QueueName,
    document: JsonDocument,
    key: IdempotencyKey,
) -> Response:
    """Change the given fields of a queue; the others stay. A new one has no limits."""
    try:
        wished = QueuePut.model_validate(document.value)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None

    async def act(connection: Connection) -> Answer:
        before = await store.lock(connection, name)
        changed = (before or store.Limits())._replace(**_columns(wished))
        await store.put(connection, name, changed, updated_by=caller.name)
        verb = "updated" if before else "created"
        was = before._asdict() if before else None
        await _note(connection, caller, verb, name, before=was, after=changed._asdict())
        return await _shown(connection, name)

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    return answer.response()


@router.delete("/queues/{name}", status_code=204, response_class=Response)
async def delete_queue(
    *, request: Request, parts: Parts, caller: Caller, name: QueueName, key: IdempotencyKey
) -> Response:
    """Forget the limits and the pause of a queue. Its tasks and runs stay in it."""

    async def act(connection: Connection) -> Answer:
        before = await store.lock(connection, name)
        if not await store.delete(connection, name):
            raise NotFound("queue", name)
        await _note(connection, caller, "deleted", name, before=before._asdict() if before else {})
        return Answer(204)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


@router.post("/queues/{name}/pause", response_model=Queue, dependencies=[Depends(no_body)])
async def pause_queue(
    *, request: Request, parts: Parts, caller: Caller, name: QueueName, key: IdempotencyKey
) -> Response:
    """Let nothing of a queue start; what runs goes on."""
    return await _switch_queue(request, parts, caller, name, key, paused=True)


@router.post("/queues/{name}/resume", response_model=Queue, dependencies=[Depends(no_body)])
async def resume_queue(
    *, request: Request, parts: Parts, caller: Caller, name: QueueName, key: IdempotencyKey
) -> Response:
    """Let a queue go on; what waited starts."""
    return await _switch_queue(request, parts, caller, name, key, paused=False)


@router.get("/pause", response_model=Pause)
async def get_pause(parts: Parts) -> Response:
    """Say whether everything is paused."""
    async with parts.database.connection() as connection:
        return json_answer(pause_view(await store.pause_state(connection))).response()


@router.post("/pause", response_model=Pause, dependencies=[Depends(no_body)])
async def pause_all(
    *, request: Request, parts: Parts, caller: Caller, key: IdempotencyKey
) -> Response:
    """Let nothing start anywhere; what runs goes on, what is due waits."""
    return await _switch_all(request, parts, caller, key, paused=True)


@router.post("/resume", response_model=Pause, dependencies=[Depends(no_body)])
async def resume_all(
    *, request: Request, parts: Parts, caller: Caller, key: IdempotencyKey
) -> Response:
    """Let everything go on."""
    return await _switch_all(request, parts, caller, key, paused=False)


async def _switch_queue(
    request: Request,
    parts: ApiParts,
    caller: Principal,
    name: str,
    key: str | None,
    *,
    paused: bool,
) -> Response:
    async def act(connection: Connection) -> Answer:
        await store.pause(connection, name, paused=paused, updated_by=caller.name)
        await _note(connection, caller, "paused" if paused else "resumed", name)
        return await _shown(connection, name)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


async def _switch_all(
    request: Request, parts: ApiParts, caller: Principal, key: str | None, *, paused: bool
) -> Response:
    async def act(connection: Connection) -> Answer:
        await store.pause_everything(connection, paused=paused, changed_by=caller.name)
        verb = "everything.paused" if paused else "everything.resumed"
        await audit.note(connection, audit.Actor.of(caller), verb, "switch", "everything")
        return json_answer(pause_view(await store.pause_state(connection)))

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


async def _note(
    connection: Connection,
    caller: Principal,
    verb: str,
    name: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    actor = audit.Actor.of(caller)
    await audit.note(connection, actor, f"queue.{verb}", "queue", name, before=before, after=after)


async def _shown(connection: Connection, name: str) -> Answer:
    row = await store.get(connection, name)
    if row is None:
        raise NotFound("queue", name)
    return json_answer(queue_view(row))


def _columns(wished: QueuePut) -> dict[str, Any]:
    """Return the columns that change."""
    changed = wished.model_dump(exclude_unset=True)
    if "rate_limit" in changed:
        rate = changed.pop("rate_limit") or {"limit": None, "period_seconds": None}
        changed["rate_limit"] = rate["limit"]
        changed["rate_period_seconds"] = rate["period_seconds"]
    return changed
