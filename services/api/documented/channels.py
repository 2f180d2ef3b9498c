"""What the API answers of channels and notifications, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from services.api.channels.schemas import KindName
from services.api.documented.policy import Shown

DeliveryState = Literal["waiting", "failed", "sent", "given_up", "folded"]


class Channel(Shown):
    """A notification channel without its secret."""

    name: str
    kind: KindName
    description: str | None
    enabled: bool
    config: dict[str, Any]
    target: str | None = Field(description="What of its address is no secret.")
    has_secret: bool
    created_at: AwareDatetime
    updated_at: AwareDatetime
    updated_by: str | None


class ChannelTestResult(Shown):
    """What came of a test message."""

    ok: bool
    detail: str = Field(description="What the other side said, or why it was not reached.")
    duration_ms: int


class Notification(Shown):
    """One message to one channel, and what became of it."""

    id: str
    task_id: str | None = Field(description="null: it is about alerts.")
    run_id: str | None
    alert_group_id: str | None = Field(description="The group of alerts that it is about.")
    event: str
    channel: str
    incident_id: str | None
    state: DeliveryState = Field(
        description="failed: will be tried again at next_try_at. folded: there were too many; one"
        " message with their number is sent instead."
    )
    tries: int
    next_try_at: AwareDatetime | None
    answer: str | None = Field(description="What the other side said last.")
    created_at: AwareDatetime
    ended_at: AwareDatetime | None


class Notifications(Shown):
    """A page of notifications; `next` is null on the last one."""

    items: list[Notification]
    next: str | None


class Incident(Shown):
    """Failures of one class of one task, from the first one until it went well again."""

    id: str
    task_id: str
    failure_class: str
    opened_at: AwareDatetime
    updated_at: AwareDatetime
    count: int
    first_run_id: str
    last_run_id: str
    last_error: str | None
    told_at: AwareDatetime | None = Field(description="null: nobody was told.")
    closed_at: AwareDatetime | None
    closed_by: str | None = Field(description="The run that went well.")


class Incidents(Shown):
    """A page of incidents; `next` is null on the last one."""

    items: list[Incident]
    next: str | None
