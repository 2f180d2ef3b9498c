"""What callers may send about runs that are there: cancel, requeue, discard, backfill."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field

from services.api.tasks.schemas import Config
from services.api.tasks.schemas_policy import OverlapName, TaskId
from services.api.wire.plain_text import clean_line
from services.api.wire.strict_model import Strict

#: Runs in one call that changes them.
MOST_AT_ONCE = 1_000

RunIdText = Annotated[str, Field(json_schema_extra={"format": "uuid"}, max_length=36)]
RunIds = Annotated[list[RunIdText], Field(min_length=1, max_length=MOST_AT_ONCE)]
Reason = Annotated[
    str,
    AfterValidator(partial(clean_line, most=500)),
    Field(json_schema_extra={"minLength": 1, "maxLength": 500}),
]
Instant = Annotated[str, Field(max_length=40, json_schema_extra={"format": "date-time"})]


class RunCancel(Strict):
    """How a run is to be cancelled."""

    reason: Reason | None = None
    wait_seconds: float = Field(
        default=5, ge=0, le=30, description="How long to wait for the end of a run that is live."
    )


class RunsCancel(Strict):
    """Runs to be cancelled: by their ids, or all of a task or a queue that have not ended."""

    run_ids: RunIds | None = None
    task_id: TaskId | None = None
    queue: str | None = Field(default=None, min_length=1, max_length=64)
    waiting_only: bool = Field(
        default=False, description="Leave alone what an executor has in hand."
    )
    reason: Reason | None = None


class DeadRunRequeue(Strict):
    """How a dead run is to be tried anew."""

    params: Config | None = Field(
        default=None, description="Instead of what it ran with, of the same shape."
    )
    again: bool = Field(
        default=False, description="Also if it was requeued or discarded before: one more run."
    )


class RunRetry(Strict):
    """How a run that ended is to be run again."""

    params: Config | None = Field(
        default=None, description="Instead of what it ran with, of the same shape."
    )


class DeadRunsChoice(Strict):
    """Dead runs to be decided about: by their ids, or the open ones of a task."""

    run_ids: RunIds | None = None
    task_id: TaskId | None = None


class DeadRunsRequeue(DeadRunsChoice):
    """Dead runs to be tried anew, with the parameters of each or with other ones."""

    params: Config | None = Field(
        default=None,
        description="Instead of what each ran with; the tasks of all of them must take these.",
    )


class BackfillCreate(Strict):
    """A range of past fires that are to be run again."""

    first: Instant = Field(alias="from", description="Included.")
    last: Instant = Field(alias="to", description="Excluded; not later than now.")
    overlap: OverlapName = "buffer_all"
    ignore_blackout: bool = Field(
        default=False,
        description="Also the fires that the task's calendars keep it clear of, as they are now.",
    )
    dry_run: bool = Field(default=False, description="Only say how many fires there are.")


class BackfillCancel(Strict):
    """How a backfill is to be cancelled."""

    running_too: bool = Field(default=False, description="Also what an executor has in hand.")
    reason: Reason | None = None
