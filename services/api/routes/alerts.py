"""Alerts: listed, counted, read, acknowledged."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import pydantic
from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.alerts.muting import muting
from services.api.alerts.rules import LEVELS
from services.api.alerts.schemas import Acknowledge
from services.api.alerts.views import alert_view, counts_view, history_view, started_view
from services.api.documented.alerts import Alert, AlertCounts, AlertDetail, Alerts
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.routes.caller import BASE, Cursor, Limit, read_choice
from services.api.store import alert_effects, alert_settings, tasks
from services.api.store import alerts as store
from services.api.store.audit import Actor, note
from services.api.tasks.dependencies import read_id
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import Document, OptionalBody
from services.api.wire.cursor import read_number_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import Refused, refuse_fields
from services.api.wire.shape import problems_of
from shared.db.pool import Connection
from shared.domain.errors import Conflict, NotFound, Problem

router = closed_router(f"{BASE}/alerts")

STATES = ("pending", "firing", "resolved", "any")
NEWEST = 2**63 - 1
_BOOLEANS = ("true", "false")
_MOST_LABELS = 20


async def alert_id_of(
    alert_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
) -> UUID:
    """Dependency: the alert id of the path.

    Raises:
        NotFound: it spells no id, so there is no such alert.
    """
    identity = read_id(alert_id)
    if identity is None:
        raise NotFound("alert", "")
    return identity


AlertId = Annotated[UUID, Depends(alert_id_of)]


@router.get("", response_model=Alerts)
async def list_alerts(
    *,
    parts: Parts,
    state: Annotated[
        str,
        Query(
            json_schema_extra={"enum": ["", *STATES]},
            description="Left out: pending, firing, and resolved within the last 15 minutes.",
        ),
    ] = "",
    rule: Annotated[str, Query(max_length=200, description="The name of its rule.")] = "",
    level: Annotated[str, Query(json_schema_extra={"enum": ["", *LEVELS]})] = "",
    labels: Annotated[
        str, Query(max_length=1000, description="name=value, several with commas.")
    ] = "",
    text: Annotated[
        str, Query(alias="q", max_length=200, description="A part of its rule's name or labels.")
    ] = "",
    acknowledged: Annotated[str, Query(json_schema_extra={"enum": ["", *_BOOLEANS]})] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response:
    """List alerts, newest first."""
    wanted = read_choice("acknowledged", acknowledged, _BOOLEANS)
    async with parts.database.connection() as connection:
        rows = await store.page(
            connection,
            state=read_choice("state", state, STATES),
            rule=rule or None,
            level=read_choice("level", level, LEVELS),
            labels=_read_labels(labels),
            text=text.strip() or None,
            acknowledged=None if wanted is None else wanted == "true",
            before=read_number_cursor(cursor) if cursor else NEWEST,
            limit=limit + 1,
        )
        held = await muting(connection)
    shown = rows[:limit]
    view: dict[str, Any] = {
        "items": [alert_view(row, held) for row in shown],
        "next": write_cursor(shown[-1].seq) if len(rows) > limit else None,
    }
    return json_answer(view).response()


@router.get("/counts", response_model=AlertCounts)
async def count_alerts(parts: Parts) -> Response:
    """Count alerts by state and level."""
    async with parts.database.connection() as connection:
        rows = await store.counts(connection)
        firing = await alert_settings.firing(connection)
        held = await muting(connection)
    return json_answer(counts_view(rows, firing, held)).response()


@router.get("/{alert_id}", response_model=AlertDetail)
async def get_alert(parts: Parts, alert_id: AlertId) -> Response:
    """Read one alert and its life."""
    async with parts.database.connection() as connection:
        row = await _there(connection, alert_id)
        held = await muting(connection)
        history = await store.transitions(connection, alert_id)
        runs = await alert_effects.started(connection, alert_id, [each.at for each in history])
    more = {"history": history_view(history), "started": started_view(runs)}
    return json_answer({**alert_view(row, held), **more}).response()


@router.post("/{alert_id}/acknowledge", response_model=Alert, openapi_extra=takes(Acknowledge))
async def acknowledge_alert(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    alert_id: AlertId,
    document: Annotated[Document, Depends(OptionalBody())],
    key: IdempotencyKey,
) -> Response:
    """Say that somebody takes care of an alert that is not over. Again: with another comment."""
    try:
        comment = Acknowledge.model_validate(document.value).comment
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None

    async def act(connection: Connection) -> Answer:
        row = await _there(connection, alert_id, lock=True)
        if row.state == "resolved":
            raise Conflict("alert.resolved")
        at = await tasks.now(connection)
        await store.acknowledge(connection, alert_id, by=caller.name, comment=comment, at=at)
        await note(
            connection,
            Actor.of(caller),
            "alert.acknowledged",
            "alert",
            str(alert_id),
            after={"rule": row.rule_name, "comment": comment},
        )
        return json_answer(alert_view(await _there(connection, alert_id), await muting(connection)))

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    return answer.response()


async def _there(connection: Connection, alert_id: UUID, *, lock: bool = False) -> store.AlertRow:
    row = await store.get(connection, alert_id, lock=lock)
    if row is None:
        raise NotFound("alert", str(alert_id))
    return row


def _read_labels(text: str) -> dict[str, str]:
    """Return the labels of `name=value,name=value`.

    Raises:
        Refused: 400, it is none.
    """
    found: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        name, sign, value = part.partition("=")
        if not sign or not name.strip() or len(found) == _MOST_LABELS:
            problem = Problem("/query/labels", "alert.label_filter")
            raise Refused(400, "query.invalid", problems=[problem])
        found[name.strip()] = value.strip()
    return found
