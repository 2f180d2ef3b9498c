"""What callers may send of notification channels."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.api.tasks.schemas import Description
from services.api.wire.strict_model import Strict

KindName = Literal["email", "webhook", "alertmanager", "apprise"]


class ChannelPut(Strict):
    """A channel, whole; only its secret may be left out if it is to stay as it is."""

    kind: KindName
    description: Description | None = None
    enabled: bool = True
    config: dict[str, Any] = Field(
        default={},
        examples=[{"to": ["ops@example.com"], "language": "zh-TW"}],
        description="language: zh-TW or en. most_messages: within five minutes; what is"
        " more is told as one number (left out: email and apprise 30, webhook 600, alertmanager no"
        " limit). email: to, a list of"
        " addresses. alertmanager: labels, put on every alert; rules that name it should name"
        " recovered, too, so that alerts are resolved.",
    )
    secret: dict[str, Any] | None = Field(
        default=None,
        examples=[
            {"url": "https://hooks.example.com/abc", "signing_key": "at least 16 characters"}
        ],
        description="Kept encrypted, never shown again. webhook: url, signing_key. alertmanager:"
        " url (without /api/v2/alerts), bearer. apprise: url. email: none.",
    )


class AlertmanagerAlert(BaseModel):
    """One alert of Prometheus' Alertmanager."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: Literal["firing", "resolved"]
    fingerprint: str = Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z]+$")
    labels: dict[str, str] = Field(default={})
    annotations: dict[str, str] = Field(default={})
    startsAt: str = Field(default="", max_length=40)  # noqa: N815 - Alertmanager's spelling
    endsAt: str = Field(default="", max_length=40)  # noqa: N815
    generatorURL: str = Field(default="", max_length=2048)  # noqa: N815


class AlertmanagerGroup(BaseModel):
    """What Alertmanager posts to a webhook (version 4); newer fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal["4"] = "4"
    receiver: str = Field(default="", max_length=255)
    groupKey: str = Field(default="", max_length=2048)  # noqa: N815
    externalURL: str = Field(default="", max_length=2048)  # noqa: N815
    alerts: list[AlertmanagerAlert] = Field(min_length=1, max_length=500)
