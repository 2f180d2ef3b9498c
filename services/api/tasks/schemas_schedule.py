"""What callers may ask about schedules: their fires, their fields, lines of a crontab."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from services.api.tasks.schemas_policy import BlackoutFields, TaskId
from services.api.wire.strict_model import Strict


class PreviewRequest(Strict):
    """A schedule whose next fires are asked for."""

    schedule_config: dict[str, Any] = Field(
        examples=[{"cron": "0 9 * * *", "timezone": "Asia/Taipei"}]
    )
    count: int = Field(default=10, ge=1, le=1000)
    after: str | None = Field(
        default=None,
        max_length=40,
        json_schema_extra={"format": "date-time"},
        description="Fires strictly after this instant; the default is now.",
    )
    blackout: BlackoutFields | None = Field(
        default=None, description="Calendars that the schedule keeps clear of."
    )
    task_id: TaskId | None = Field(
        default=None,
        description="Of a task that is there: its jitter is drawn, and its runs are looked at.",
    )


class CronExplain(Strict):
    """A cron expression that is to be taken apart."""

    cron: str = Field(examples=["*/15 9-17 * * 1-5"], max_length=1_000)
    day_or: bool = Field(
        default=True, description="Day of month or weekday is enough if both are restricted."
    )


class CrontabText(Strict):
    """Lines of a crontab."""

    text: Annotated[
        str,
        Field(
            min_length=1,
            max_length=100_000,
            examples=["0 9 * * 1-5 /usr/bin/backup.sh # nightly"],
        ),
    ]
    user_column: Literal["auto", "yes", "no"] = Field(
        default="auto",
        description="Whether the sixth field names a user, as in /etc/crontab. auto: if a heading"
        " says so, or it is a well-known user.",
    )
    timezone: str | None = Field(
        default=None,
        max_length=64,
        description="Of the lines for which no CRON_TZ speaks; null: UTC.",
    )
