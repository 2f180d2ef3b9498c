"""Events: taken from whoever sees something happen."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

from fastapi import Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.documented.events import TakenEvents, takes_events
from services.api.events.intake import attributes_in, read_events
from services.api.parts import Parts
from services.api.routes.caller import BASE
from services.api.store import events as store
from services.api.store import tasks
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import read_any
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import refuse_fields
from services.api.wire.strict_json import Limits
from shared.bus import topology
from shared.db.pool import Connection
from shared.runtime import tracing

router = closed_router(BASE)

#: Five hundred events of two kilobytes each.
_BATCH = Limits(size=1024 * 1024, keys=20_000, values=50_000)
_JSON = re.compile(
    r"application/(json|cloudevents(-batch)?\+json)"
    r'(\s*;\s*charset\s*=\s*"?utf-8"?)?\s*;?',
    re.ASCII | re.IGNORECASE,
)
#: Of the data of an event in binary mode.
_DATA = re.compile(
    r'application/([a-z0-9.+-]+\+)?json(\s*;\s*charset\s*=\s*"?utf-8"?)?\s*;?',
    re.ASCII | re.IGNORECASE,
)


@router.post("/events", status_code=202, response_model=TakenEvents, openapi_extra=takes_events())
async def post_events(
    *, request: Request, parts: Parts, caller: Caller, key: IdempotencyKey
) -> Response:
    """Take one event or a batch of at most 500: all of them, or none.

    An event is a CloudEvent 1.0, in structured mode or in binary mode (`ce-` headers, the data as
    the body), or plain: source, type, data. Once this answers 202, the events reach the triggers
    whatever happens. The same id of the same source counts once within a day.
    """
    raw, document = await _read(request)

    async def act(connection: Connection) -> Answer:
        return await _take(connection, document, accepted_by=caller.name)

    answer = await once(parts.database, request, caller, raw, act, key=key)
    parts.wake_relay()
    return answer.response()


async def _read(request: Request) -> tuple[bytes, Any]:
    """Return what tells the request from another, and the event or events in it."""
    attributes = attributes_in(request.headers)
    if attributes is None:
        return await read_any(request, _BATCH, kinds=_JSON)
    document = attributes
    if request.headers.get("content-length", "") != "0":
        _, data = await read_any(request, _BATCH, kinds=_DATA)
        document = {**attributes, "data": data}
    return json.dumps(document, sort_keys=True).encode(), document


async def _take(connection: Connection, document: Any, *, accepted_by: str) -> Answer:  # noqa: ANN401 - any JSON value
    now = await tasks.now(connection)
    events, problems = read_events(
        document, now=now, new_id=lambda: str(uuid4()), trace=tracing.header()
    )
    if problems:
        raise refuse_fields(problems)
    said = [
        store.Said(each.source, each.id, topology.event_said(each.source, each.type), each.payload)
        for each in events
    ]
    new = await store.take(connection, said, accepted_by=accepted_by)
    return json_answer(
        {
            "events": [
                {
                    "id": event.id,
                    "source": event.source,
                    "status": "accepted" if place in new else "duplicate",
                }
                for place, event in enumerate(events)
            ]
        },
        202,
    )
