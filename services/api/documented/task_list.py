"""What the API answers of the list of tasks, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown


class StripRun(Shown):
    """A run as a mark in the row of its task."""

    run_id: str
    status: str
    trigger: str
    started_at: AwareDatetime
    duration_seconds: float | None


class RecentRuns(Shown):
    """How the newest ended runs of the last 7 days went, at most 500."""

    runs: int
    success_rate: float | None = Field(description="0 to 1, without cancelled runs; null: none.")
    p95_seconds: float | None


class ListedTask(Shown):
    """A row of the list of tasks."""

    id: str
    name: str
    description: str | None
    task_type: Literal["scheduled", "triggered", "manual"]
    task_action: str
    enabled: bool
    queue: str
    priority: int
    schedule_config: dict[str, Any] | None
    trigger_config: dict[str, Any] | None
    when: str | None = Field(description="The schedule in a sentence; null: it has none.")
    next_run_at: AwareDatetime | None
    last_run_at: AwareDatetime | None
    last_run: StripRun | None
    last_runs: list[StripRun] = Field(description="The newest 20, the oldest of them first.")
    failing: bool = Field(description="The newest run that has ended did so badly.")
    run_count: int
    failure_count: int
    recent: RecentRuns
    live_runs: int
    held_runs: int
    dependents: int = Field(description="Tasks that follow it.")
    dependencies: int = Field(description="Tasks that it follows.")
    created_at: AwareDatetime
    updated_at: AwareDatetime
    created_by: str | None
    version: int


class TaskList(Shown):
    """A page of tasks; `next` is null on the last one."""

    items: list[ListedTask]
    next: str | None
    total: int = Field(description="How many tasks fit, counted up to 10,000.")
    total_is_exact: bool = Field(description="False: there are more than `total`.")


class QueryField(Shown):
    """Something that a query may ask for."""

    name: str
    kind: Literal["text", "choice", "flag", "time", "number", "task"]
    operators: list[str]
    help: str
    example: str
    choices: list[str] = Field(description="Words to be offered; more may be allowed.")


class QueryFields(Shown):
    """The query language: what may be asked for."""

    items: list[QueryField]
    syntax: str


class WindowStatistics(Shown):
    """How the runs of a window went; seconds are null if there is nothing to count."""

    window: Literal["24h", "7d", "30d"]
    since: AwareDatetime
    runs: int
    successes: int
    failures: int
    cancelled: int
    success_rate: float | None
    p50_seconds: float | None
    p95_seconds: float | None
    p99_seconds: float | None
    queue_wait_p95_seconds: float | None = Field(description="From being due to beginning.")
    late: int = Field(description="Runs that began more than a minute after they were due.")
    missed: int = Field(description="Fires that came too late and were dropped, or expired.")
    skipped: int = Field(description="Fires that started nothing for another reason.")


class DayStatistics(Shown):
    """A day of the trend."""

    day: str = Field(examples=["2026-01-31"])
    runs: int
    successes: int
    failures: int
    cancelled: int
    p50_seconds: float | None
    p95_seconds: float | None


class TaskStatistics(Shown):
    """How the runs of a task went."""

    task_id: str
    counted_at: AwareDatetime
    timezone: str
    windows: list[WindowStatistics]
    days: list[DayStatistics] = Field(description="The last 30 days, today last, without gaps.")
