"""What a notifier is told by its environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from services.notifier.channels.email import SmtpServer
from shared.settings import ServiceSettings


class NotifierSettings(ServiceSettings):
    """Settings of one notifier process."""

    smtp_url: SecretStr = SecretStr("")
    """`smtp://user:password@host:587`, `smtps://…`; empty: no e-mail."""
    smtp_password_file: Path | None = None
    """The password of the user in the address; read for each e-mail."""
    smtp_from: str = "automation@localhost"
    """The sender of e-mails."""
    public_url: str = ""
    """Where people reach the API; links in messages begin with it."""
    notify_language: Literal["zh-TW", "en"] = "zh-TW"
    """Of e-mails to an address that is no channel."""
    apprise_schemes: str = "discord,gchat,line,opsgenie,pagerduty,pover,slack,tgram,wxteams"
    """Comma-separated: what Apprise may be used for."""
    sender_slots: int = Field(default=20, ge=1, le=200)
    """Messages under way at once."""
    retention_notice_days: int = Field(default=90, ge=2, le=3650)
    """How long messages that were sent or given up, and incidents that are over, are kept."""

    @field_validator("smtp_password_file", mode="before")
    @classmethod
    def _unset(cls, value: object) -> object:
        return value or None

    @property
    def smtp(self) -> SmtpServer | None:
        """The mail server; None: there is none.

        Raises:
            ValueError: what is set makes no sense; the message names the variable.
        """
        url = self.smtp_url.get_secret_value()
        if not url and self.smtp_password_file is None:
            return None
        return SmtpServer.parse(url, self.smtp_password_file)
