"""Orders to run and facts about runs.

`RunsRequested` (API → scheduler) asks; `RunsDue` (scheduler → executors) is a hint that runs wait;
executors report the other three. All travel in batches, the facts one message per flush of
an executor.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.contracts.message import Message, Part
from shared.contracts.policy import Overlap

#: What counts from 1 and fits an `integer` column: a larger number never came from us.
Attempt = Annotated[int, Field(ge=1, le=2**31 - 2)]


class RunStatus(StrEnum):
    """How a run stands, in the words of the HTTP contract."""

    RUNNING = "running"
    SUCCESS = "success"
    FAILURE = "failure"
    NEEDS_OPERATOR = "needs_operator"
    """It cannot go on without a person: a log-in, a decision."""
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """True if nothing can happen to the run any more."""
        return self is not RunStatus.RUNNING


class Origin(Part):
    """What caused a run, where it was not simply a schedule or a person."""

    run_id: UUID | None = None
    """The run before it: the upstream of a dependant, the dead one that is tried anew."""
    event: dict[str, Any] | None = None
    """The event, as CloudEvents spell it."""
    backfill_id: UUID | None = None
    causes: tuple[UUID, ...] = ()
    """The tasks whose runs led here, oldest first: the guard against loops."""


class RunRequest(Part):
    """Somebody asks for one run of a task, now."""

    run_id: UUID
    task_id: UUID
    requested_at: AwareDatetime
    requested_by: str | None = None
    version: int = 0
    """Of the task when it was asked for: the scheduler must not run an older one."""
    trigger: Literal["manual", "requeue", "backfill", "event"] = "manual"
    scheduled_for: AwareDatetime | None = None
    """The nominal time of the run, where it is not when it was asked for: a fire of a backfill."""
    params: dict[str, Any] | None = None
    """Instead of the task's action_config, of the same shape."""
    overlap: Overlap | None = None
    """Instead of the task's."""
    origin: Origin | None = None
    not_before: AwareDatetime | None = None
    """The throttle of its trigger lets it start then at the earliest."""
    traceparent: str | None = Field(default=None, max_length=200)
    """The trace that it was asked for in (W3C trace context)."""


class RunsRequested(Message):
    """Runs asked for by hand or over the API."""

    requests: tuple[RunRequest, ...]


class RunsDue(Message):
    """Runs of a queue were let go: an executor with room looks for orders.

    It says no more than that. Which runs wait, and what is to be done, is read from the database
    with the claim, so that a message can only ask for what the database already says.
    """

    runs: Annotated[int, Field(ge=1)]
    """How many, this time."""


class RunStarted(Part):
    """An executor began an attempt of a run."""

    run_id: UUID
    task_id: UUID
    attempt: Attempt
    trigger: str
    scheduled_for: AwareDatetime
    started_at: AwareDatetime
    executor: str


class RunFinished(RunStarted):
    """An attempt of a run ended, and with it the run unless it is to be tried again."""

    status: RunStatus
    completed_at: AwareDatetime
    result: str | None = None
    """One line that a person can read."""
    error_message: str | None = None
    execution_data: dict[str, Any] = Field(default_factory=dict)
    """What was run with which parameters, and what the action has to say; at most 64 KiB."""
    retry_at: AwareDatetime | None = None
    """Set: this was not the end of the run; the next attempt begins then at the earliest."""


class LogLine(Part):
    """One line that an action wrote."""

    run_id: UUID
    attempt: Attempt
    seq: Attempt
    """Counts from 1 within the attempt."""
    at: AwareDatetime
    level: str
    text: str


class RunsStarted(Message):
    """What an executor started since its last flush and has not ended yet."""

    runs: tuple[RunStarted, ...]


class RunsFinished(Message):
    """What an executor ended since its last flush, already stored with its lease."""

    runs: tuple[RunFinished, ...]


class LogLines(Message):
    """Lines written since an executor's last flush."""

    lines: tuple[LogLine, ...]
