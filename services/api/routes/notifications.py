"""What was told to whom, once more if somebody wants it; and the incidents that it was about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, get_args
from uuid import UUID, uuid4

from fastapi import Depends, Path, Query, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.channels.told import delivery_view, incident_view, require_resendable
from services.api.documented.channels import (
    FailureClass,
    Incidents,
    NotificationResent,
    Notifications,
)
from services.api.parts import Parts
from services.api.routes.caller import BASE, Cursor, Limit, read_choice, read_time
from services.api.store import audit, resends
from services.api.store import notifications as store
from services.api.tasks.dependencies import read_id
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import no_body
from services.api.wire.cursor import read_instant_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import Refused
from shared.db.pool import Connection
from shared.domain.errors import NotFound, Problem

router = closed_router(BASE)

STATES = ("waiting", "failed", "sent", "given_up", "folded")
_OPEN = ("true", "false")
_CLASSES: tuple[str, ...] = get_args(FailureClass)
_NEWEST = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))


async def delivery_id_of(
    notification_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
) -> UUID:
    """Dependency: the notification's id of the path.

    Raises:
        NotFound: it spells no id, so there is no such notification.
    """
    identity = read_id(notification_id)
    if identity is None:
        raise NotFound("notification", "")
    return identity


DeliveryId = Annotated[UUID, Depends(delivery_id_of)]
OfTask = Annotated[str, Query(json_schema_extra={"format": "uuid"})]


@router.get("/notifications", response_model=Notifications)
async def list_notifications(
    *,
    parts: Parts,
    task_id: OfTask = "",
    alert_group_id: OfTask = "",
    channel: Annotated[str, Query(max_length=320)] = "",
    state: Annotated[str, Query(json_schema_extra={"enum": ["", *STATES]})] = "",
    event: Annotated[str, Query(max_length=100, description="What is told, as in the list.")] = "",
    earliest: Annotated[str, Query(alias="from", description="Ordered then or later.")] = "",
    latest: Annotated[str, Query(alias="to", description="Ordered before.")] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response:
    """List what was told, or is still to be told, newest first."""
    async with parts.database.connection() as connection:
        rows = await store.deliveries(
            connection,
            task_id=_read_id("task_id", task_id, "task.unknown"),
            group_id=_read_id("alert_group_id", alert_group_id, "alert_group.unknown"),
            channel=channel or None,
            state=read_choice("state", state, STATES),
            event=event or None,
            earliest=read_time("from", earliest),
            latest=read_time("to", latest),
            before=read_instant_cursor(cursor) if cursor else _NEWEST,
            limit=limit + 1,
        )
    shown = rows[:limit]
    following = write_cursor(shown[-1].created_at, shown[-1].id) if len(rows) > limit else None
    return json_answer(
        {"items": [delivery_view(row) for row in shown], "next": following}
    ).response()


@router.post(
    "/notifications/{notification_id}/resend",
    status_code=202,
    response_model=NotificationResent,
    dependencies=[Depends(no_body)],
)
async def resend_notification(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    notification_id: DeliveryId,
    key: IdempotencyKey,
) -> Response:
    """Send a message once more, or, if it waits to be tried again, now. Answers at once.

    What was ended gets a new message with an id of its own; it is in the list a moment later.
    """

    async def act(connection: Connection) -> Answer:
        row = await resends.find(connection, notification_id)
        if row is None:
            raise NotFound("notification", str(notification_id))
        how = require_resendable(row)
        identity = uuid4()
        await resends.wish(connection, identity, notification_id, how, requested_by=caller.name)
        new = identity if how == "again" else notification_id
        actor = audit.Actor.of(caller)
        after = {"channel": row.channel, "event": row.event, "how": how, "notification": str(new)}
        told = str(notification_id)
        await audit.note(
            connection, actor, "notification.resent", "notification", told, after=after
        )
        return json_answer({"id": str(new), "resend_of": told, "how": how}, 202)

    answer = await once(parts.database, request, caller, b"", act, key=key)
    return answer.response()


@router.get("/incidents", response_model=Incidents)
async def list_incidents(
    *,
    parts: Parts,
    task_id: OfTask = "",
    is_open: Annotated[str, Query(alias="open", json_schema_extra={"enum": ["", *_OPEN]})] = "",
    failure_class: Annotated[str, Query(json_schema_extra={"enum": ["", *_CLASSES]})] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response:
    """List incidents, newest first."""
    wanted = read_choice("open", is_open, _OPEN)
    async with parts.database.connection() as connection:
        rows = await store.incidents(
            connection,
            task_id=_read_id("task_id", task_id, "task.unknown"),
            is_open=None if wanted is None else wanted == "true",
            failure_class=read_choice("failure_class", failure_class, _CLASSES),
            before=read_instant_cursor(cursor) if cursor else _NEWEST,
            limit=limit + 1,
        )
    shown = rows[:limit]
    following = write_cursor(shown[-1].opened_at, shown[-1].id) if len(rows) > limit else None
    return json_answer(
        {"items": [incident_view(row) for row in shown], "next": following}
    ).response()


def _read_id(name: str, text: str, code: str) -> UUID | None:
    identity = read_id(text) if text else None
    if text and identity is None:
        problem = Problem(f"/query/{name}", code)
        raise Refused(400, "query.invalid", problems=[problem])
    return identity
