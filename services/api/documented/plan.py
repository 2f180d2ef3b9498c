"""What a dry run answers, as a model for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown
from services.api.documented.tasks import PreviewedFire, ProblemDetail, Task


class TiedTask(Shown):
    """A task that the changed one is tied to."""

    id: str
    name: str
    relation: Literal["started_by_it", "waits_for_it", "starts_it"]


class TaskPlan(Shown):
    """What a change would do; nothing was changed."""

    dry_run: Literal[True]
    valid: Literal[True]
    problems: list[ProblemDetail]
    task: Task | None = Field(description="As it would be; null: deleted.")
    fires_before: list[PreviewedFire] = Field(description="The next 10 as things stand.")
    fires_after: list[PreviewedFire] = Field(description="The next 10 after the change.")
    fires_added: int = Field(description="Within 7 days, or until fires_counted_until.")
    fires_removed: int
    fires_counted_until: AwareDatetime
    queued_runs_affected: int
    queued_runs_taken_back: int = Field(description="Those that would never run.")
    running_runs_affected: int
    dependants: list[TiedTask]
    fires_now: bool = Field(description="The change itself would start a run, within 5 seconds.")
    summary: str = Field(description="All of this in one sentence.")


class Rehearsed(Shown):
    """What any other change would do: the answer that it would get; nothing was changed."""

    dry_run: Literal[True]
    valid: Literal[True]
    problems: list[ProblemDetail]
    status: int = Field(description="Of the answer.")
    answer: Any = Field(description="Its body; null: none.")
