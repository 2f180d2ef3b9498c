"""What was told, as people see it; and what of it can be told once more. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from services.api.store.notifications import DeliveryRow, IncidentRow
from services.api.store.resends import Resendable
from shared.domain.errors import Conflict
from shared.domain.instant import format_instant

_UNENDED = frozenset({"waiting", "failed"})


def require_resendable(row: Resendable) -> Literal["again", "sooner"]:
    """Return how a message is sent once more.

    Raises:
        Conflict: it is about to be sent anyway, or its channel is gone.
    """
    if not row.has_channel and "@" not in row.channel:
        raise Conflict("notification.no_channel", channel=row.channel)
    if row.state == "waiting":
        raise Conflict("notification.waiting")
    return "sooner" if row.state == "failed" else "again"


def delivery_view(row: DeliveryRow) -> dict[str, Any]:
    """Return a message as people see it."""
    return {
        "id": str(row.id),
        "task_id": str(row.task_id) if row.task_id else None,
        "task_name": row.task_name,
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
        "resend_of": str(row.resend_of) if row.resend_of else None,
    }


def incident_view(row: IncidentRow) -> dict[str, Any]:
    """Return an incident as people see it."""
    return {
        "id": str(row.id),
        "task_id": str(row.task_id),
        "task_name": row.task_name,
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
