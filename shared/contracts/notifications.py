"""Channels as both sides know them: the API that keeps them, the notifier that sends through them.

Of each kind there is a config, which anybody with the right may see, and a secret, which nobody
sees again: addresses of chat services are passwords in the shape of a URL.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.message import Message, Part

_ADDRESS = re.compile(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,253}", re.ASCII)


def is_address(text: str) -> bool:
    """Return whether *text* can be an e-mail address."""
    return _ADDRESS.fullmatch(text) is not None


class ChannelKind(StrEnum):
    """How a message travels."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    ALERTMANAGER = "alertmanager"
    APPRISE = "apprise"


class ChannelPart(BaseModel):
    """Base of what a channel is made of: it is judged by the letter."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


#: Messages that a channel takes within five minutes; what is more is told as one number. People
#: read the first two kinds. An alertmanager groups by itself, and must hear of each end.
MOST_MESSAGES: dict[ChannelKind, int | None] = {
    ChannelKind.EMAIL: 30,
    ChannelKind.APPRISE: 30,
    ChannelKind.WEBHOOK: 600,
    ChannelKind.ALERTMANAGER: None,
}


class ChannelConfig(ChannelPart):
    """What every channel may say."""

    language: Literal["zh-TW", "en"] = "zh-TW"
    most_messages: int | None = Field(default=None, ge=1, le=10_000)
    """Instead of those of its kind."""


class EmailConfig(ChannelConfig):
    """Who gets the e-mail."""

    to: list[str] = Field(min_length=1, max_length=50)


class AlertmanagerConfig(ChannelConfig):
    """What is put on every alert beside our own labels."""

    labels: dict[str, str] = Field(default={}, max_length=20)


class NoSecret(ChannelPart):
    """Nothing to hide."""


class WebhookSecret(ChannelPart):
    """Where to, and the key by which the receiver knows us."""

    url: str = Field(max_length=2048)
    signing_key: str | None = Field(default=None, min_length=16, max_length=200)


class AlertmanagerSecret(ChannelPart):
    """Where it is, without `/api/v2/alerts`, and how it knows us."""

    url: str = Field(max_length=2048)
    bearer: str | None = Field(default=None, min_length=8, max_length=2000)


class AppriseSecret(ChannelPart):
    """An address in Apprise's words."""

    url: str = Field(max_length=2048)


CONFIGS: dict[ChannelKind, type[ChannelConfig]] = {
    ChannelKind.EMAIL: EmailConfig,
    ChannelKind.WEBHOOK: ChannelConfig,
    ChannelKind.ALERTMANAGER: AlertmanagerConfig,
    ChannelKind.APPRISE: ChannelConfig,
}
SECRETS: dict[ChannelKind, type[ChannelPart]] = {
    ChannelKind.EMAIL: NoSecret,
    ChannelKind.WEBHOOK: WebhookSecret,
    ChannelKind.ALERTMANAGER: AlertmanagerSecret,
    ChannelKind.APPRISE: AppriseSecret,
}


class ChannelTest(Message):
    """The API asks a notifier to send a test message now."""

    channel: str


class SentRequest(Part):
    """What really went out, without what is secret."""

    method: str
    """POST; SMTP; the word of a chat service's address."""
    url: str
    """Where to; a path is a password and left out."""
    headers: dict[str, str]
    body: str


class GivenAnswer(Part):
    """What really came back, without what is secret; its beginning only."""

    status: int | None
    headers: dict[str, str]
    body: str


class ChannelTested(Message):
    """What came of it."""

    ok: bool
    detail: str
    """What the other side said, or why it was not reached."""
    duration_ms: int
    request: SentRequest | None = None
    """None: it did not come to one."""
    answer: GivenAnswer | None = None
    """None: there was none."""

    def encode(self) -> bytes:
        """Return it without what there is not, as readers knew it before there was more."""
        return self.model_dump_json(exclude_none=True).encode()
