"""What the API answers about runs, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from services.api.documented.policy import Shown
from services.api.documented.tasks import Run, takes


class Cancelled(Shown):
    """What came of the wish to cancel a run."""

    run_id: str
    state: Literal["cancelled", "cancelling", "ended"]
    status: str | None = Field(description="How it ended, if it has.")


class CancelledItem(Shown):
    """What came of one run of many."""

    run_id: str
    state: Literal["cancelled", "cancelling", "running", "ended", "unknown"]
    status: str | None


class CancelledMany(Shown):
    """What came of each run."""

    items: list[CancelledItem]
    more: bool


class ListedRun(Run):
    """A run in a list: its log row, or what it waits for."""

    task_name: str | None = Field(description="Null if the task was deleted.")
    task_action: str | None
    requested_by: str | None
    why: str = Field(description="A sentence: what started it.")
    origin_run_id: str | None = Field(description="The run that caused it, or that it tries anew.")
    due_at: AwareDatetime | None
    wait_seconds: float | None = Field(description="From when it was due until it first began.")
    late_seconds: float | None = Field(
        description="Of a schedule's run: from its nominal time until it first began."
    )
    queue: str | None
    waits_for: str | None = Field(description="Why it has not begun; null if nothing holds it.")
    waits_for_text: str | None


class ListedRuns(Shown):
    """A page of runs; `next` is null on the last one."""

    items: list[ListedRun]
    next: str | None
    total: int | None = Field(
        default=None,
        description="With `total=true`, unless it takes too long; 10,001 means more than 10,000.",
    )


class AttemptShown(Shown):
    """One try of a run."""

    attempt: int
    status: str
    started_at: AwareDatetime | None
    completed_at: AwareDatetime | None
    duration_seconds: float | None
    result: str | None
    error_message: str | None
    executor: str | None
    retry_at: AwareDatetime | None = Field(description="When the next one may begin.")
    lease_until: AwareDatetime | None = Field(description="Of the live one.")


class Moment(Shown):
    """One thing that happened to a run."""

    at: AwareDatetime
    event: Literal[
        "due",
        "held",
        "admitted",
        "ordered",
        "claimed",
        "started",
        "attempt_failed",
        "retry_at",
        "snoozed",
        "cancel_requested",
        "finished",
    ]
    attempt: int | None
    text: str


class ProgressShown(Shown):
    """How far an action says that it is."""

    percent: float = Field(ge=0, le=100)
    message: str | None
    at: AwareDatetime


class HolderShown(Shown):
    """A run that has what another one waits for."""

    run_id: str
    task_id: str
    task_name: str | None
    since: AwareDatetime


class KinShown(Shown):
    """A run that caused another, or was caused by it."""

    run_id: str
    task_id: str
    task_name: str | None
    trigger: str
    status: str
    at: AwareDatetime


class RunDetail(ListedRun):
    """A run with all that is known of it."""

    priority: int | None
    outcome: str | None = Field(description="What became of its fire, in the words of the ledger.")
    not_before: AwareDatetime | None
    cancel_requested_at: AwareDatetime | None
    cancel_reason: str | None
    params: dict[str, Any] | None = Field(description="What it was given instead of the task's.")
    origin: dict[str, Any] | None = Field(description="The run, event or backfill that caused it.")
    trace_id: str | None = Field(
        description="Its trace (OpenTelemetry), as a trace store finds it; null if it has none."
    )
    trace_url: str | None = Field(
        description="Where its trace is looked at, if the operator has named such a place."
    )
    progress: ProgressShown | None = Field(
        description="What the action said last of how far it is, if it says anything; a few seconds"
        " old while it runs."
    )
    held_by: list[HolderShown] = Field(
        description="Which runs have the slots or locks that it waits for, or are live of its task;"
        " the first 20."
    )
    caused_by: KinShown | None = Field(description="The upstream run, or the one tried anew.")
    caused: list[KinShown] = Field(
        description="Its dependants' runs, and those that try it anew; the first 50."
    )
    attempts: list[AttemptShown]
    timeline: list[Moment]


class Retried(Shown):
    """A run was asked for, like one that ended."""

    run_id: str
    task_id: str
    retry_of: str


class DeadRun(Shown):
    """A run that ended for good without success, and what was decided about it."""

    run_id: str
    task_id: str
    task_name: str | None
    trigger: str
    status: str
    attempts: int
    scheduled_for: AwareDatetime
    died_at: AwareDatetime
    error_message: str | None
    executor: str
    state: Literal["open", "requeued", "discarded"]
    decided_at: AwareDatetime | None
    decided_by: str | None
    new_run_id: str | None


class DeadRuns(Shown):
    """A page of dead runs; `next` is null on the last one."""

    items: list[DeadRun]
    next: str | None


class Decided(Shown):
    """What was decided about a dead run."""

    run_id: str
    state: Literal["requeued", "discarded"]
    new_run_id: str | None
    already: bool = Field(description="It had been decided before; nothing was done.")


class DecidedMany(Shown):
    """The dead runs that were decided about; those that were not open are left out."""

    items: list[Decided]
    more: bool


class Backfill(Shown):
    """A range of past fires that are run again."""

    id: str
    task_id: str
    from_: AwareDatetime = Field(alias="from")
    to: AwareDatetime
    overlap: str
    fires: int
    created_at: AwareDatetime
    created_by: str | None
    cancelled_at: AwareDatetime | None
    cancelled_by: str | None


class BackfillProgress(Backfill):
    """A backfill and how far it is."""

    state: Literal["running", "done", "cancelled"]
    counts: dict[str, int] = Field(
        description="Runs by how they stand: asked, waiting, running, skipped, cancelled,"
        " success, failure, …"
    )


class BackfillStarted(Shown):
    """A backfill that was asked for, or would be; `id` is null in a dry run."""

    id: str | None
    fires: int
    left_out: int = Field(description="Fires of the range that a blackout keeps from running.")
    first: AwareDatetime | None
    last: AwareDatetime | None


class Backfills(Shown):
    """The backfills of a task, newest first; `next` is null on the last page."""

    items: list[Backfill]
    next: str | None


class BackfillCancelled(Shown):
    """What came of the wish to cancel a backfill."""

    id: str
    cancelled: int
    cancelling: int
    left: int = Field(description="On their way to the scheduler: ask again.")


def may_take(model: type[BaseModel]) -> dict[str, Any]:
    """Return what the document says of a request body that may be left out."""
    extra = takes(model)
    extra["requestBody"]["required"] = False
    return extra
