"""Queues, calendars and the pause as callers are shown them. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.api.store.calendars import CalendarRow, CalendarUser
from services.api.store.queues import RATE_MINUTES, PauseRow, QueueRow
from shared.domain.blackout import parse_calendar
from shared.domain.blackout_times import coming
from shared.domain.instant import format_instant

_BLACKOUTS_SHOWN = 5


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


def calendar_answer(
    row: CalendarRow, users: Sequence[CalendarUser], now: datetime
) -> dict[str, Any]:
    """Return a calendar with the tasks that keep clear of it, and its next blackouts."""
    times = coming(parse_calendar(json.loads(row.spec)), now, _BLACKOUTS_SHOWN)
    return {
        **calendar_view(row),
        "used_by": [{"id": str(each.id), "name": each.name} for each in users],
        "times": [
            {"from": format_instant(start), "to": format_instant(end)} for start, end in times
        ],
    }


def queue_view(row: QueueRow) -> dict[str, Any]:
    """Return a queue with what is in it."""
    limited = row.rate_limit is not None
    return {
        "name": row.name,
        "description": row.description,
        "paused": row.paused,
        "pause": _pause(row),
        "concurrency": row.concurrency,
        "override": _override(row),
        "rate_limit": {"limit": row.rate_limit, "period_seconds": row.rate_period_seconds}
        if limited
        else None,
        "max_depth": row.max_depth,
        "state": _state(row),
        "waiting": row.waiting,
        "running": row.running,
        "retrying": row.retrying,
        "held": json.loads(row.held),
        "oldest_waiting_seconds": None
        if row.oldest_waiting_seconds is None
        else round(max(row.oldest_waiting_seconds, 0.0), 1),
        "started_per_minute": round(row.started_last_minutes / RATE_MINUTES, 2),
        "executors": row.executors,
        "slots": row.slots,
        "tasks": row.tasks,
        "updated_at": _instant(row.updated_at),
        "updated_by": row.updated_by,
    }


def pause_view(row: PauseRow) -> dict[str, Any]:
    """Return whether everything is paused."""
    return {
        "paused": row.paused,
        "changed_at": _instant(row.changed_at),
        "changed_by": row.changed_by,
        "reason": row.reason if row.paused else None,
        "until": _instant(row.until) if row.paused else None,
    }


def _pause(row: QueueRow) -> dict[str, Any] | None:
    if not row.paused:
        return None
    return {
        "reason": row.pause_reason,
        "paused_at": _instant(row.paused_at),
        "paused_by": row.paused_by,
        "until": _instant(row.paused_until),
    }


def _override(row: QueueRow) -> dict[str, Any] | None:
    if not row.overridden or row.override_until is None:
        return None
    return {
        "concurrency": row.override_concurrency,
        "until": format_instant(row.override_until),
        "reason": row.override_reason,
        "by": row.override_by,
    }


def _instant(at: datetime | None) -> str | None:
    return format_instant(at) if at else None


def _state(row: QueueRow) -> str:
    if row.paused or row.all_paused:
        return "paused"
    return "ready" if row.executors else "no_executor"
