"""How alerts are told, and the groups in which they are."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.alerts import settings
from services.api.alerts.schemas_notices import AlertSettingsUpdate
from services.api.documented.alert_notices import AlertSettings, ToldGroups
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.routes.caller import BASE, Cursor, Limit
from services.api.routes.tasks import IfMatch
from services.api.store import alert_settings as store
from services.api.store import audit
from services.api.wire import conditional
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import JsonDocument
from services.api.wire.cursor import read_id_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from shared.db.pool import Connection

router = closed_router(BASE)


def _answer(row: store.SettingsRow) -> Answer:
    return json_answer(settings.settings_view(row), ETag=conditional.etag(row.version))


@router.get("/alert-settings", response_model=AlertSettings)
async def get_alert_settings(parts: Parts) -> Response:
    """Read how alerts are told."""
    async with parts.database.connection() as connection:
        row = await store.get(connection)
    return _answer(row).response()


@router.put(
    "/alert-settings", response_model=AlertSettings, openapi_extra=takes(AlertSettingsUpdate)
)
async def update_alert_settings(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    document: JsonDocument,
    key: IdempotencyKey,
    if_match: IfMatch = None,
) -> Response:
    """Change the given settings; the others stay."""

    async def act(connection: Connection) -> Answer:
        before = await store.get(connection, lock=True)
        conditional.require_match(if_match, before.version, kind="alert_settings")
        written = settings.read_change(document.value, before.written)
        if written == before.written:
            return _answer(before)
        after = await store.change(connection, written, updated_by=caller.name)
        await audit.note(
            connection,
            audit.Actor.of(caller),
            "alert_settings.changed",
            "alert_settings",
            "alert_settings",
            before=settings.written_view(before.written),
            after=settings.written_view(written),
        )
        return _answer(after)

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    return answer.response()


@router.get("/alert-groups", response_model=ToldGroups)
async def list_alert_groups(
    *,
    parts: Parts,
    channel: Annotated[str, Query(max_length=320)] = "",
    fingerprint: Annotated[str, Query(max_length=64, description="Of an alert in it.")] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response:
    """List the groups in which alerts are told now, as the notifier sees them."""
    async with parts.database.connection() as connection:
        rows = await store.groups(
            connection,
            after=read_id_cursor(cursor) if cursor else None,
            channel=channel or None,
            fingerprint=fingerprint or None,
            limit=limit + 1,
        )
    shown = rows[:limit]
    more = write_cursor(shown[-1].id) if len(rows) > limit else None
    items = [settings.group_view(row) for row in shown]
    return json_answer({"items": items, "next": more}).response()
