"""A task as a row of the list: what it is, when it runs next, how its runs went. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.api.store.task_list import Lately, StripRun, Week
from services.api.store.tasks import TaskRow
from services.api.tasks.definition import Definition, schedule_of
from services.api.tasks.views import next_run_at
from shared.contracts.runs import RunStatus
from shared.domain.describe import describe
from shared.domain.instant import format_instant
from shared.domain.texts.catalog import Language

_BAD = frozenset({RunStatus.FAILURE, RunStatus.TIMED_OUT, RunStatus.NEEDS_OPERATOR})


def row_view(row: TaskRow, lately: Lately, language: Language) -> dict[str, Any]:
    """Return a row of the list."""
    task = row.definition
    runs = lately.strips.get(row.id, ())
    week = lately.weeks.get(row.id, Week())
    live, held = lately.open_runs.get(row.id, (0, 0))
    behind, before = lately.ties.get(row.id, (0, 0))
    coming = next_run_at(row)
    return {
        "id": str(row.id),
        "name": task.name,
        "description": task.description,
        "task_type": task.task_type.value,
        "task_action": task.task_action,
        "enabled": task.enabled,
        "queue": task.policy.queue,
        "priority": task.policy.priority,
        "schedule_config": task.schedule_config,
        "trigger_config": task.trigger_config,
        "when": when_text(task, language),
        "next_run_at": format_instant(coming) if coming else None,
        "last_run_at": format_instant(row.last_run_at) if row.last_run_at else None,
        "last_run": _run_view(runs[0]) if runs else None,
        "last_runs": [_run_view(run) for run in reversed(runs)],
        "failing": is_failing(runs),
        "run_count": row.run_count,
        "failure_count": row.failure_count,
        "recent": recent_view(week),
        "live_runs": live,
        "held_runs": held,
        "dependents": behind,
        "dependencies": before,
        "created_at": format_instant(row.created_at),
        "updated_at": format_instant(row.updated_at),
        "created_by": row.created_by,
        "version": row.version,
    }


def when_text(task: Definition, language: Language) -> str | None:
    """Return the sentence of a task's schedule; None if it has none."""
    schedule = schedule_of(task)
    return describe(schedule)[language] if schedule else None


def is_failing(runs: Sequence[StripRun]) -> bool:
    """Return whether the newest run that has ended did so badly; *runs*, the newest first."""
    ended = next((run.status for run in runs if run.status not in ("running", "retrying")), None)
    return ended in _BAD


def success_rate(runs: int, successes: int, cancelled: int) -> float | None:
    """Return the share of successes; what a person took back says nothing of the task."""
    judged = runs - cancelled
    return round(successes / judged, 4) if judged > 0 else None


def recent_view(week: Week) -> dict[str, Any]:
    """Return how the newest runs of the last 7 days went."""
    return {
        "runs": week.runs,
        "success_rate": success_rate(week.runs, week.successes, week.cancelled),
        "p95_seconds": None if week.p95_seconds is None else round(week.p95_seconds, 3),
    }


def _run_view(run: StripRun) -> dict[str, Any]:
    return {
        "run_id": str(run.run_id),
        "status": run.status,
        "trigger": run.trigger,
        "started_at": format_instant(run.started_at),
        "duration_seconds": run.duration_seconds,
    }
