"""Run one attempt of one run: from parameters to a result, whatever happens in between.

An action can succeed, fail, exceed its time, or be a bug; each ends in a `RunFinished`. Only two
things end without one: the lease was lost (then the run is somebody else's) and the process stops
(then the lease is released and the next attempt belongs to another executor).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pydantic

from services.executor.claimed import ClaimedRun
from services.executor.journal import Journal
from services.executor.speaker import Speaker
from shared.contracts.action import Action, ActionFailed, Level, Outcome
from shared.contracts.runs import LogLine, RunFinished, RunStarted, RunStatus

#: Attempts that may be lost with their executors before the run counts as what kills them.
MAX_LOST = 5
#: What of an action's own data is kept; the contract of `RunFinished.execution_data`.
MAX_DATA_BYTES = 64 * 1024
#: Readers of JSON give up at about 200 levels, and the data lies a few deep in its message.
MAX_DATA_DEPTH = 100
MAX_TEXT = 2_000
MAX_LINE = 8 * 1024
MAX_LINES = 100_000

log = logging.getLogger(__name__)


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
        await self._runner.speaker.publish(subject, payload, headers)


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

    async def run(self, run: ClaimedRun) -> None:
        """Run one attempt, once it is due, and enter its result into the journal.

        Raises:
            asyncio.CancelledError: the lease is lost or the process stops; nothing was entered.
        """
        await self._until(run.due_at)
        started_at = self._now()
        started = RunStarted.model_construct(
            run_id=run.run_id,
            task_id=run.task_id,
            attempt=run.attempt,
            trigger=run.trigger,
            scheduled_for=run.scheduled_for,
            started_at=started_at,
            executor=self._executor,
        )
        self._journal.begun(started)
        try:
            status, outcome = await self._attempt(run)
        except asyncio.CancelledError:
            self._journal.abandoned(run.run_id, run.attempt)
            raise
        self._journal.ended(_finished(started, run, status, outcome, self._now()))

    async def _until(self, due_at: datetime) -> None:
        # A timer may go off a little early; a run may not.
        while (early := (due_at - self._now()).total_seconds()) > 0:  # noqa: ASYNC110 - it is time that is waited for
            await asyncio.sleep(early)

    async def _attempt(self, run: ClaimedRun) -> tuple[RunStatus, Outcome]:
        if run.lost >= MAX_LOST:
            return RunStatus.FAILURE, Outcome(
                f"lost with its executor {run.lost} times; given up", {"lost": run.lost}
            )
        action = self._actions.get(run.action)
        if action is None:
            return RunStatus.FAILURE, Outcome(f"this executor has no action {run.action}")
        limit = asyncio.timeout(run.timeout_seconds)
        try:
            async with limit:
                params = action.params.model_validate_json(run.action_config)
                outcome = _checked(await action.run(params, RunContext(run, self)))
                return RunStatus.SUCCESS, outcome
        except (Exception, asyncio.CancelledError, SystemExit) as error:
            # Whatever an action does, its run gets a result.
            if _is_cancelled():  # even if the action made another error of it
                raise asyncio.CancelledError from error
            if limit.expired():
                return RunStatus.TIMED_OUT, Outcome(
                    f"not finished within {run.timeout_seconds} seconds"
                )
            return RunStatus.FAILURE, _failure(run, error)

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


def _failure(run: ClaimedRun, error: BaseException) -> Outcome:
    """Say what went wrong, without quoting what may be secret."""
    if isinstance(error, ActionFailed):
        return Outcome(str(error), error.data)
    if isinstance(error, pydantic.ValidationError):
        wrong = error.errors(include_input=False, include_url=False)
        fields = ", ".join(".".join(map(str, each["loc"])) for each in wrong)
        return Outcome(f"parameters do not fit the action: {fields}")
    # A bug of the action. Its text may hold secrets; the log of this process may not leave here.
    log.error("action %s broke", run.action, extra={"run_id": str(run.run_id)}, exc_info=error)
    return Outcome(f"{type(error).__name__} in action {run.action}")


def clean(text: str, limit: int) -> str:
    """Return *text* without what PostgreSQL cannot store, at most *limit* characters long."""
    text = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _finished(
    started: RunStarted, run: ClaimedRun, status: RunStatus, outcome: Outcome, at: datetime
) -> RunFinished:
    ok = status is RunStatus.SUCCESS
    summary = clean(outcome.summary, MAX_TEXT)
    return RunFinished.model_construct(
        **dict(started),
        status=status,
        completed_at=max(at, started.started_at),
        result=summary if ok else None,
        error_message=None if ok else summary,
        execution_data=_execution_data(run, outcome),
    )


def _execution_data(run: ClaimedRun, outcome: Outcome) -> dict[str, Any]:
    data: dict[str, Any] = {
        "action": run.action,
        "version": run.version,
        "attempt": run.attempt,
        **({"requested_by": run.requested_by} if run.requested_by else {}),
    }
    if run.missed_count:
        data["missed_count"] = run.missed_count
        data["missed_since"] = run.missed_since and run.missed_since.isoformat()
    if outcome.data:
        data |= _kept(outcome.data)
    return data


def _kept(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return what can be kept of an action's own data, whatever it put there."""
    try:
        text = json.dumps(dict(result), default=str, ensure_ascii=False)
        text = clean(text.replace("\\u0000", "\\ufffd"), len(text))
        if len(text.encode()) > MAX_DATA_BYTES:
            return {"result_truncated": clean(text, MAX_TEXT)}
        kept = json.loads(text)
        if _is_deeper(kept, MAX_DATA_DEPTH):
            return {"result_truncated": clean(text, MAX_TEXT)}
    except Exception:
        log.exception("the data of an action's result is not JSON")
        return {"result_truncated": ""}
    return {"result": kept}


def _is_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in inner)
