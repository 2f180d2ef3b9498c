"""A limit of a queue that holds for a while, and ends by itself."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.documented.queues import Queue
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.queues.pausing import read_override, require_later
from services.api.queues.schemas import OverridePut
from services.api.routes.caller import BASE
from services.api.routes.queues import QueueName, note_queue, shown_queue
from services.api.store import queues as store
from services.api.wire.answers import Answer
from services.api.wire.body import JsonDocument
from services.api.wire.idempotency import IdempotencyKey, once
from shared.db.pool import Connection
from shared.domain.errors import NotFound
from shared.domain.instant import format_instant

router = closed_router(f"{BASE}/queues")


@router.put("/{name}/override", response_model=Queue, openapi_extra=takes(OverridePut))
async def put_queue_override(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    name: QueueName,
    document: JsonDocument,
    key: IdempotencyKey,
) -> Response:
    """Let another limit hold until a time; then the queue's own one is back, whoever is down."""
    wished = read_override(document.value)

    async def act(connection: Connection) -> Answer:
        await require_later(connection, wished.until)
        await store.override(connection, name, wished, updated_by=caller.name)
        told = {**wished._asdict(), "until": format_instant(wished.until)}
        await note_queue(connection, caller, "overridden", name, after=told)
        return await shown_queue(connection, name)

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    return answer.response()


@router.delete("/{name}/override", response_model=Queue)
async def delete_queue_override(
    *, request: Request, parts: Parts, caller: Caller, name: QueueName, key: IdempotencyKey
) -> Response:
    """Let the queue's own limit hold again at once."""

    async def act(connection: Connection) -> Answer:
        if await store.lock(connection, name) is None:
            raise NotFound("queue", name)
        await store.override(connection, name, None, updated_by=caller.name)
        await note_queue(connection, caller, "override_ended", name)
        return await shown_queue(connection, name)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()
