"""What is kept of an attempt that ended, made so that it can be stored and read.

An action may say anything: text that PostgreSQL refuses, data that are no JSON, megabytes. What of
it does not fit costs only itself, never the run's result.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import to_json

from services.executor.attempt import Progress
from services.executor.claimed import ClaimedRun
from services.executor.ending import Ending
from services.executor.redaction import Redaction
from shared.contracts.action import Outcome
from shared.contracts.runs import RunStarted, RunStatus
from shared.domain.instant import format_instant

#: What of an action's own data is kept; the contract of `RunFinished.execution_data`.
MAX_DATA_BYTES = 64 * 1024
#: Readers of JSON give up at about 200 levels, and the data lies a few deep in its message.
MAX_DATA_DEPTH = 100
MAX_TEXT = 2_000

#: Ends that say what was done; the others say what went wrong.
_GOOD = (RunStatus.SUCCESS, RunStatus.RUNNING)

log = logging.getLogger(__name__)


class AttemptEnd(NamedTuple):
    """How an attempt ended, and with it its run unless it is to be tried again.

    The columns of the type `log.attempt_end`; what they mean: `contracts.runs.RunFinished`.
    """

    run_id: UUID
    task_id: UUID
    attempt: int
    trigger: str
    scheduled_for: datetime
    claimed_at: datetime | None
    started_at: datetime
    executor: str
    status: RunStatus
    completed_at: datetime
    result: str | None
    error_message: str | None
    execution_data: str
    """JSON."""
    retry_at: datetime | None

    @property
    def key(self) -> tuple[UUID, int]:
        return self.run_id, self.attempt

    @property
    def is_final(self) -> bool:
        return self.retry_at is None

    def record(self) -> bytes:
        """Return the JSON of its `RunFinished`.

        Put together here: a model would be built, validated and serialised for each run. The golden
        files of the contract tests hold the two together.
        """
        told = self._asdict()
        del told["claimed_at"], told["execution_data"]
        return b'%b,"execution_data":%b}' % (to_json(told)[:-1], self.execution_data.encode())

    def bare(self) -> AttemptEnd:
        """Return it without what its action said, which might be what cannot be stored."""
        said = None if self.result is None else "its result could not be stored"
        why = None if self.error_message is None else "its error could not be stored"
        return self._replace(result=said, error_message=why, execution_data="{}")


def started(run: ClaimedRun, at: datetime, executor: str) -> RunStarted:
    """Return the report of an attempt that began."""
    return RunStarted.model_construct(
        run_id=run.run_id,
        task_id=run.task_id,
        attempt=run.attempt,
        trigger=run.trigger,
        scheduled_for=run.scheduled_for,
        started_at=at,
        executor=executor,
    )


def finished(
    run: ClaimedRun,
    ending: Ending,
    progress: Progress | None = None,
    *,
    executor: str,
    redaction: Redaction,
    started_at: datetime,
    at: datetime,
    retry_at: datetime | None,
    traceparent: str | None = None,
) -> AttemptEnd:
    """Return how an attempt ended, without the secrets it has read."""
    is_good = ending.status in _GOOD
    # Before it is cut: half a secret would not be found any more.
    summary = clean(redaction.text(ending.outcome.summary), MAX_TEXT)
    data = _execution_data(run, ending.outcome, progress, redaction)
    if traceparent is not None:
        data["traceparent"] = traceparent
    return AttemptEnd(
        run.run_id,
        run.task_id,
        run.attempt,
        run.trigger,
        run.scheduled_for,
        run.claimed_at,
        started_at,
        executor,
        ending.status,
        max(at, started_at),
        summary if is_good else None,
        None if is_good else summary,
        to_json(data, inf_nan_mode="null").decode(),
        retry_at,
    )


def spoken(progress: Progress) -> dict[str, Any]:
    """Return how far an action said that it was, as JSON has it."""
    return {**progress._asdict(), "at": format_instant(progress.at)}


def clean(text: str, limit: int) -> str:
    """Return *text* without what PostgreSQL cannot store, at most *limit* characters long."""
    if text.isascii() and "\x00" not in text and len(text) <= limit:
        return text  # as most are
    text = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _execution_data(
    run: ClaimedRun, outcome: Outcome, progress: Progress | None, redaction: Redaction
) -> dict[str, Any]:
    data: dict[str, Any] = {
        "action": run.action,
        "version": run.version,
        "attempt": run.attempt,
        **({"requested_by": run.requested_by} if run.requested_by else {}),
    }
    if run.missed_count:
        data["missed_count"] = run.missed_count
        data["missed_since"] = run.missed_since and run.missed_since.isoformat()
    if progress is not None:
        data["progress"] = redaction.data(spoken(progress))
    if outcome.data:
        data |= _kept(outcome.data, redaction)
    return data


def _kept(result: Mapping[str, Any], redaction: Redaction) -> dict[str, Any]:
    """Return what can be kept of an action's own data, whatever it put there."""
    try:
        text = json.dumps(dict(result), default=str, ensure_ascii=False)
        if redaction.is_needed:
            text = json.dumps(redaction.data(json.loads(text)), ensure_ascii=False)
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
