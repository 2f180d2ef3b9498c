"""Runs as the HTTP contract shows them: in lists, and one with all that happened to it. Pure."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from services.api.runs.timeline import timeline_of
from services.api.runs.wanted import RETRYING, WAITING
from services.api.runs.why import Beginning, Names, beginning_view, origin_of
from services.api.store.dead_runs import DeadRunRow
from services.api.store.holders import Holder
from services.api.store.run_history import AttemptRow, History, LeaseRow, LedgerRow
from services.api.store.run_kin import KinRow
from services.api.store.run_list import ListedRow
from services.api.store.runs import RunRow
from services.api.tasks.views import error_text, reason_text, run_view, waits_for_text
from shared.domain.instant import format_instant
from shared.domain.occurrence import Outcome
from shared.domain.texts.catalog import Language
from shared.domain.texts.reasons import in_words

__all__ = ["RETRYING", "WAITING"]

SKIPPED = "skipped"
RUNNING = "running"
LOST = "lost"


def listed_run_view(row: ListedRow, names: Names, language: Language) -> dict[str, Any]:
    """Return a run of a list; *names* are those of upstream tasks."""
    begun = Beginning(
        row.run.trigger,
        row.requested_by,
        row.origin,
        row.run.scheduled_for,
        row.due_at,
        row.began_at,
    )
    return {
        **run_view(row.run, language),
        **beginning_view(begun, names, language),
        "task_name": row.task_name,
        "task_action": row.task_action,
        "queue": row.queue,
        "waits_for": row.waits_for,
        "waits_for_text": waits_for_text(row.waits_for, language),
    }


def run_detail_view(history: History, names: Names, language: Language) -> dict[str, Any]:
    """Return one run with all that is known of it; *names* are those of upstream tasks."""
    ledger = history.ledger
    waits_for = ledger.waits_for if ledger else None
    asked = history.asked
    params = json.loads(ledger.params) if ledger and ledger.params else None
    base = _base(history, language)
    return {
        **base,
        **beginning_view(_beginning(history), names, language),
        "queue": ledger.queue if ledger else None,
        "waits_for": waits_for,
        "waits_for_text": waits_for_text(waits_for, language),
        "priority": ledger.priority if ledger else None,
        "outcome": ledger.outcome if ledger else None,
        "not_before": _instant(ledger.not_before) if ledger else None,
        "cancel_requested_at": _instant(ledger.cancel_requested_at) if ledger else None,
        "cancel_reason": _cancel_reason(ledger, language),
        "params": asked.params if ledger is None and asked else params,
        "origin": origin_of(history.origin) or None,
        "trace_id": history.trace_id,
        "progress": _progress(history),
        "attempts": attempts_of(history, language),
        "timeline": timeline_of(history, language),
    }


def _beginning(history: History) -> Beginning:
    run, ledger, asked = history.run, history.ledger, history.asked
    starts = [row.started_at for row in history.attempts]
    starts += [history.lease.claimed_at] if history.lease else []
    starts += [run.started_at] if run is not None and run.started_at else []
    scheduled = run.scheduled_for if run else ledger.scheduled_for if ledger else None
    if scheduled is None and asked is not None:
        scheduled = asked.scheduled_for or asked.requested_at
    assert scheduled is not None  # noqa: S101 - `find` returns one that has any of the three
    known = ledger or asked
    return Beginning(
        trigger=run.trigger if run else known.trigger if known else "",
        requested_by=known.requested_by if known else None,
        origin=history.origin,
        scheduled_for=scheduled,
        due_at=ledger.due_at if ledger else None,
        began_at=min(starts, default=None),
    )


def kin_view(row: KinRow) -> dict[str, Any]:
    """Return a run that caused another, or was caused by it."""
    return {
        "run_id": str(row.run_id),
        "task_id": str(row.task_id),
        "task_name": row.task_name,
        "trigger": row.trigger,
        "status": row.status,
        "at": format_instant(row.at),
    }


def holder_view(holder: Holder) -> dict[str, Any]:
    """Return a run that has what another one waits for."""
    return {
        "run_id": str(holder.run_id),
        "task_id": str(holder.task_id),
        "task_name": holder.task_name,
        "since": format_instant(holder.since),
    }


def _cancel_reason(ledger: LedgerRow | None, language: Language) -> str | None:
    reason = ledger.cancel_reason if ledger else None
    return reason and in_words(reason, language)


def _progress(history: History) -> dict[str, Any] | None:
    """Return how far the action says that it is; after its end, how far it said that it was."""
    run, lease = history.run, history.lease
    if lease is not None and lease.outcome is None and not (run is not None and run.final):
        shown: dict[str, Any] | None = json.loads(lease.progress) if lease.progress else None
        return shown
    data = json.loads(run.execution_data) if run is not None and run.execution_data else {}
    return data.get("progress") if isinstance(data, dict) else None


def attempts_of(history: History, language: Language) -> list[dict[str, Any]]:
    """Return the attempts of a run side by side, the live one included."""
    shown = {row.attempt: _attempt_view(row, language) for row in history.attempts}
    run, lease = history.run, history.lease
    if run is not None and run.attempt and run.attempt not in shown:
        shown[run.attempt] = _attempt_of_run(run, language)
    if lease is not None and lease.outcome is None and not (run is not None and run.final):
        live = shown.setdefault(lease.attempt, _live_attempt(lease))
        live["lease_until"] = format_instant(lease.lease_until)
    for number, attempt in shown.items():
        if attempt["status"] == RUNNING and number < max(shown):
            attempt["status"] = LOST  # its executor went silent before it could tell how it ended
    return [shown[number] for number in sorted(shown)]


def _base(history: History, language: Language) -> dict[str, Any]:
    """Return the shape of a log row, whether or not there is one."""
    run, ledger = history.run, history.ledger
    if run is not None:
        view = run_view(run, language)
        if not run.final and ledger is not None and ledger.outcome == Outcome.CANCELLED:
            view["status"] = Outcome.CANCELLED.value  # taken back between two attempts
        return view
    if ledger is not None:
        reason = reason_text(ledger.reason, ledger.missed_count, ledger.missed_since, language)
        return _unbegun(
            ledger.run_id,
            ledger.task_id,
            trigger=ledger.trigger,
            scheduled_for=ledger.scheduled_for,
            status=_status_of(ledger, history),
            reason=reason,
            language=language,
        )
    asked = history.asked
    assert asked is not None  # noqa: S101 - `find` returns nothing else
    return _unbegun(
        asked.run_id,
        asked.task_id,
        trigger=asked.trigger,
        scheduled_for=asked.scheduled_for or asked.requested_at,
        status=WAITING,
        reason=None,
        language=language,
    )


def _status_of(ledger: LedgerRow, history: History) -> str:
    """Return how a run stands that has no log row."""
    if ledger.outcome == Outcome.CANCELLED:
        return Outcome.CANCELLED.value
    if ledger.outcome != Outcome.FIRED:
        return SKIPPED
    lease = history.lease
    return RUNNING if lease is not None and lease.outcome is None else WAITING


def _unbegun(
    run_id: UUID,
    task_id: UUID,
    *,
    trigger: str,
    scheduled_for: datetime,
    status: str,
    reason: str | None,
    language: Language,
) -> dict[str, Any]:
    row = RunRow(
        run_id=run_id,
        task_id=task_id,
        trigger=trigger,
        status=status,
        attempt=0,
        scheduled_for=scheduled_for,
        started_at=None,
        completed_at=None,
        duration_seconds=None,
        result=None,
        error_message=reason,
        execution_data=None,
        executor=None,
        final=False,
    )
    return run_view(row, language)


def _attempt_view(row: AttemptRow, language: Language) -> dict[str, Any]:
    return {
        "attempt": row.attempt,
        "status": row.status,
        "started_at": format_instant(row.started_at),
        "completed_at": _instant(row.completed_at),
        "duration_seconds": _seconds(row.started_at, row.completed_at),
        "result": row.result,
        "error_message": error_text(row.status, row.error_message, language),
        "executor": row.executor,
        "retry_at": _instant(row.retry_at),
        "lease_until": None,
    }


def _attempt_of_run(run: RunRow, language: Language) -> dict[str, Any]:
    return {
        "attempt": run.attempt,
        "status": run.status,
        "started_at": _instant(run.started_at),
        "completed_at": _instant(run.completed_at),
        "duration_seconds": run.duration_seconds,
        "result": run.result,
        "error_message": error_text(run.status, run.error_message, language),
        "executor": run.executor,
        "retry_at": None,
        "lease_until": None,
    }


def _live_attempt(lease: LeaseRow) -> dict[str, Any]:
    return {
        "attempt": lease.attempt,
        "status": RUNNING,
        "started_at": format_instant(lease.claimed_at),
        "completed_at": None,
        "duration_seconds": None,
        "result": None,
        "error_message": None,
        "executor": lease.executor,
        "retry_at": None,
        "lease_until": None,
    }


def _seconds(start: datetime, end: datetime | None) -> float | None:
    return None if end is None else max(0.0, (end - start).total_seconds())


def _instant(at: datetime | None) -> str | None:
    return format_instant(at) if at else None


def dead_run_view(row: DeadRunRow) -> dict[str, Any]:
    """Return a dead run and what was decided about it."""
    return {
        "run_id": str(row.run_id),
        "task_id": str(row.task_id),
        "task_name": row.task_name,
        "trigger": row.trigger,
        "status": row.status,
        "attempts": row.attempt,
        "scheduled_for": format_instant(row.scheduled_for),
        "died_at": format_instant(row.died_at),
        "error_message": row.error_message,
        "executor": row.executor,
        "state": row.state,
        "decided_at": _instant(row.decided_at),
        "decided_by": row.decided_by,
        "new_run_id": str(row.new_run_id) if row.new_run_id else None,
    }
