"""What was told to whom, and the incidents that it was about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from services.api.access.auth import closed_router
from services.api.documented.channels import Incidents, Notifications
from services.api.parts import Parts
from services.api.routes.caller import BASE, Cursor, Limit, read_choice
from services.api.store import notifications as store
from services.api.tasks.dependencies import read_id
from services.api.wire.answers import json_answer
from services.api.wire.cursor import read_instant_cursor, write_cursor
from services.api.wire.problems import Refused
from shared.domain.errors import Problem
from shared.domain.instant import format_instant

router = closed_router(BASE)

STATES = ("waiting", "failed", "sent", "given_up", "folded")
_OPEN = ("true", "false")
_UNENDED = frozenset({"waiting", "failed"})
_NEWEST = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))

OfTask = Annotated[str, Query(json_schema_extra={"format": "uuid"})]


@router.get("/notifications", response_model=Notifications)
async def list_notifications(
    *,
    parts: Parts,
    task_id: OfTask = "",
    alert_group_id: OfTask = "",
    channel: Annotated[str, Query(max_length=320)] = "",
    state: Annotated[str, Query(json_schema_extra={"enum": ["", *STATES]})] = "",
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
            before=read_instant_cursor(cursor) if cursor else _NEWEST,
            limit=limit + 1,
        )
    shown = rows[:limit]
    following = write_cursor(shown[-1].created_at, shown[-1].id) if len(rows) > limit else None
    return json_answer(
        {"items": [_delivery_view(row) for row in shown], "next": following}
    ).response()


@router.get("/incidents", response_model=Incidents)
async def list_incidents(
    *,
    parts: Parts,
    task_id: OfTask = "",
    is_open: Annotated[str, Query(alias="open", json_schema_extra={"enum": ["", *_OPEN]})] = "",
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
            before=read_instant_cursor(cursor) if cursor else _NEWEST,
            limit=limit + 1,
        )
    shown = rows[:limit]
    following = write_cursor(shown[-1].opened_at, shown[-1].id) if len(rows) > limit else None
    return json_answer(
        {"items": [_incident_view(row) for row in shown], "next": following}
    ).response()


def _read_id(name: str, text: str, code: str) -> UUID | None:
    identity = read_id(text) if text else None
    if text and identity is None:
        problem = Problem(f"/query/{name}", code)
        raise Refused(400, "query.invalid", problems=[problem])
    return identity


def _delivery_view(row: store.DeliveryRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "task_id": str(row.task_id) if row.task_id else None,
        "run_id": str(row.run_id) if row.run_id else None,
        "alert_group_id": str(row.group_id) if row.group_id else None,
        "event": row.event,
        "channel": row.channel,
        "incident_id": str(row.incident_id) if row.incident_id else None,
        "state": row.state,
        "tries": row.tries,
        "next_try_at": format_instant(row.next_try_at) if row.state in _UNENDED else None,
        "answer": row.answer,
        "created_at": format_instant(row.created_at),
        "ended_at": _instant(row.ended_at),
    }


def _incident_view(row: store.IncidentRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "task_id": str(row.task_id),
        "failure_class": row.failure_class,
        "opened_at": format_instant(row.opened_at),
        "updated_at": format_instant(row.updated_at),
        "count": row.failures,
        "first_run_id": str(row.first_run_id),
        "last_run_id": str(row.last_run_id),
        "last_error": row.last_error,
        "told_at": _instant(row.told_at),
        "closed_at": _instant(row.closed_at),
        "closed_by": str(row.closed_by) if row.closed_by else None,
    }


def _instant(at: datetime | None) -> str | None:
    return format_instant(at) if at else None
