"""The span of an attempt: below its run's ledger row, above what its action does.

Each attempt of a run has one, in the same trace. Its identity is stored with the result
(`execution_data.traceparent`), so that the log row joins the trace, whoever says the result, and
when.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from services.executor.attempt import Attempt
from services.executor.report import AttemptEnd
from shared.contracts.runs import RunStatus
from shared.runtime import tracing
from shared.runtime.tracing import Kind

#: Ends of attempts that are no trouble.
_FINE = frozenset({RunStatus.SUCCESS, RunStatus.RUNNING, RunStatus.CANCELLED})


def begin(attempt: Attempt) -> None:
    """Be in the attempt's span for the rest of this asyncio task."""
    if not tracing.is_on():
        return
    attempt.trace = tracing.child_of(tracing.parse(attempt.run.traceparent))
    tracing.be_in(attempt.trace)


def end(attempt: Attempt, end: AttemptEnd) -> None:
    """Tell of an attempt that has ended."""
    if attempt.trace is None or not tracing.is_on():
        return
    run = attempt.run
    late = (end.started_at - run.due_at).total_seconds()
    tracing.tell(
        f"run {run.action}",
        attempt.trace,
        tracing.parse(run.traceparent),
        began=end.started_at.timestamp(),
        ended=end.completed_at.timestamp(),
        kind=Kind.CONSUMER,
        attributes={
            "automation.run_id": str(run.run_id),
            "automation.task_id": str(run.task_id),
            "automation.attempt": run.attempt,
            "automation.action": run.action,
            "automation.trigger": run.trigger,
            "automation.status": _status(end),
            "automation.executor": end.executor,
            "automation.late_seconds": round(late, 6),
        },
        error=None if end.status in _FINE else end.status.value,
    )


def stored(ends: Sequence[AttemptEnd], began: float) -> None:
    """Tell that *ends* are in the log, below the spans of their attempts."""
    if not tracing.is_on():
        return
    ended = time.time()
    for end in ends:
        # Ours: what the action says lies in `result`.
        parent = tracing.parse(json.loads(end.execution_data).get("traceparent"))
        if parent is None:
            continue
        tracing.tell(
            "record run",
            tracing.child_of(parent),
            parent,
            began=began,
            ended=ended,
            attributes={
                "automation.run_id": str(end.run_id),
                "automation.task_id": str(end.task_id),
                "automation.attempt": end.attempt,
                "automation.status": end.status.value,
                "automation.final": end.is_final,
                "automation.batch": len(ends),
            },
        )


def _status(end: AttemptEnd) -> str:
    if end.retry_at is None:
        return end.status.value
    return "snoozed" if end.status is RunStatus.RUNNING else "retry"
