"""E-mail over SMTP: plain text, one message to all of its recipients.

The server is the administrator's (`AUTOMATION_SMTP_URL`), so the guard against addresses inside
does not apply: mail servers usually are inside.

    smtp://user:password@mail.example.com:587     STARTTLS if the server offers it
    smtps://user:password@mail.example.com:465    TLS from the first byte
    ?starttls=require | never                     not without it, or not at all

The password may lie in a file instead (`AUTOMATION_SMTP_PASSWORD_FILE`), which is read for each
message, so that it is changed without a restart.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from services.notifier.channels.parcel import NotDelivered, Parcel
from shared.contracts.notifications import EmailConfig

TIMEOUT = 10.0  # seconds, for each step of the conversation
PERMANENT = range(500, 600)
PORTS: Mapping[str, int] = {"smtp": 25, "smtps": 465}
STARTTLS: Mapping[str, bool | None] = {"auto": None, "require": True, "never": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mail goes out."""

    host: str
    port: int
    username: str | None
    password: str | None
    tls: bool
    starttls: bool | None
    password_file: Path | None = None

    @classmethod
    def parse(cls, url: str, password_file: Path | None = None) -> SmtpServer:
        """Read the settings.

        Raises:
            ValueError: they make no sense; the text does not quote the URL, which may hold a
                password.
        """
        parts = urlsplit(url)
        asked = parse_qs(parts.query).get("starttls", ["auto"])[-1]
        if parts.scheme not in PORTS or not parts.hostname or asked not in STARTTLS:
            raise ValueError("AUTOMATION_SMTP_URL must be smtp://… or smtps://…")
        if password_file is not None and (not parts.username or parts.password):
            raise ValueError(
                "AUTOMATION_SMTP_PASSWORD_FILE needs an AUTOMATION_SMTP_URL with a user and without"
                " a password"
            )
        return cls(
            host=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            tls=parts.scheme == "smtps",
            starttls=STARTTLS[asked],
            password_file=password_file,
        )


class Email:
    """Sends through one SMTP server."""

    def __init__(self, server: SmtpServer | None, sender: str) -> None:
        self._server = server
        self._from = sender

    async def send(self, parcel: Parcel) -> str:
        config = parcel.config
        assert isinstance(config, EmailConfig)  # noqa: S101 - the post office read it
        server = self._server
        if server is None:
            raise NotDelivered("AUTOMATION_SMTP_URL is not set", permanent=True)
        mail = message(parcel, config, self._from)
        if (witness := parcel.witness) is not None:
            scheme = "smtps" if server.tls else "smtp"
            headers = {name: str(value) for name, value in mail.items()}
            where = f"{scheme}://{server.host}:{server.port}"
            witness.sees_request("SMTP", where, headers, parcel.words.text)
        try:
            refused, said = await aiosmtplib.send(
                mail,
                hostname=server.host,
                port=server.port,
                timeout=TIMEOUT,
                use_tls=server.tls,
                start_tls=False if server.tls else server.starttls,
                tls_context=ssl.create_default_context(),
                **_login(server),
            )
        except aiosmtplib.SMTPAuthenticationError as error:
            raise NotDelivered(f"SMTP: log-in refused ({error.code})", permanent=True) from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [each.code for each in error.recipients]
            permanent = all(code in PERMANENT for code in codes)
            raise NotDelivered(f"SMTP: recipients refused {codes}", permanent=permanent) from None
        except aiosmtplib.SMTPResponseException as error:
            if witness is not None:
                witness.sees_answer(error.code, {}, _line(error.message))
            detail = f"SMTP {error.code} {_line(error.message)}"
            raise NotDelivered(detail, permanent=error.code in PERMANENT) from None
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            raise NotDelivered(f"SMTP: {type(error).__name__}") from None
        if witness is not None:
            witness.sees_answer(None, {}, _line(said))
        answer = f"SMTP {_line(said)}"
        return f"{answer}; refused: {', '.join(sorted(refused))}" if refused else answer


def message(parcel: Parcel, config: EmailConfig, sender: str) -> EmailMessage:
    """Return the message; its id is the same for each try."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ", ".join(config.to)
    mail["Subject"] = " ".join(parcel.words.title.split())
    mail["Date"] = format_datetime(parcel.letter.at)
    mail["Message-ID"] = f"<{parcel.id}@automation-tasks>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = config.language
    mail["X-Automation-Event"] = parcel.letter.event
    mail.set_content(parcel.words.text + "\n")
    return mail


def _login(server: SmtpServer) -> dict[str, Any]:
    if server.username is None:
        return {}
    return {"username": server.username, "password": _password(server)}


def _password(server: SmtpServer) -> str:
    if server.password_file is None:
        return server.password or ""
    try:
        password = server.password_file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise NotDelivered(f"SMTP: no password to be read ({type(error).__name__})") from None
    if not password:
        raise NotDelivered("SMTP: the file with the password is empty")
    return password


def _line(text: str) -> str:
    return " ".join(text.split())[:300]
