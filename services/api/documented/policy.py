"""What the API answers of how a task is to be run, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.api.tasks.schemas_policy import Event, OverlapName, RuleName


class Shown(BaseModel):
    """Base of what callers are shown."""

    model_config = ConfigDict(extra="forbid")


class TaskRetry(Shown):
    """When a failed attempt is followed by another."""

    max_attempts: int
    initial_interval_seconds: float
    backoff: float
    max_interval_seconds: float
    jitter: float
    non_retryable: list[str]
    retry_on: list[str]


class TaskConcurrency(Shown):
    """How many runs of a task, or with one key, may be live at once."""

    limit: int
    key: str | None
    strategy: Literal["queue", "skip", "cancel_oldest", "round_robin"]


class ShownRateLimit(Shown):
    """How many runs may start within any period."""

    limit: int
    period_seconds: int


class TaskUnique(Shown):
    """Runs that would be the same as one that is there."""

    period_seconds: int | None
    fields: list[Literal["task", "params"]]
    states: Literal["incomplete", "scheduled", "all"]
    on_conflict: Literal["return_existing", "replace", "reject"]


class TaskLock(Shown):
    """A thing that only one live run may have."""

    key: str
    on_conflict: Literal["wait", "skip", "supersede"]


class TaskDependsOn(Shown):
    """Upstream tasks whose ends start this one."""

    tasks: list[str]
    rule: RuleName
    window_seconds: int


class TaskBlackout(Shown):
    """Calendars whose times the schedule keeps clear of."""

    calendars: list[str]
    on_blackout: Literal["skip", "run_at_end"]


class TaskSelector(Shown):
    """What an executor must be to take the task's runs."""

    labels: dict[str, str]


class TaskNotifyRule(Shown):
    """On which event who is told."""

    on: list[Event]
    channels: list[str]
    after_failures: int
    exact: bool


class TaskPolicyShown(Shown):
    """The fields of a task that say how it is to be run."""

    overlap: OverlapName | None
    retry: TaskRetry | None
    start_deadline_seconds: int | None
    queue: str
    priority: int
    concurrency: TaskConcurrency | None
    rate_limit: ShownRateLimit | None
    unique: TaskUnique | None
    locks: list[TaskLock]
    depends_on: TaskDependsOn | None
    blackout: TaskBlackout | None
    selector: TaskSelector | None
    notify: list[TaskNotifyRule]
