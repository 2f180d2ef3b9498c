"""What callers may send of queues and calendars."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from services.api.runs.schemas import Instant, Reason
from services.api.tasks.schemas import Description
from services.api.tasks.schemas_policy import RateLimitFields
from services.api.wire.strict_model import Strict


class QueuePut(Strict):
    """The fields of a queue that are to change; null lifts a limit."""

    description: Description | None = None
    paused: bool = False
    concurrency: int | None = Field(
        default=None, ge=1, le=100_000, description="Runs that may be live at once."
    )
    rate_limit: RateLimitFields | None = None
    max_depth: int | None = Field(
        default=None,
        ge=0,
        le=1_000_000,
        description="Runs that may wait in it to be let go, for a slot, a rate or the end of a"
        " pause; further ones are throttled. 0: what cannot start at once.",
    )


class PauseWish(Strict):
    """Why something is paused, and until when."""

    reason: Reason | None = None
    until: Instant | None = Field(
        default=None, description="When it goes on by itself; null: when somebody resumes it."
    )


class OverridePut(Strict):
    """A limit of a queue for a while, in the stead of its own."""

    concurrency: int | None = Field(
        default=None, ge=1, le=100_000, description="Runs that may be live at once; null: no limit."
    )
    until: Instant
    reason: Reason | None = None


class CalendarPut(Strict):
    """A calendar, whole. Its dates and times are in its own zone."""

    description: Description | None = None
    timezone: str | None = Field(
        default=None, examples=["Asia/Taipei"], description="IANA name; the default is UTC."
    )
    dates: list[Any] | None = Field(
        default=None,
        examples=[[{"from": "2026-12-30", "to": "2027-01-02"}]],
        description="Ranges of dates; both ends belong to them. At most 500.",
    )
    weekly: list[Any] | None = Field(
        default=None,
        examples=[[{"days": ["fri"], "from": "22:00", "to": "06:00"}]],
        description="Windows of the week, by the day on which they begin; they may cross midnight."
        " At most 50.",
    )
    holidays: list[Any] | None = Field(
        default=None, examples=[["2026-10-10"]], description="Single days. At most 1000."
    )
