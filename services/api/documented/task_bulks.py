"""What the API answers of changes of many tasks, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown


class BulkCounts(Shown):
    """How many tasks are in which state."""

    waiting: int
    done: int
    unchanged: int
    failed: int
    cancelled: int


class TaskBulk(Shown):
    """A change of many tasks."""

    id: str
    action: Literal["enable", "disable", "run", "delete"]
    state: Literal["running", "done", "cancelled"]
    query: str | None
    total: int
    counts: BulkCounts
    created_at: AwareDatetime
    created_by: str
    finished_at: AwareDatetime | None
    cancelled_by: str | None
    undo_of: str | None
    undone_by: str | None
    can_undo: bool


class BulkItem(Shown):
    """What came of one task."""

    task_id: str
    name: str
    state: Literal["waiting", "done", "unchanged", "failed", "cancelled"]
    code: str | None
    detail: str | None = Field(description="Why it failed.")
    run_id: str | None


class BulkItems(Shown):
    """A page of tasks; `next` is null on the last one."""

    items: list[BulkItem]
    next: str | None


class BulkConsequences(Shown):
    """What there is of the tasks before anything is done."""

    unchanged: int = Field(description="Tasks that are switched as they are to be.")
    running_runs: int
    queued_runs: int
    dependents: int = Field(description="Other tasks that follow one of them.")


class TaskBulkStarted(TaskBulk):
    """A change that has just been asked for."""

    consequences: BulkConsequences
    sample: list[BulkItem] = Field(description="The first 10 of the tasks.")


class TaskBulks(Shown):
    """The newest changes of many tasks."""

    items: list[TaskBulk]
