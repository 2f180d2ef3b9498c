"""Rows as the HTTP contract shows them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from services.api.store.run_lines import LineRow
from services.api.store.runs import OccurrenceRow, RunRow
from services.api.store.tasks import TaskRow
from services.api.tasks.definition import warnings_of
from services.api.tasks.policy import policy_view
from services.api.tasks.recipients import recipient_warnings
from services.api.tasks.upcoming import upcoming
from services.api.wire.texts import all_texts, say
from shared.contracts.runs import RunStatus
from shared.domain.errors import Problem
from shared.domain.instant import format_instant
from shared.domain.occurrence import Outcome
from shared.domain.texts.catalog import Language
from shared.domain.texts.reasons import in_words

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
        **policy_view(task.policy),
        "last_run_at": _instant(row.last_run_at),
        "next_run_at": _instant(next_run_at(row)),
        "run_count": row.run_count,
        "success_count": row.success_count,
        "failure_count": row.failure_count,
        "last_result": row.last_result and in_words(row.last_result, language),
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
            for problem in (*warnings_of(task), *_recipient_warnings(row))
        ],
    }


def _recipient_warnings(row: TaskRow) -> Iterator[Problem]:
    task = row.definition
    return recipient_warnings(
        task.notify_recipients,
        task.policy,
        row.unreachable,
        creator_is_reached=row.creator_is_reached,
    )


def next_run_at(row: TaskRow) -> datetime | None:
    """Return when a task starts next by its schedule, jitter and blackouts included."""
    coming = next(upcoming(row.definition, row.id, row.calendars, row.now), None)
    return coming.due if coming else None


def run_view(row: RunRow, language: Language) -> dict[str, Any]:
    """Return a log row as the contract shows it; the fields behind `execution_data` are ours."""
    return {
        "id": str(row.run_id),
        "task_id": str(row.task_id),
        "status": row.status,
        "started_at": _instant(row.started_at),
        "completed_at": _instant(row.completed_at),
        "duration_seconds": row.duration_seconds,
        "result": row.result,
        "error_message": error_text(row.status, row.error_message, language),
        "execution_data": json.loads(row.execution_data) if row.execution_data else None,
        "run_id": str(row.run_id),
        "trigger": row.trigger,
        "scheduled_for": format_instant(row.scheduled_for),
        "attempt": row.attempt,
        "executor": row.executor,
    }


def error_text(status: str, text: str | None, language: Language) -> str | None:
    """Return what is said of an end; of one that a rule of a task brought about, in words."""
    return in_words(text, language) if text and status == RunStatus.CANCELLED else text


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
        "waits_for": row.waits_for,
        "waits_for_text": waits_for_text(row.waits_for, language),
    }


def waits_for_text(code: str | None, language: Language) -> str | None:
    """Return in words what a run waits for."""
    return None if code is None else say(f"waits.{code}", language)


def _instant(at: datetime | None) -> str | None:
    return format_instant(at) if at else None


def _reason(row: OccurrenceRow, language: Language) -> str | None:
    return reason_text(row.reason, row.missed_count, row.missed_since, language)


def reason_text(
    code: str | None, missed_count: int, missed_since: datetime | None, language: Language
) -> str | None:
    """Return in words why a fire became what it did; a code of the future speaks for itself.

    What a code is about follows it after a colon.
    """
    if code is None:
        return None
    spelled, _, what = code.partition(":")
    params = {"count": missed_count, "since": _instant(missed_since) or "", "what": what}
    return say(spelled, language, params) if spelled in all_texts() else code
