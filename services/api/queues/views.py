"""Queues, calendars and the pause as callers are shown them. Pure."""

from __future__ import annotations

import json
from typing import Any

from services.api.store.calendars import CalendarRow
from services.api.store.queues import PauseRow, QueueRow
from shared.domain.instant import format_instant


def calendar_view(row: CalendarRow) -> dict[str, Any]:
    """Return a calendar."""
    spec = json.loads(row.spec)
    return {
        "name": row.name,
        "description": row.description,
        "timezone": spec.get("timezone", "UTC"),
        "dates": spec.get("dates", []),
        "weekly": spec.get("weekly", []),
        "holidays": spec.get("holidays", []),
        "updated_at": format_instant(row.updated_at),
        "updated_by": row.updated_by,
    }


def queue_view(row: QueueRow) -> dict[str, Any]:
    """Return a queue with what is in it."""
    limited = row.rate_limit is not None
    return {
        "name": row.name,
        "description": row.description,
        "paused": row.paused,
        "concurrency": row.concurrency,
        "rate_limit": {"limit": row.rate_limit, "period_seconds": row.rate_period_seconds}
        if limited
        else None,
        "max_depth": row.max_depth,
        "state": _state(row),
        "waiting": row.waiting,
        "running": row.running,
        "oldest_waiting_seconds": None
        if row.oldest_waiting_seconds is None
        else round(max(row.oldest_waiting_seconds, 0.0), 1),
        "executors": row.executors,
        "tasks": row.tasks,
        "updated_at": format_instant(row.updated_at) if row.updated_at else None,
        "updated_by": row.updated_by,
    }


def pause_view(row: PauseRow) -> dict[str, Any]:
    """Return whether everything is paused."""
    return {
        "paused": row.paused,
        "changed_at": format_instant(row.changed_at) if row.changed_at else None,
        "changed_by": row.changed_by,
    }


def _state(row: QueueRow) -> str:
    if row.paused or row.all_paused:
        return "paused"
    return "ready" if row.executors else "no_executor"
