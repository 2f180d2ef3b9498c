"""Executors as callers are shown them. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from services.api.store.executors import ExecutorRow, InHandRow
from shared.domain.instant import format_instant

#: Seconds without a sign of life after which an executor does not count any more.
SILENT = 15.0

State = Literal["active", "draining", "drained", "stopping", "silent"]


def state_of(row: ExecutorRow) -> State:
    """Return how an executor stands.

    Wished is not done: until it has heard of it, a drained executor may take one more run.
    """
    if row.silent_seconds > SILENT:
        return "silent"
    if row.drained_at is not None:
        return "drained" if row.cordoned and row.running == 0 else "draining"
    return "stopping" if row.draining and not row.cordoned else "active"


def executor_view(row: ExecutorRow) -> dict[str, Any]:
    """Return an executor process."""
    return {
        "executor_id": str(row.executor_id),
        "instance": row.instance,
        "host": row.host,
        "version": row.version,
        "started_at": format_instant(row.started_at),
        "seen_at": format_instant(row.seen_at),
        "silent_seconds": round(max(row.silent_seconds, 0.0), 1),
        "clock_offset_seconds": row.clock_offset,
        "state": state_of(row),
        "slots": row.slots,
        "running": row.running,
        "draining": row.draining,
        "drain": None
        if row.drained_at is None
        else {
            "reason": row.drain_reason,
            "drained_at": format_instant(row.drained_at),
            "drained_by": row.drained_by,
        },
        "queues": row.queues,
        "labels": json.loads(row.labels),
        "actions": row.actions,
    }


def with_runs(row: ExecutorRow, runs: Sequence[InHandRow], *, more: bool) -> dict[str, Any]:
    """Return an executor with what it has in hand."""
    return {**executor_view(row), "runs": [_in_hand(each) for each in runs], "more_runs": more}


def _in_hand(row: InHandRow) -> dict[str, Any]:
    progress = json.loads(row.progress) if row.progress else None
    return {
        "run_id": str(row.run_id),
        "task_id": str(row.task_id),
        "task_name": row.task_name,
        "attempt": row.attempt,
        "claimed_at": format_instant(row.claimed_at),
        "lease_until": format_instant(row.lease_until),
        "percent": progress.get("percent") if progress else None,
        "message": progress.get("message") if progress else None,
    }
