"""Run one attempt of one run: from parameters to an end, whatever happens in between.

An action can succeed, fail, exceed its time, ask for more time, or be a bug (`ending.py`); each is
told in a `RunFinished` (`report.py`). Only two things end without one: the lease was lost (then the
run is somebody else's) and the process stops (then the lease is released and the next attempt
belongs to another executor).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from services.executor.attempt import Attempt
from services.executor.claimed import ClaimedRun
from services.executor.ending import (
    Ending,
    failed,
    next_attempt_at,
    raised,
    stopped,
    timed_out,
)
from services.executor.journal import Journal
from services.executor.report import clean, finished
from services.executor.speaker import Speaker
from shared.contracts.action import Action, Level, Outcome
from shared.contracts.runs import LogLine, Origin, RunStarted, RunStatus
from shared.domain.event import CAUSES

#: Attempts that may be lost with their executors before the run counts as what kills them.
MAX_LOST = 5
MAX_LINE = 8 * 1024
MAX_LINES = 100_000


class RunContext:
    """The door that one attempt has to the rest of the system (`contracts.action.Context`)."""

    def __init__(self, run: ClaimedRun, runner: Runner) -> None:
        self._run = run
        self._runner = runner
        self._lines = 0

    @property
    def run_id(self) -> UUID:
        return self._run.run_id

    @property
    def task_id(self) -> UUID:
        return self._run.task_id

    @property
    def task_name(self) -> str:
        return self._run.name

    @property
    def attempt(self) -> int:
        return self._run.attempt

    @property
    def scheduled_for(self) -> datetime:
        return self._run.scheduled_for

    @property
    def database_url(self) -> str:
        return self._runner.database_url

    @property
    def home(self) -> Path:
        return self._runner.home

    @property
    def egress_allow(self) -> str:
        return self._runner.egress_allow

    def log(self, text: str, level: Level = "info") -> None:
        self._lines += 1
        if self._lines > MAX_LINES:
            return
        self._runner.wrote(self._run, self._lines, text, level)

    async def publish(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        # Which tasks' runs led to this message, so that events cannot drive tasks in a circle.
        causes = (*_causes(self._run), self._run.task_id)
        said = {CAUSES: ",".join(map(str, causes)), **(headers or {})}
        await self._runner.speaker.publish(subject, payload, said)


class Runner:
    """Runs attempts with the actions that are installed here."""

    def __init__(
        self,
        *,
        executor: str,
        actions: Mapping[str, Action[Any]],
        journal: Journal,
        speaker: Speaker,
        now: Callable[[], datetime],
        database_url: str,
        home: Path,
        egress_allow: str,
    ) -> None:
        self._executor = executor
        self._actions = actions
        self._journal = journal
        self._now = now
        self.speaker = speaker
        self.database_url = database_url
        self.home = home
        self.egress_allow = egress_allow

    async def run(self, attempt: Attempt) -> None:
        """Run one attempt, once it is due, and enter its end into the journal.

        Raises:
            asyncio.CancelledError: the lease is lost or the process stops; nothing was entered.
        """
        try:
            if attempt.run.cancel_reason is not None:
                ending = stopped(attempt.run.cancel_reason)
            else:
                await self._until(attempt.run.due_at)
                self._journal.begun(self._started(attempt))
                ending = await self._do(attempt.run)
        except asyncio.CancelledError:
            if attempt.stop_reason is None:
                self._journal.abandoned(*attempt.key)
                raise
            ending = stopped(attempt.stop_reason)
        self.end(attempt, ending)

    def end(self, attempt: Attempt, ending: Ending) -> None:
        """Enter the end of an attempt into the journal: the first one stands."""
        if attempt.is_over:
            return
        attempt.is_over = True
        now = self._now()
        started = attempt.started or self._started(attempt)
        retry_at = next_attempt_at(attempt.run, ending, now)
        self._journal.ended(finished(started, attempt.run, ending, at=now, retry_at=retry_at))

    def _started(self, attempt: Attempt) -> RunStarted:
        run = attempt.run
        attempt.started = RunStarted.model_construct(
            run_id=run.run_id,
            task_id=run.task_id,
            attempt=run.attempt,
            trigger=run.trigger,
            scheduled_for=run.scheduled_for,
            started_at=self._now(),
            executor=self._executor,
        )
        return attempt.started

    async def _until(self, due_at: datetime) -> None:
        # A timer may go off a little early; a run may not.
        while (early := (due_at - self._now()).total_seconds()) > 0:  # noqa: ASYNC110 - it is time that is waited for
            await asyncio.sleep(early)

    async def _do(self, run: ClaimedRun) -> Ending:
        if run.lost >= MAX_LOST:
            outcome = Outcome(
                f"lost with its executor {run.lost} times; given up", {"lost": run.lost}
            )
            return Ending(RunStatus.FAILURE, outcome, permanent=True)
        action = self._actions.get(run.action)
        if action is None:
            return failed(f"this executor has no action {run.action}")
        limit = asyncio.timeout(run.timeout_seconds)
        try:
            async with limit:
                params = action.params.model_validate_json(run.action_config)
                outcome = _checked(await action.run(params, RunContext(run, self)))
                return Ending(RunStatus.SUCCESS, outcome)
        except (Exception, asyncio.CancelledError, SystemExit) as error:
            # Whatever an action does, its run gets a result.
            if _is_cancelled():  # even if the action made another error of it
                raise asyncio.CancelledError from error
            return timed_out(run.timeout_seconds) if limit.expired() else raised(run, error)

    def wrote(self, run: ClaimedRun, seq: int, text: str, level: Level) -> None:
        """Enter a line of a run's log into the journal."""
        self._journal.wrote(
            LogLine(
                run_id=run.run_id,
                attempt=run.attempt,
                seq=seq,
                at=self._now(),
                level=level,
                text=clean(text, MAX_LINE),
            )
        )


def _is_cancelled() -> bool:
    """Return whether this very task was cancelled, and not only something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _checked(outcome: object) -> Outcome:
    if not isinstance(outcome, Outcome) or not isinstance(outcome.summary, str):
        raise TypeError("an action must return an Outcome")
    return outcome


def _causes(run: ClaimedRun) -> tuple[UUID, ...]:
    return Origin.model_validate_json(run.origin).causes if run.origin else ()
