"""How an attempt can end, and whether another one follows.

Outcome          success
ActionFailed     failure ────┐
a bug            failure ────┼──► again after a pause, if the task's policy says so
its time is up   timed_out ──┘            (or it gave no sign of life for too long)
Snooze           (none yet) ─────► again when the action asked for it; not a failed attempt
NeedsOperator    needs_operator
Cancel           cancelled          so is what somebody stopped
"""

from __future__ import annotations

import logging
import traceback
from datetime import datetime, timedelta
from typing import NamedTuple

import pydantic

from services.executor.claimed import ClaimedRun
from services.executor.redaction import Redaction
from shared.contracts.action import ActionFailed, Cancel, NeedsOperator, Outcome, Snooze
from shared.contracts.policy import Retry, TaskPolicy
from shared.contracts.runs import RunStatus
from shared.domain.retry import LONGEST, decide, dice_for

#: An action that wants to be called again at once would do nothing else any more.
SHORTEST_SNOOZE = timedelta(seconds=1)

#: What is kept of the end of an action that did not stop, beside its words.
_DEAF = {"did_not_stop": True}

log = logging.getLogger(__name__)


class Ending(NamedTuple):
    """The end of one attempt."""

    status: RunStatus
    """`RUNNING`: none; the action wants to be called again."""
    outcome: Outcome
    permanent: bool = False
    """Trying again is no use."""
    retry_after: float | None = None
    """Seconds until it may be tried again, as the other side wants it."""
    snooze: Snooze | None = None


def stopped(reason: str, *, deaf: bool = False) -> Ending:
    """Return the end of an attempt that somebody stopped."""
    return Ending(RunStatus.CANCELLED, Outcome(reason or "cancelled", _DEAF if deaf else {}))


def timed_out(words: str, *, deaf: bool = False) -> Ending:
    """Return the end of an attempt whose time was up."""
    if deaf:
        words = f"{words}, and did not stop when told to: its executor was started afresh"
    return Ending(RunStatus.TIMED_OUT, Outcome(words, _DEAF if deaf else {}))


def failed(summary: str, *, permanent: bool = False) -> Ending:
    """Return the end of an attempt that no action had a part in."""
    return Ending(RunStatus.FAILURE, Outcome(summary), permanent)


def raised(run: ClaimedRun, error: BaseException, redaction: Redaction) -> Ending:
    """Return what *error*, raised by the action, means; without quoting what may be secret."""
    match error:
        case ActionFailed():
            outcome = Outcome(str(error), error.data)
            return Ending(RunStatus.FAILURE, outcome, error.permanent, error.retry_after)
        case Snooze():
            return Ending(RunStatus.RUNNING, Outcome(str(error)), snooze=error)
        case NeedsOperator():
            data = {**error.data, **({"link": error.link} if error.link else {})}
            return Ending(RunStatus.NEEDS_OPERATOR, Outcome(str(error), data))
        case Cancel():
            return stopped(str(error))
        case pydantic.ValidationError():
            wrong = error.errors(include_input=False, include_url=False)
            fields = ", ".join(".".join(map(str, each["loc"])) for each in wrong)
            return failed(f"parameters do not fit the action: {fields}", permanent=True)
    # A bug of the action. Its text may hold secrets; the log of this process may not leave here.
    about = {"run_id": str(run.run_id), "task_id": str(run.task_id), "attempt": run.attempt}
    if redaction.is_needed:
        what = redaction.text("".join(traceback.format_exception(error)))
        log.error("action %s broke\n%s", run.action, what, extra=about)
    else:
        log.error("action %s broke", run.action, extra=about, exc_info=error)
    return failed(f"{type(error).__name__} in action {run.action}")


def next_attempt_at(run: ClaimedRun, ending: Ending, now: datetime) -> datetime | None:
    """Return when the run's next attempt may begin, or None if this was its end."""
    if (snooze := ending.snooze) is not None:
        if snooze.until is not None:
            wanted = min(snooze.until, now + LONGEST)
        else:
            wanted = now + timedelta(seconds=min(snooze.seconds or 0, LONGEST.total_seconds()))
        return max(wanted, now + SHORTEST_SNOOZE)
    if ending.status not in (RunStatus.FAILURE, RunStatus.TIMED_OUT):
        return None
    pause = decide(
        _retry_of(run),
        failed_before=run.failed,
        permanent=ending.permanent,
        message=ending.outcome.summary,
        dice=dice_for(run.run_id, run.attempt),
        retry_after=ending.retry_after,
    )
    return None if pause is None else now + pause


def _retry_of(run: ClaimedRun) -> Retry | None:
    if '"retry"' not in run.policy:
        return None
    try:
        return TaskPolicy.model_validate_json(run.policy).retry
    except pydantic.ValidationError:
        log.exception("the policy of task %s cannot be read; not tried again", run.task_id)
        return None
