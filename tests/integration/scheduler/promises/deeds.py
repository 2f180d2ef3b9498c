"""What the action of an attempt does, and what its executor makes of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from services.executor.claimed import ClaimedRun
from services.executor.ending import Ending, raised
from services.executor.redaction import Redaction
from services.executor.report import AttemptEnd, finished
from shared.contracts.action import ActionFailed, Outcome, Snooze
from shared.contracts.runs import RunStatus
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


def end_of(run: ClaimedRun, ending: Ending, retry_at: datetime | None) -> AttemptEnd:
    """Return what an executor stores of the end of an attempt."""
    now = utc_now()
    return finished(
        run,
        ending,
        executor="executor-1",
        redaction=Redaction(),
        started_at=now,
        at=now,
        retry_at=retry_at,
    )
