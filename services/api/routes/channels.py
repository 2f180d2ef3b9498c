"""Notification channels: kept, tested; their secrets go in and never come out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.channels.channels import channel_view, read_channel, seal, standing_view
from services.api.channels.schemas import ChannelPut
from services.api.documented.channels import Channel, ChannelTestResult
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.queues.names import named
from services.api.routes.caller import BASE
from services.api.store import audit
from services.api.store import channels as store
from services.api.store.channel_standing import standing
from services.api.store.channels import ChannelRow
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import JsonDocument, no_body
from services.api.wire.idempotency import IdempotencyKey, once
from shared.db.pool import Connection
from shared.domain.errors import Conflict, NotFound

router = closed_router(f"{BASE}/channels")

ChannelName = Annotated[str, Depends(named("channel"))]


@router.get("", response_model=list[Channel])
async def list_channels(parts: Parts) -> Response:
    """List all channels by name, without their secrets."""
    async with parts.database.connection() as connection:
        rows = await store.every(connection)
        views = await _whole(connection, rows)
    return json_answer(views).response()


@router.get("/{name}", response_model=Channel)
async def get_channel(parts: Parts, name: ChannelName) -> Response:
    """Read one channel, without its secret."""
    async with parts.database.connection() as connection:
        row = await store.get(connection, name)
        views = await _whole(connection, [row] if row else [])
    if not views:
        raise NotFound("channel", name)
    return json_answer(views[0]).response()


@router.put("/{name}", response_model=Channel, openapi_extra=takes(ChannelPut))
async def put_channel(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    name: ChannelName,
    document: JsonDocument,
    key: IdempotencyKey,
) -> Response:
    """Store a channel, new or instead of the one of that name.

    Its secret is encrypted and never shown again; left out, the one that is stored stays.
    """

    async def act(connection: Connection) -> Answer:
        await store.will_seal(connection)
        stored_kind = await store.lock_kind(connection, name)
        before = None if stored_kind is None else await store.get(connection, name)
        channel = read_channel(document.value, stored_kind=stored_kind)
        row = await store.put(
            connection,
            name,
            kind=channel.kind.value,
            description=channel.description,
            enabled=channel.enabled,
            config=channel.config,
            secret=seal(channel, name, parts.box),
            target=channel.target,
            updated_by=caller.name,
        )
        after = {**channel_view(row), "has_new_secret": channel.secret is not None}
        verb = "channel.created" if before is None else "channel.updated"
        was = channel_view(before) if before else None
        actor = audit.Actor.of(caller)
        await audit.note(connection, actor, verb, "channel", name, before=was, after=after)
        (view,) = await _whole(connection, [row])
        return json_answer(view)

    # What is kept of the request must not help to guess the secret.
    mark = document.raw if parts.box is None else parts.box.mark(document.raw)
    answer = await once(parts.database, request, caller, mark, act, key=key)
    return answer.response()


@router.delete("/{name}", status_code=204, response_class=Response)
async def delete_channel(
    *, request: Request, parts: Parts, caller: Caller, name: ChannelName, key: IdempotencyKey
) -> Response:
    """Delete a channel that no task and no alert rule names.

    What is still to be sent through it is given up.
    """

    async def act(connection: Connection) -> Answer:
        if await store.lock_kind(connection, name) is None:
            raise NotFound("channel", name)
        users = await store.users(connection, name)
        if users:
            raise Conflict("channel.in_use", tasks=", ".join(str(each) for each in users))
        rules = await store.alert_rules(connection, name)
        if rules:
            raise Conflict("channel.in_use_by_rules", rules=", ".join(rules))
        row = await store.get(connection, name)
        await store.delete(connection, name)
        actor = audit.Actor.of(caller)
        was = channel_view(row) if row else None
        await audit.note(connection, actor, "channel.deleted", "channel", name, before=was)
        return Answer(204)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


@router.post("/{name}/test", response_model=ChannelTestResult, dependencies=[Depends(no_body)])
async def test_channel(parts: Parts, caller: Caller, name: ChannelName) -> Response:
    """Send a test message now; the answer is what came of it, at most 15 seconds later."""
    async with parts.database.transaction() as connection:
        if await store.get(connection, name) is None:
            raise NotFound("channel", name)
        await audit.note(connection, audit.Actor.of(caller), "channel.tested", "channel", name)
    tested = await parts.notifier.test(name)
    return json_answer(
        {
            "ok": tested.ok,
            "detail": tested.detail,
            "duration_ms": tested.duration_ms,
            "request": tested.request and tested.request.model_dump(),
            "answer": tested.answer and tested.answer.model_dump(),
        }
    ).response()


async def _whole(connection: Connection, rows: Sequence[ChannelRow]) -> list[dict[str, Any]]:
    """Return channels as people see them, with how they stand."""
    found = await standing(connection, [row.name for row in rows])
    return [{**channel_view(row), **standing_view(found[row.name])} for row in rows]
