"""The figures of a task as they are shown: windows by name, days without gaps. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from services.api.store.task_statistics import DAYS, DayRow, WindowRow
from services.api.tasks.list_view import success_rate
from shared.domain.instant import format_instant

WINDOWS: Mapping[str, timedelta] = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}


def first_day(now: datetime, zone: tzinfo) -> datetime:
    """Return the beginning of the first day of the trend."""
    day = now.astimezone(zone).date() - timedelta(days=DAYS - 1)
    return datetime.combine(day, time(), zone)


def window_views(rows: Sequence[WindowRow]) -> list[dict[str, Any]]:
    """Return the windows, the shortest first."""
    return [_window(name, row) for name, row in zip(WINDOWS, rows, strict=True)]


def day_views(rows: Sequence[DayRow], now: datetime, zone: tzinfo) -> list[dict[str, Any]]:
    """Return every day of the trend, today last."""
    known = {row.day: row for row in rows}
    first = first_day(now, zone).date()
    return [
        _day(day, known.get(day))
        for day in (first + timedelta(days=number) for number in range(DAYS))
    ]


def _window(name: str, row: WindowRow) -> dict[str, Any]:
    p50, p95, p99 = (_rounded(each) for each in row.percentiles or (None, None, None))
    return {
        "window": name,
        "since": format_instant(row.since),
        "runs": row.runs,
        "successes": row.successes,
        "failures": row.runs - row.successes - row.cancelled,
        "cancelled": row.cancelled,
        "success_rate": success_rate(row.runs, row.successes, row.cancelled),
        "p50_seconds": p50,
        "p95_seconds": p95,
        "p99_seconds": p99,
        "queue_wait_p95_seconds": _rounded(row.wait_p95),
        "late": row.late,
        "missed": row.missed,
        "skipped": row.skipped,
    }


def _day(day: date, row: DayRow | None) -> dict[str, Any]:
    p50, p95 = (_rounded(each) for each in (row.percentiles if row else (None, None)))
    runs, successes, cancelled = (
        (row.runs, row.successes, row.cancelled) if row is not None else (0, 0, 0)
    )
    return {
        "day": day.isoformat(),
        "runs": runs,
        "successes": successes,
        "failures": runs - successes - cancelled,
        "cancelled": cancelled,
        "p50_seconds": p50,
        "p95_seconds": p95,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
