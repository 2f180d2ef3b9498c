"""What the API answers about runs along the time, as models for the OpenAPI document."""

from __future__ import annotations

from datetime import date

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown


class TimelineRun(Shown):
    """A run: it waits from `due_at` to `began_at`, and runs until `ended_at`."""

    run_id: str
    trigger: str
    status: str
    due_at: AwareDatetime | None
    began_at: AwareDatetime | None = Field(description="Null: it has not.")
    ended_at: AwareDatetime | None = Field(description="Null: it has not.")


class TimelineStretch(Shown):
    """Runs that began within a stretch of the range."""

    from_: AwareDatetime = Field(alias="from")
    to: AwareDatetime
    runs: int
    failures: int
    live: int


class TimelineFire(Shown):
    """A fire to come: its nominal time, and when it is to start."""

    at: AwareDatetime
    due_at: AwareDatetime


class TimelineTask(Shown):
    """One task on the axis."""

    task_id: str
    task_name: str
    task_type: str
    task_action: str
    enabled: bool
    queue: str
    runs: list[TimelineRun]
    runs_cut: bool = Field(description="Only the newest are in `runs`; `stretches` has them all.")
    stretches: list[TimelineStretch]
    fires: list[TimelineFire]
    fires_cut: bool


class Timeline(Shown):
    """Tasks on one axis of time."""

    from_: AwareDatetime = Field(alias="from")
    to: AwareDatetime
    now: AwareDatetime
    tasks: list[TimelineTask]
    tasks_in_all: int


class CalendarDay(Shown):
    """How the runs ended that began on a day."""

    day: date
    runs: int
    successes: int
    failures: int = Field(description="All that ended otherwise, but those that were cancelled.")


class RunCalendar(Shown):
    """The days up to today."""

    tz: str
    days: list[CalendarDay]
