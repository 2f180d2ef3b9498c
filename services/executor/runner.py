"""Run one attempt of one run: from parameters to an end, whatever happens in between.

An action can succeed, fail, exceed its time, ask for more time, or be a bug (`ending.py`); each is
told in a `RunFinished` (`report.py`). Only two things end without one: the lease was lost (then the
run is somebody else's) and the process stops (then the lease is released and the next attempt
belongs to another executor). How long an action is waited for that does not stop is not decided
here (`loops/warden.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.executor import metrics, traces
from services.executor.attempt import Attempt
from services.executor.claimed import MAX_LOST
from services.executor.context import RunContext, World
from services.executor.ending import (
    Ending,
    failed,
    next_attempt_at,
    raised,
    stopped,
    timed_out,
)
from services.executor.limit import Limit
from services.executor.report import finished
from shared.contracts.action import Action, Outcome
from shared.contracts.runs import RunStatus
from shared.runtime.logs import about_this_task


class Runner:
    """Runs attempts with the actions that are installed here."""

    def __init__(
        self,
        *,
        executor: str,
        actions: Mapping[str, Action[Any]],
        world: World,
    ) -> None:
        self._executor = executor
        self._actions = actions
        self._world = world
        self._journal = world.journal
        self._now = world.now

    async def run(self, attempt: Attempt) -> None:
        """Run one attempt, once it is due, and enter its end into the journal.

        Raises:
            asyncio.CancelledError: the lease is lost or the process stops; nothing was entered.
        """
        about_this_task(attempt.about)
        try:
            if attempt.run.cancel_reason is not None:
                ending = stopped(attempt.run.cancel_reason)
            else:
                started_at = self._begin(attempt, await self._until(attempt.run.due_at))
                self._journal.begun(attempt.run, started_at, self._executor)
                traces.begin(attempt)
                ending = await self._do(attempt)
        except asyncio.CancelledError:
            if (why := why_stopped(attempt)) is None:
                self._journal.abandoned(*attempt.key)
                raise
            ending = why
        self.end(attempt, ending)

    def end(self, attempt: Attempt, ending: Ending) -> None:
        """Enter the end of an attempt into the journal: the first one stands."""
        if attempt.is_over:
            return
        attempt.is_over = True
        now = self._now()
        started_at = attempt.started_at or self._begin(attempt, now)
        retry_at = next_attempt_at(attempt.run, ending, now)
        end = finished(
            attempt.run,
            ending,
            attempt.progress,
            executor=self._executor,
            redaction=attempt.redaction,
            started_at=started_at,
            at=now,
            retry_at=retry_at,
            traceparent=attempt.traceparent,
        )
        self._journal.ended(end)
        metrics.ended(attempt.run, end)
        traces.end(attempt, end)

    def _begin(self, attempt: Attempt, now: datetime) -> datetime:
        attempt.started_at = now
        metrics.begun(attempt.run, (now - attempt.run.due_at).total_seconds())
        return now

    async def _until(self, due_at: datetime) -> datetime:
        # A timer may go off a little early; a run may not.
        while (now := self._now()) < due_at:  # noqa: ASYNC110 - it is time that is waited for
            await asyncio.sleep((due_at - now).total_seconds())
        return now

    async def _do(self, attempt: Attempt) -> Ending:
        run = attempt.run
        if run.lost >= MAX_LOST:
            outcome = Outcome(
                f"lost with its executor {run.lost} times; given up", {"lost": run.lost}
            )
            return Ending(RunStatus.FAILURE, outcome, permanent=True)
        action = self._actions.get(run.action)
        if action is None:
            return failed(f"this executor has no action {run.action}")
        limit = attempt.limit = Limit(run.timeout_seconds, action.heartbeat_seconds)
        try:
            with limit:
                params = action.params.model_validate_json(run.action_config)
                outcome = _checked(await action.run(params, RunContext(attempt, self._world)))
                return Ending(RunStatus.SUCCESS, outcome)
        except (Exception, asyncio.CancelledError, SystemExit) as error:
            # Whatever an action does, its run gets a result.
            if _is_cancelled():  # even if the action made another error of it
                raise asyncio.CancelledError from error
            return (
                raised(run, error, attempt.redaction)
                if limit.expired_at is None
                else timed_out(limit.words)
            )


def why_stopped(attempt: Attempt, *, deaf: bool = False) -> Ending | None:
    """Return the end of an attempt whose action was told to stop; None: it is another's to end."""
    if attempt.is_lost:
        return None
    if attempt.stop_reason is not None:
        return stopped(attempt.stop_reason, deaf=deaf)
    if attempt.limit is not None and attempt.limit.expired_at is not None:
        return timed_out(attempt.limit.words, deaf=deaf)
    return None


def _is_cancelled() -> bool:
    """Return whether this very task was cancelled, and not only something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _checked(outcome: object) -> Outcome:
    if not isinstance(outcome, Outcome) or not isinstance(outcome.summary, str):
        raise TypeError("an action must return an Outcome")
    return outcome
