"""What the action of an attempt does, and what its executor makes of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from services.executor.claimed import ClaimedRun
from services.executor.ending import Ending, raised
from services.executor.redaction import Redaction
from shared.contracts.action import ActionFailed, Outcome, Snooze
from shared.contracts.runs import RunFinished, RunStatus
from shared.runtime.clock import utc_now
from tests.integration.scheduler.promises.model import PAUSE

Deed = Literal["succeed", "fail", "snooze"]


def ending_of(run: ClaimedRun, deed: Deed) -> Ending:
    """Return the end of an attempt, as the runner makes it of what an action did."""
    if deed == "fail":
        return raised(run, ActionFailed("broken"), Redaction())
    if deed == "snooze":
        return raised(run, Snooze("not now", seconds=PAUSE), Redaction())
    return Ending(RunStatus.SUCCESS, Outcome("done"))


def report_of(run: ClaimedRun, status: RunStatus, retry_at: datetime | None) -> RunFinished:
    """Return what an executor says of the end of an attempt."""
    now = utc_now()
    return RunFinished(
        run_id=run.run_id,
        task_id=run.task_id,
        attempt=run.attempt,
        trigger=run.trigger,
        scheduled_for=run.scheduled_for,
        started_at=now,
        executor="executor-1",
        status=status,
        completed_at=now,
        retry_at=retry_at,
    )
