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
from services.api.documented.runs import may_take
from services.api.documented.tasks import takes
from services.api.parts import ApiParts, Parts
from services.api.queues.names import named
from services.api.queues.pausing import pausing_view, read_pause, require_later
from services.api.queues.schemas import PauseWish, QueuePut
from services.api.queues.views import pause_view, queue_view
from services.api.routes.caller import BASE
from services.api.store import audit
from services.api.store import queues as store
from services.api.store.queues import Pausing
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import Document, JsonDocument, OptionalBody, no_body
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import refuse_fields
from services.api.wire.shape import problems_of
from shared.db.pool import Connection
from shared.domain.errors import NotFound

router = closed_router(BASE)

MayHaveBody = Annotated[Document, Depends(OptionalBody())]
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
        return (await shown_queue(connection, name)).response()


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
        await note_queue(connection, caller, verb, name, before=was, after=changed._asdict())
        return await shown_queue(connection, name)

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
        await note_queue(
            connection, caller, "deleted", name, before=before._asdict() if before else {}
        )
        return Answer(204)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


@router.post("/queues/{name}/pause", response_model=Queue, openapi_extra=may_take(PauseWish))
async def pause_queue(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    name: QueueName,
    document: MayHaveBody,
    key: IdempotencyKey,
) -> Response:
    """Let nothing of a queue start; what runs goes on. With an end it goes on by itself."""
    wished = read_pause(document.value)
    return await _switch_queue(request, parts, caller, name, key, document.raw, wished)


@router.post("/queues/{name}/resume", response_model=Queue, dependencies=[Depends(no_body)])
async def resume_queue(
    *, request: Request, parts: Parts, caller: Caller, name: QueueName, key: IdempotencyKey
) -> Response:
    """Let a queue go on; what waited starts."""
    return await _switch_queue(request, parts, caller, name, key, b"", None)


@router.get("/pause", response_model=Pause)
async def get_pause(parts: Parts) -> Response:
    """Say whether everything is paused."""
    async with parts.database.connection() as connection:
        return json_answer(pause_view(await store.pause_state(connection))).response()


@router.post("/pause", response_model=Pause, openapi_extra=may_take(PauseWish))
async def pause_all(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    document: MayHaveBody,
    key: IdempotencyKey,
) -> Response:
    """Let nothing start anywhere; what runs goes on, what is due waits. It may end by itself."""
    wished = read_pause(document.value)
    return await _switch_all(request, parts, caller, key, document.raw, wished)


@router.post("/resume", response_model=Pause, dependencies=[Depends(no_body)])
async def resume_all(
    *, request: Request, parts: Parts, caller: Caller, key: IdempotencyKey
) -> Response:
    """Let everything go on."""
    return await _switch_all(request, parts, caller, key, b"", None)


async def _switch_queue(  # noqa: PLR0917 - it is two routes
    request: Request,
    parts: ApiParts,
    caller: Principal,
    name: str,
    key: str | None,
    raw: bytes,
    wished: Pausing | None,
) -> Response:
    async def act(connection: Connection) -> Answer:
        await require_later(connection, wished.until if wished else None)
        await store.pause(connection, name, wished, updated_by=caller.name)
        verb = "paused" if wished else "resumed"
        await note_queue(connection, caller, verb, name, after=pausing_view(wished))
        return await shown_queue(connection, name)

    answer = await once(parts.database, request, caller, raw, act, key=key)
    return answer.response()


async def _switch_all(  # noqa: PLR0917 - it is two routes
    request: Request,
    parts: ApiParts,
    caller: Principal,
    key: str | None,
    raw: bytes,
    wished: Pausing | None,
) -> Response:
    async def act(connection: Connection) -> Answer:
        await require_later(connection, wished.until if wished else None)
        await store.pause_everything(connection, wished, changed_by=caller.name)
        verb = "everything.paused" if wished else "everything.resumed"
        actor = audit.Actor.of(caller)
        await audit.note(
            connection, actor, verb, "switch", "everything", after=pausing_view(wished)
        )
        return json_answer(pause_view(await store.pause_state(connection)))

    answer = await once(parts.database, request, caller, raw, act, key=key)
    return answer.response()


async def note_queue(
    connection: Connection,
    caller: Principal,
    verb: str,
    name: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write down what was done to a queue."""
    actor = audit.Actor.of(caller)
    await audit.note(connection, actor, f"queue.{verb}", "queue", name, before=before, after=after)


async def shown_queue(connection: Connection, name: str) -> Answer:
    """Return the queue as it stands now.

    Raises:
        NotFound: there is none.
    """
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
