"""Silences: made, listed, changed, ended; and what they would hold."""

from __future__ import annotations

import json
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.alerts import silences
from services.api.alerts.schemas_notices import (
    AlertSilenceCreate,
    AlertSilencePreview,
    AlertSilenceUpdate,
)
from services.api.documented.alert_notices import (
    AlertSilence,
    AlertSilencePreviewed,
    AlertSilences,
)
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.routes.caller import BASE, Cursor, Limit, read_choice
from services.api.routes.tasks import IfMatch
from services.api.store import alert_settings, audit
from services.api.store import alert_silences as store
from services.api.store.alert_silences import SilenceRow
from services.api.tasks.dependencies import read_id
from services.api.wire import conditional
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import JsonDocument, no_body
from services.api.wire.cursor import read_number_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from shared.db.pool import Connection
from shared.domain.errors import Conflict, NotFound

router = closed_router(f"{BASE}/alert-silences")

STATES = ("active", "pending", "expired")
#: Alerts that a preview names; it counts all.
MOST_SHOWN = 100
_NEWEST = 2**63 - 1


async def silence_id_of(
    silence_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
) -> UUID:
    """Dependency: the silence's id of the path.

    Raises:
        NotFound: it spells no id, so there is no such silence.
    """
    identity = read_id(silence_id)
    if identity is None:
        raise NotFound("silence", "")
    return identity


SilenceId = Annotated[UUID, Depends(silence_id_of)]


def _answer(row: SilenceRow, status: int = 200) -> Answer:
    return json_answer(silences.silence_view(row), status, ETag=conditional.etag(row.version))


@router.get("", response_model=AlertSilences)
async def list_alert_silences(
    *,
    parts: Parts,
    state: Annotated[str, Query(json_schema_extra={"enum": ["", *STATES]})] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response:
    """List silences, newest first."""
    async with parts.database.connection() as connection:
        rows = await store.page(
            connection,
            before=read_number_cursor(cursor) if cursor else _NEWEST,
            state=read_choice("state", state, STATES),
            limit=limit + 1,
        )
    shown = rows[:limit]
    more = write_cursor(shown[-1].seq) if len(rows) > limit else None
    items = [silences.silence_view(row) for row in shown]
    return json_answer({"items": items, "next": more}).response()


@router.post(
    "",
    status_code=201,
    response_model=AlertSilence,
    openapi_extra=takes(AlertSilenceCreate),
)
async def create_alert_silence(
    *, request: Request, parts: Parts, caller: Caller, document: JsonDocument, key: IdempotencyKey
) -> Response:
    """Hold the notifications of some alerts for a while; they are checked and stored as ever."""

    async def act(connection: Connection) -> Answer:
        now = await store.now(connection)
        written = silences.read_new(document.value, now=now, author=caller.name)
        most = silences.MOST_SILENCES
        if await store.count_unended(connection, most) >= most:
            raise Conflict("silence.too_many", limit=most)
        row = await store.create(connection, uuid4(), written, created_by=caller.name)
        after = silences.written_view(row.written)
        await _note(connection, caller, "created", row.id, after=after)
        answer = _answer(row, 201)
        location = f"{BASE}/alert-silences/{row.id}"
        return Answer(answer.status, answer.body, {**answer.headers, "Location": location})

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    return answer.response()


@router.post(
    "/preview", response_model=AlertSilencePreviewed, openapi_extra=takes(AlertSilencePreview)
)
async def preview_alert_silence(parts: Parts, document: JsonDocument) -> Response:
    """Tell which alerts that fire or are pending a silence with these matchers would hold."""
    matchers = silences.read_matchers(document.value)
    async with parts.database.connection() as connection:
        alerts = await alert_settings.unended(connection)
    found = [
        {"id": str(each.id), "fingerprint": each.fingerprint, "labels": labels}
        for each in alerts
        if all(matcher.matches(labels := json.loads(each.labels)) for matcher in matchers)
    ]
    return json_answer({"count": len(found), "alerts": found[:MOST_SHOWN]}).response()


@router.get("/{silence_id}", response_model=AlertSilence)
async def get_alert_silence(parts: Parts, silence_id: SilenceId) -> Response:
    """Read one silence."""
    async with parts.database.connection() as connection:
        row = await store.get(connection, silence_id)
    if row is None:
        raise NotFound("silence", str(silence_id))
    return _answer(row).response()


@router.put("/{silence_id}", response_model=AlertSilence, openapi_extra=takes(AlertSilenceUpdate))
async def update_alert_silence(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    silence_id: SilenceId,
    document: JsonDocument,
    key: IdempotencyKey,
    if_match: IfMatch = None,
) -> Response:
    """Change the given fields of a silence that is not over; the others stay."""

    async def act(connection: Connection) -> Answer:
        row = await _locked(connection, silence_id, if_match)
        written = silences.read_change(document.value, row)
        if written == row.written:
            return _answer(row)
        return _answer(await _changed(connection, caller, "changed", row, written))

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    return answer.response()


@router.post("/{silence_id}/expire", response_model=AlertSilence, dependencies=[Depends(no_body)])
async def expire_alert_silence(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    silence_id: SilenceId,
    key: IdempotencyKey,
    if_match: IfMatch = None,
) -> Response:
    """End a silence now; of one that is over, nothing changes."""

    async def act(connection: Connection) -> Answer:
        row = await _locked(connection, silence_id, if_match)
        if silences.state_of(row) == "expired":
            return _answer(row)
        written = silences.expired(row)
        return _answer(await _changed(connection, caller, "expired", row, written))

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


@router.delete("/{silence_id}", status_code=204, response_class=Response)
async def delete_alert_silence(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    silence_id: SilenceId,
    key: IdempotencyKey,
    if_match: IfMatch = None,
) -> Response:
    """Remove a silence, whether it is over or not."""

    async def act(connection: Connection) -> Answer:
        row = await _locked(connection, silence_id, if_match)
        await store.delete(connection, silence_id)
        before = silences.written_view(row.written)
        await _note(connection, caller, "deleted", silence_id, before=before)
        return Answer(204)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


async def _locked(connection: Connection, silence_id: UUID, if_match: str | None) -> SilenceRow:
    row = await store.get(connection, silence_id, lock=True)
    if row is None:
        raise NotFound("silence", str(silence_id))
    conditional.require_match(if_match, row.version, kind="silence")
    return row


async def _changed(
    connection: Connection,
    caller: Caller,
    verb: str,
    row: SilenceRow,
    written: store.WrittenSilence,
) -> SilenceRow:
    after = await store.change(connection, row.id, written)
    await _note(
        connection,
        caller,
        verb,
        row.id,
        before=silences.written_view(row.written),
        after=silences.written_view(written),
    )
    return after


async def _note(
    connection: Connection, caller: Caller, verb: str, silence: UUID, **sides: dict[str, object]
) -> None:
    actor = audit.Actor.of(caller)
    await audit.note(
        connection, actor, f"alert_silence.{verb}", "alert_silence", str(silence), **sides
    )
