"""The last span of a run's trace: its row is in the log."""

from __future__ import annotations

import time
from collections.abc import Sequence

from shared.contracts.runs import RunFinished
from shared.runtime import tracing
from shared.runtime.tracing import Kind


def recorded(runs: Sequence[RunFinished], began: float) -> None:
    """Tell that *runs* are in the log, below the spans of their attempts."""
    if not tracing.is_on():
        return
    ended = time.time()
    for run in runs:
        # Ours: what the action says lies in `result`.
        parent = tracing.parse(run.execution_data.get("traceparent"))
        if parent is None:
            continue
        tracing.tell(
            "record run",
            tracing.child_of(parent),
            parent,
            began=began,
            ended=ended,
            kind=Kind.CONSUMER,
            attributes={
                "automation.run_id": str(run.run_id),
                "automation.task_id": str(run.task_id),
                "automation.attempt": run.attempt,
                "automation.status": run.status.value,
                "automation.final": run.retry_at is None,
                "automation.batch": len(runs),
            },
        )
