"""A dead letter: a message that nobody can handle, as it is kept for an operator to look at.

Whatever a message holds, its letter can be stored: the payload is cut, and texts lose the one
character that PostgreSQL refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shared.bus import middleware

PAYLOAD_BYTES = 64 << 10
HEADERS = 32
TEXT_CHARACTERS = 1000

ADVISORY_PREFIX = "$JS.EVENT.ADVISORY."


#: What JetStream says of a message that was deleted before anybody had handled it: on a stream that
#: keeps one message per subject the next one does that, and nothing is lost.
REPLACED = "Unacknowledged message was deleted"


class Advisory(BaseModel):
    """What JetStream says about a message that it will not deliver any more."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    stream: str
    consumer: str
    stream_seq: int
    deliveries: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One message, told apart from all others by its fingerprint."""

    fingerprint: str
    stream: str
    subject: str
    reason: str
    payload: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def buried(
    *, subject: str, payload: bytes, headers: Mapping[str, str], sequence: int, at: datetime
) -> DeadLetter:
    """Return the letter for a message on `dead.<stream>`; *sequence* and *at* are its place there.

    What it was before stands in the headers that our middleware adds. Somebody else's message may
    lack them: then its place on the stream DEAD has to do.
    """
    return _letter(
        fingerprint=headers.get(middleware.ID_HEADER, middleware.fingerprint("DEAD", sequence, at)),
        stream=subject.removeprefix("dead."),
        subject=headers.get(middleware.SUBJECT_HEADER, subject),
        reason=headers.get(middleware.REASON_HEADER, "unknown"),
        payload=payload,
        headers=headers,
    )


def given_up(
    *,
    advisory: Advisory,
    subject: str,
    payload: bytes,
    headers: Mapping[str, str],
    at: datetime,
) -> DeadLetter:
    """Return the letter for a message that JetStream says *advisory* about."""
    return _letter(
        fingerprint=middleware.fingerprint(advisory.stream, advisory.stream_seq, at),
        stream=advisory.stream,
        subject=subject,
        reason=f"not handled by {advisory.consumer} in {advisory.deliveries} deliveries"
        if advisory.deliveries
        else f"not handled by {advisory.consumer}",
        payload=payload,
        headers=headers,
    )


def bare_advisory(*, subject: str, payload: bytes, sequence: int, at: datetime) -> DeadLetter:
    """Return the letter for an advisory whose message is gone, or that makes no sense."""
    return _letter(
        fingerprint=middleware.fingerprint("DEAD", sequence, at),
        stream="DEAD",
        subject=subject,
        reason="the message that this advisory is about is gone",
        payload=payload,
        headers={},
    )


def _letter(
    *,
    fingerprint: str,
    stream: str,
    subject: str,
    reason: str,
    payload: bytes,
    headers: Mapping[str, str],
) -> DeadLetter:
    return DeadLetter(
        fingerprint=_text(fingerprint),
        stream=_text(stream),
        subject=_text(subject),
        reason=_text(reason),
        payload=payload[:PAYLOAD_BYTES],
        headers={_text(name): _text(value) for name, value in list(headers.items())[:HEADERS]},
    )


def _text(text: str) -> str:
    storable = text[:TEXT_CHARACTERS].encode("utf-8", "replace").decode()
    return storable.replace("\0", "\N{REPLACEMENT CHARACTER}")
