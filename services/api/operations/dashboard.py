"""The dashboard as callers are shown it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from services.api.store.dashboard import LATE_SECONDS, MOST_COUNTED, History, LateRow, Live
from services.api.tasks.views import reason_text, waits_for_text
from services.api.wire.texts import say
from shared.db.pool import Record
from shared.domain.instant import format_instant
from shared.domain.texts.catalog import Language

BUCKET = timedelta(minutes=5)
DAY = timedelta(hours=24)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def dashboard_view(live: Live, history: History, language: Language) -> dict[str, Any]:
    """Return all of it."""
    now: datetime = live.now["at"]
    return {
        "at": format_instant(now),
        "now": {
            "running": live.now["running"],
            "waiting": live.now["waiting"],
            "held": live.now["held"],
            "late": live.now["late"],
            "oldest_waiting_seconds": _seconds(live.now["oldest"]),
        },
        "late_after_seconds": LATE_SECONDS,
        "late": [_late(row, now, language) for row in live.late],
        "missed": [_missed(row, language) for row in live.missed],
        "unstarted_24h": live.unstarted,
        "failing": [_failing(row) for row in live.failing],
        "failing_total": live.failing[0]["total"] if live.failing else 0,
        "next": [
            {
                "task_id": str(row.task_id),
                "task_name": row.task_name,
                "queue": row.queue,
                "fires_at": format_instant(row.fires_at),
                "due_at": format_instant(row.due_at),
            }
            for row in live.next
        ],
        "silent": [
            {
                "task_id": str(row["task_id"]),
                "task_name": row["name"],
                "since": format_instant(row["since"]),
                "fires": row["fires"],
            }
            for row in live.silent
        ],
        "counts": _counts(live),
        "executors": dict(live.executors),
        **_ends(history.tallies, now),
        "hours": [
            {"at": format_instant(row["at"]), "runs": row["runs"], "failures": row["failures"]}
            for row in history.hours
        ],
        **_waits(history.waits),
    }


def _counts(live: Live) -> dict[str, Any]:
    counts = live.counts
    return {
        "tasks": counts["tasks"],
        "tasks_enabled": counts["tasks_enabled"],
        "dead_runs": counts["dead_runs"],
        "dead_letters": counts["dead_letters"],
        "incidents": counts["incidents"],
        "alerts_firing": counts["alerts_firing"],
        "alerts_error": counts["alerts_error"],
        "silent": live.silent[0]["total"] if live.silent else 0,
        "all_paused": bool(counts["all_paused"]),
        "paused_queues": counts["paused_queues"],
        "counted_up_to": MOST_COUNTED,
    }


def _late(row: LateRow, now: datetime, language: Language) -> dict[str, Any]:
    return {
        "run_id": str(row.run_id),
        "task_id": str(row.task_id),
        "task_name": row.task_name,
        "queue": row.queue,
        "due_at": format_instant(row.due_at),
        "late_seconds": _seconds((now - row.due_at).total_seconds()),
        "waits_for": row.waits_for,
        "waits_for_text": waits_for_text(row.waits_for, language),
    }


def _missed(row: Record, language: Language) -> dict[str, Any]:
    reason = reason_text(row["reason"], row["missed_count"], row["missed_since"], language)
    return {
        "task_id": str(row["task_id"]),
        "task_name": row["name"],
        "scheduled_for": format_instant(row["scheduled_for"]),
        "decided_at": format_instant(row["decided_at"]),
        "outcome": row["outcome"],
        "reason": reason or say(f"status.{row['outcome']}", language),
    }


def _failing(row: Record) -> dict[str, Any]:
    return {
        "task_id": str(row["task_id"]),
        "task_name": row["name"],
        "enabled": row["enabled"],
        "failures": row["failures"],
        "since": format_instant(row["failing_since"]),
        "last_at": format_instant(row["last_failed_at"]),
        "last_run_id": str(row["last_failed_run"]),
        "last_status": row["last_status"],
        "last_error": row["last_error"],
        "last_success_at": format_instant(row["last_success_at"])
        if row["last_success_at"]
        else None,
    }


def _ends(tallies: Sequence[Record], now: datetime) -> dict[str, Any]:
    """Return the ends of the last 24 hours in buckets, and success rates of two days."""
    first = now - DAY
    first -= (first - _EPOCH) % BUCKET
    size = int((now - first) / BUCKET) + 1
    series: dict[str, list[int]] = {kind: [0] * size for kind in ("success", "failure", "other")}
    sums: defaultdict[tuple[bool, str], int] = defaultdict(int)
    for row in tallies:
        is_today = row["bucket"] >= first
        sums[is_today, row["kind"]] += row["runs"]
        place = int((row["bucket"] - first) / BUCKET)
        if 0 <= place < size:
            series[row["kind"]][place] = row["runs"]
    return {
        "throughput": {
            "from": format_instant(first),
            "bucket_seconds": int(BUCKET.total_seconds()),
            **series,
        },
        "ended_24h": {kind: sums[True, kind] for kind in series},
        "success_rate_24h": _rate(sums[True, "success"], sums[True, "failure"]),
        "success_rate_before": _rate(sums[False, "success"], sums[False, "failure"]),
    }


def _rate(good: int, bad: int) -> float | None:
    return round(good / (good + bad), 4) if good + bad else None


def _waits(row: Record) -> dict[str, Any]:
    waits, lates = row["waits"] or [None, None], row["lates"] or [None, None]
    return {
        "queue_wait": {
            "p50": _seconds(waits[0]),
            "p95": _seconds(waits[1]),
            "measured": row["measured"],
        },
        "lateness": {
            "p50": _seconds(lates[0]),
            "p95": _seconds(lates[1]),
            "measured": row["scheduled"],
        },
    }


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(max(value, 0.0), 3)
