"""Rows as the HTTP contract shows them. Pure."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from services.api.definition import Definition, schedule_of, warnings_of
from services.api.store.runs import LineRow, OccurrenceRow, RunRow
from services.api.store.system import DeadRow, ExecutorRow
from services.api.store.tasks import TaskRow
from services.api.texts import all_texts, say
from shared.domain.instant import format_instant
from shared.domain.occurrence import Outcome
from shared.domain.schedule import due_at, next_fire
from shared.domain.texts.catalog import Language

#: Outcomes of a fire for which a run exists.
_WITH_RUN = frozenset({Outcome.FIRED, Outcome.EXPIRED})


def task_view(row: TaskRow, language: Language) -> dict[str, Any]:
    """Return a task as the contract shows it; `version`, `seq` and `warnings` are ours."""
    task = row.definition
    return {
        "id": str(row.id),
        "name": task.name,
        "description": task.description,
        "task_type": task.task_type.value,
        "task_action": task.task_action,
        "schedule_config": task.schedule_config,
        "trigger_config": task.trigger_config,
        "action_config": task.action_config,
        "enabled": task.enabled,
        "dependent_tasks": [str(each) for each in task.dependent_tasks],
        "timeout_seconds": task.timeout_seconds,
        "notify_on_success": task.notify_on_success,
        "notify_on_failure": task.notify_on_failure,
        "notify_recipients": list(task.notify_recipients),
        "last_run_at": _instant(row.last_run_at),
        "next_run_at": _instant(next_run_at(task, row.id, row.now)),
        "run_count": row.run_count,
        "success_count": row.success_count,
        "failure_count": row.failure_count,
        "last_result": row.last_result,
        "created_at": format_instant(row.created_at),
        "updated_at": format_instant(row.updated_at),
        "created_by": row.created_by,
        "version": row.version,
        "warnings": [
            {
                "pointer": problem.pointer,
                "code": problem.code,
                "detail": say(problem.code, language, problem.params),
            }
            for problem in warnings_of(task)
        ],
    }


def next_run_at(task: Definition, task_id: UUID, now: datetime) -> datetime | None:
    """Return when a task starts next by its schedule, jitter included."""
    schedule = schedule_of(task) if task.enabled else None
    fire = next_fire(schedule, now) if schedule else None
    if schedule is None or fire is None:
        return None
    return due_at(schedule, str(task_id), fire.at)


def run_view(row: RunRow) -> dict[str, Any]:
    """Return a log row as the contract shows it; the fields behind `execution_data` are ours."""
    return {
        "id": str(row.run_id),
        "task_id": str(row.task_id),
        "status": row.status,
        "started_at": format_instant(row.started_at),
        "completed_at": _instant(row.completed_at),
        "duration_seconds": row.duration_seconds,
        "result": row.result,
        "error_message": row.error_message,
        "execution_data": json.loads(row.execution_data) if row.execution_data else None,
        "run_id": str(row.run_id),
        "trigger": row.trigger,
        "scheduled_for": format_instant(row.scheduled_for),
        "attempt": row.attempt,
        "executor": row.executor,
    }


def expected_run_view(task_id: UUID, row: OccurrenceRow, language: Language) -> dict[str, Any]:
    """Return a run that has not begun, or never will, in the shape of a log row."""
    return {
        "id": str(row.run_id),
        "task_id": str(task_id),
        "status": "waiting" if row.outcome == Outcome.FIRED else "skipped",
        "started_at": None,
        "completed_at": None,
        "duration_seconds": None,
        "result": None,
        "error_message": _reason(row, language),
        "execution_data": None,
        "run_id": str(row.run_id),
        "trigger": row.trigger,
        "scheduled_for": format_instant(row.scheduled_for),
        "attempt": 0,
        "executor": None,
    }


def line_view(row: LineRow) -> dict[str, Any]:
    """Return a line that a run wrote."""
    return {
        "attempt": row.attempt,
        "seq": row.seq,
        "at": format_instant(row.at),
        "level": row.level,
        "text": row.text,
    }


def occurrence_view(row: OccurrenceRow, language: Language) -> dict[str, Any]:
    """Return what became of a fire."""
    return {
        "scheduled_for": format_instant(row.scheduled_for),
        "due_at": format_instant(row.due_at),
        "trigger": row.trigger,
        "outcome": row.outcome,
        "reason": _reason(row, language),
        "reason_code": row.reason,
        "run_id": str(row.run_id) if row.outcome in _WITH_RUN else None,
        "missed_count": row.missed_count,
        "missed_since": _instant(row.missed_since),
    }


def executor_view(row: ExecutorRow) -> dict[str, Any]:
    """Return an executor process."""
    return {
        "executor_id": str(row.executor_id),
        "instance": row.instance,
        "host": row.host,
        "started_at": format_instant(row.started_at),
        "seen_at": format_instant(row.seen_at),
        "silent_seconds": round(max(row.silent_seconds, 0.0), 1),
        "slots": row.slots,
        "running": row.running,
        "draining": row.draining,
        "actions": row.actions,
    }


def dead_letter_view(row: DeadRow) -> dict[str, Any]:
    """Return a message that nobody could handle; bytes that are no text as base64."""
    try:
        payload, encoding = row.payload.decode(), "utf-8"
    except UnicodeDecodeError:
        payload, encoding = base64.b64encode(row.payload).decode(), "base64"
    return {
        "id": row.id,
        "stream": row.stream,
        "subject": row.subject,
        "reason": row.reason,
        "payload": payload,
        "payload_encoding": encoding,
        "headers": json.loads(row.headers),
        "created_at": format_instant(row.created_at),
    }


def _instant(at: datetime | None) -> str | None:
    return format_instant(at) if at else None


def _reason(row: OccurrenceRow, language: Language) -> str | None:
    if row.reason is None:
        return None
    params = {"count": row.missed_count, "since": _instant(row.missed_since) or ""}
    return say(row.reason, language, params) if row.reason in all_texts() else row.reason
