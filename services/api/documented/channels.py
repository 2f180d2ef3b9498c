"""What the API answers of channels and notifications, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from services.api.channels.schemas import KindName
from services.api.documented.policy import Shown

DeliveryState = Literal["waiting", "failed", "sent", "given_up", "folded"]
FailureClass = Literal["failure", "timed_out", "needs_operator", "missed", "silent"]


class ChannelUser(Shown):
    """A task or an alert rule that names a channel."""

    kind: Literal["task", "alert_rule"]
    id: str
    name: str


class ChannelDeliveries(Shown):
    """How a channel did within the last day."""

    sent: int
    failed: int = Field(description="Tried, to be tried again.")
    given_up: int
    waiting: int
    last_state: DeliveryState | None = Field(description="Of the last message ever ordered.")
    last_at: AwareDatetime | None
    last_answer: str | None


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
    used_by: list[ChannelUser] = Field(description="Who names it, at most 100.")
    deliveries: ChannelDeliveries


class TestRequest(Shown):
    """What really went out, without what is secret."""

    method: str = Field(description="POST, SMTP, or the word of a chat service.")
    url: str
    headers: dict[str, str]
    body: str


class TestAnswer(Shown):
    """What really came back, without what is secret; its beginning."""

    status: int | None
    headers: dict[str, str]
    body: str


class ChannelTestResult(Shown):
    """What came of a test message."""

    ok: bool
    detail: str = Field(description="What the other side said, or why it was not reached.")
    duration_ms: int
    request: TestRequest | None = Field(description="null: it did not come to one.")
    answer: TestAnswer | None = Field(description="null: there was none.")


class Notification(Shown):
    """One message to one channel, and what became of it."""

    id: str
    task_id: str | None = Field(description="null: it is about alerts.")
    task_name: str | None = Field(description="null as well if the task is gone.")
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
    resend_of: str | None = Field(description="The message that it says again, for somebody.")


class NotificationResent(Shown):
    """A message will be sent once more."""

    id: str = Field(description="Of the new message; the same one if it is only sent sooner.")
    resend_of: str
    how: Literal["again", "sooner"]


class Notifications(Shown):
    """A page of notifications; `next` is null on the last one."""

    items: list[Notification]
    next: str | None


class Incident(Shown):
    """Failures of one class of one task, from the first one until it went well again."""

    id: str
    task_id: str
    task_name: str | None = Field(description="null: the task is gone.")
    failure_class: FailureClass
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
