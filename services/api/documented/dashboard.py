"""What the API answers as a dashboard, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown


class BoardNow(Shown):
    """Runs as they stand at this moment."""

    running: int
    waiting: int = Field(description="Not begun: held, or for a free executor.")
    held: int
    late: int
    oldest_waiting_seconds: float | None


class BoardLate(Shown):
    """A run that is due and has not begun."""

    run_id: str
    task_id: str
    task_name: str | None
    queue: str
    due_at: AwareDatetime
    late_seconds: float
    waits_for: str | None
    waits_for_text: str | None


class BoardMissed(Shown):
    """A fire of the last 24 hours that started nothing though it should have."""

    task_id: str
    task_name: str
    scheduled_for: AwareDatetime
    decided_at: AwareDatetime
    outcome: Literal["missed", "expired", "throttled", "upstream_failed"]
    reason: str


class BoardFailing(Shown):
    """A task whose last run failed."""

    task_id: str
    task_name: str
    enabled: bool
    failures: int = Field(description="In a row, since it last went well.")
    since: AwareDatetime
    last_at: AwareDatetime
    last_run_id: str
    last_status: str
    last_error: str | None
    last_success_at: AwareDatetime | None


class BoardNext(Shown):
    """A fire to come."""

    task_id: str
    task_name: str
    queue: str
    fires_at: AwareDatetime
    due_at: AwareDatetime = Field(description="With the jitter of its schedule.")


class BoardSilent(Shown):
    """A task whose fires the scheduler has not entered."""

    task_id: str
    task_name: str
    since: AwareDatetime
    fires: int


class BoardCounts(Shown):
    """How much there is of what an operator looks after; large numbers are capped."""

    tasks: int
    tasks_enabled: int
    dead_runs: int
    dead_letters: int
    incidents: int
    alerts_firing: int
    alerts_error: int
    silent: int
    all_paused: bool
    paused_queues: list[str]
    counted_up_to: int


class BoardExecutors(Shown):
    """The executors together."""

    active: int
    draining: int
    silent: int
    slots: int
    running: int


class BoardThroughput(Shown):
    """Ends of runs by time: the n-th number is of the n-th bucket after `from`."""

    from_: AwareDatetime = Field(alias="from")
    bucket_seconds: int
    success: list[int]
    failure: list[int]
    other: list[int] = Field(description="Cancelled.")


class BoardEnded(Shown):
    """Ends of runs within the last 24 hours."""

    success: int
    failure: int
    other: int


class BoardHour(Shown):
    """An hour of the last 30 days in which runs ended."""

    at: AwareDatetime
    runs: int
    failures: int


class BoardWait(Shown):
    """How long runs waited, in seconds; null if none was measured."""

    p50: float | None
    p95: float | None
    measured: int = Field(description="Over so many of the latest runs of 24 hours.")


class Dashboard(Shown):
    """What fails, what is late, what runs next; and the numbers around it."""

    at: AwareDatetime = Field(description="The clock that decides.")
    now: BoardNow
    late_after_seconds: int
    late: list[BoardLate] = Field(description="The oldest 20.")
    missed: list[BoardMissed] = Field(description="The newest 20.")
    unstarted_24h: dict[str, int] = Field(
        description="Fires of 24 hours that started nothing, by outcome."
    )
    failing: list[BoardFailing] = Field(description="The latest 20.")
    failing_total: int
    next: list[BoardNext] = Field(description="The next 20.")
    silent: list[BoardSilent]
    counts: BoardCounts
    executors: BoardExecutors
    throughput: BoardThroughput
    ended_24h: BoardEnded
    success_rate_24h: float | None
    success_rate_before: float | None = Field(description="Of the 24 hours before.")
    hours: list[BoardHour] = Field(description="Hours without ends are left out.")
    queue_wait: BoardWait = Field(description="From being due until the beginning, holds included.")
    lateness: BoardWait = Field(description="Of scheduled runs: from being due to the beginning.")
