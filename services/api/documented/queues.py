"""What the API answers of calendars, queues and the pause, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown, ShownRateLimit


class Calendar(Shown):
    """Times that schedules keep clear of."""

    name: str
    description: str | None
    timezone: str
    dates: list[dict[str, Any]]
    weekly: list[dict[str, Any]]
    holidays: list[str]
    updated_at: AwareDatetime
    updated_by: str | None


class Queue(Shown):
    """A queue: its limits, and what waits and runs in it."""

    name: str
    description: str | None
    paused: bool
    concurrency: int | None
    rate_limit: ShownRateLimit | None
    max_depth: int | None
    state: Literal["ready", "paused", "no_executor"] = Field(
        description="paused: it is, or everything is. no_executor: no live executor takes it."
    )
    waiting: int
    running: int
    oldest_waiting_seconds: float | None
    executors: int
    tasks: int
    updated_at: AwareDatetime | None = Field(description="null: nothing was ever set.")
    updated_by: str | None


class Pause(Shown):
    """Whether everything is paused."""

    paused: bool
    changed_at: AwareDatetime | None
    changed_by: str | None
