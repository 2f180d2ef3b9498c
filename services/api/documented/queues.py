"""What the API answers of calendars, queues and the pause, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field

from services.api.documented.policy import Shown, ShownRateLimit


class CalendarUser(Shown):
    """A task that keeps clear of a calendar."""

    id: str
    name: str


class Blackout(Shown):
    """A stretch of time, without its end."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")


class CalendarDates(Shown):
    """Days from one to another, both included."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    first: str = Field(alias="from")
    last: str = Field(alias="to")


class CalendarWindow(Shown):
    """A time of some weekdays; it may cross midnight."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]]
    begins: str = Field(alias="from")
    ends: str = Field(alias="to")


class Calendar(Shown):
    """Times that schedules keep clear of."""

    name: str
    description: str | None
    timezone: str
    dates: list[CalendarDates]
    weekly: list[CalendarWindow]
    holidays: list[str]
    updated_at: AwareDatetime
    updated_by: str | None
    used_by: list[CalendarUser] = Field(description="At most ten of the tasks that name it.")
    times: list[Blackout] = Field(description="Its next five blackouts; one that is now first.")


class QueuePause(Shown):
    """Why a queue is paused, and until when."""

    reason: str | None
    paused_at: AwareDatetime | None
    paused_by: str | None
    until: AwareDatetime | None = Field(description="null: until somebody resumes it.")


class QueueOverride(Shown):
    """A limit that holds for a while in the stead of the queue's own."""

    concurrency: int | None = Field(description="null: no limit.")
    until: AwareDatetime
    reason: str | None
    by: str | None


class Queue(Shown):
    """A queue: its limits, and what waits and runs in it."""

    name: str
    description: str | None
    paused: bool
    pause: QueuePause | None = Field(description="null unless the queue itself is paused.")
    concurrency: int | None
    override: QueueOverride | None = Field(description="null: `concurrency` holds.")
    rate_limit: ShownRateLimit | None
    max_depth: int | None
    state: Literal["ready", "paused", "no_executor"] = Field(
        description="paused: it is, or everything is. no_executor: no live executor takes it."
    )
    waiting: int
    running: int
    retrying: int = Field(description="Of those that wait: for another attempt.")
    held: dict[str, int] = Field(description="Of those that wait: held, by what they wait for.")
    oldest_waiting_seconds: float | None
    started_per_minute: float = Field(description="Over the last five minutes.")
    executors: int = Field(description="Live ones that take from it.")
    slots: int = Field(description="What those can run at once.")
    tasks: int
    updated_at: AwareDatetime | None = Field(description="null: nothing was ever set.")
    updated_by: str | None


class Pause(Shown):
    """Whether everything is paused."""

    paused: bool
    changed_at: AwareDatetime | None
    changed_by: str | None
    reason: str | None
    until: AwareDatetime | None = Field(
        description="When it goes on by itself; null: when somebody resumes it."
    )
