"""What is told to whoever writes a schedule, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown
from services.api.documented.tasks import PreviewedFire, ProblemDetail


class PreviewedBlackout(Shown):
    """A blackout in which fires fall."""

    start: AwareDatetime
    end: AwareDatetime
    first: AwareDatetime = Field(description="The nominal time of the first fire in it.")
    calendars: list[str]
    count: int = Field(description="Fires in it, at most 1,000 are counted.")
    note: str


class ZoneChange(Shown):
    """An instant at which clocks are put forward or back."""

    at: AwareDatetime
    before: str = Field(examples=["+01:00"])
    after: str
    forward: bool


class Zone(Shown):
    """A time zone, and when its clocks change within a year."""

    name: str
    offset: str = Field(examples=["+08:00"])
    changes: list[ZoneChange]


class Zones(Shown):
    """Every time zone that a schedule may name."""

    items: list[Zone]


class Preview(Shown):
    """The next fires of a schedule, and its meaning in both languages."""

    fires: list[PreviewedFire]
    description: dict[str, str]
    blackouts: list[PreviewedBlackout] = Field(description="Before and between these fires.")
    warnings: list[ProblemDetail] = Field(description="What is allowed; look again, though.")
    zone: Zone
    follows_real_time: bool = Field(
        description="Its fires know no hour that clocks could skip or repeat: dst_gap and dst_fold"
        " have no say."
    )
    p95_seconds: float | None = Field(description="Of the task's last 50 runs.")


class NthWeekday(Shown):
    """A weekday of a month."""

    weekday: int = Field(description="0 is Sunday.")
    nth: int = Field(description="1 to 5; -1: the last one.")


class CronFieldShown(Shown):
    """One field of a cron expression."""

    text: str
    starred: bool = Field(description="It is `*`: any.")
    values: list[int] = Field(description="The plain numbers that it allows; 0 is Sunday.")
    last_day: bool
    nth: list[NthWeekday]


class CronFields(Shown):
    """All fields of a cron expression."""

    second: CronFieldShown
    minute: CronFieldShown
    hour: CronFieldShown
    day: CronFieldShown
    month: CronFieldShown
    weekday: CronFieldShown


class CronExplained(Shown):
    """A cron expression, taken apart."""

    cron: str = Field(description="In its normal form.")
    has_seconds: bool
    fields: CronFields
    follows_real_time: bool
    either_day: bool = Field(description="Day of month and weekday are restricted, one is enough.")
    description: dict[str, str]


class CrontabEntry(Shown):
    """One line of a crontab."""

    line: int
    text: str
    kind: Literal["job", "variable", "comment"]
    schedule_config: dict[str, Any] | None = Field(description="null: it has problems, or no time.")
    description: dict[str, str] | None
    user: str | None
    command: str | None
    comment: str | None
    problems: list[ProblemDetail]
    notes: list[ProblemDetail] = Field(description="What a schedule does not carry over.")


class CrontabRead(Shown):
    """The lines of a crontab but the blank ones."""

    lines: list[CrontabEntry]
