"""An event: something that somebody says has happened, in one form whatever it came in.

CloudEvents 1.0 in structured mode (all in the body), in binary mode (`ce-*` headers) and plain
JSON, whose source and type are then told by its subject, `event.<source>.<type...>`. What makes no
sense raises ValueError: such a message can never be handled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn
from urllib.parse import unquote
from uuid import UUID

from shared.domain.errors import InvalidDefinition
from shared.domain.instant import format_instant, parse_instant
from shared.domain.trigger_subject import EVENTS

#: Bytes of the largest event that is read.
EVENT_MAX = 256 * 1024
#: Levels of the deepest event that is read.
DEPTH_MAX = 32
NAME_MAX = 512  # characters of an id, a source, a type

STRUCTURED = "application/cloudevents+json"
#: Header and extension that tell which tasks' runs led to an event, oldest first.
CAUSES = "automationcauses"
_CAUSES_MAX = 64
#: Header and extension that tell to which trace an event belongs (W3C, CloudEvents).
TRACE = "traceparent"
_TRACE_MAX = 200
#: How this system signs its own events and those of its alerts; nobody else may.
OWN_SOURCES = frozenset({"automation", "alert"})

_KNOWN = frozenset({"specversion", "id", "source", "type", "time", "subject", "data"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event in normal form."""

    id: str
    source: str
    type: str
    time: datetime
    """When it happened, as its producer says; otherwise when it was received."""
    subject: str
    """Under which it was published on the bus."""
    data: object = field(default_factory=dict)
    attributes: Mapping[str, object] = field(default_factory=dict)
    """The rest of what CloudEvents say about it, their own `subject` too."""
    causes: tuple[UUID, ...] = ()

    @property
    def key(self) -> str:
        """What tells it from every other event; the same text however often it comes."""
        return f"{self.source}|{self.id}"

    @property
    def digest(self) -> bytes:
        """The same as `key`, in 32 bytes; PostgreSQL can compute it from source and id, too."""
        return hashlib.sha256(f"{self.source}\n{self.id}".encode()).digest()

    def as_json(self) -> dict[str, object]:
        """Return it as CloudEvents spell it: what conditions and templates call `event`."""
        return {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "time": format_instant(self.time),
            "subject": self.subject,
            **self.attributes,
            "data": self.data,
        }


def event_from(
    subject: str,
    headers: Mapping[str, str] | None,
    payload: bytes,
    received_at: datetime,
    *,
    fallback_id: str = "",
) -> Event:
    """Read what was published under *subject*.

    *fallback_id* tells an event that has no id of its own from all others.

    Raises:
        ValueError: it is no JSON, too large or too deep, or no CloudEvent though it says so.
    """
    if len(payload) > EVENT_MAX:
        raise ValueError("too large")
    known = {name.lower(): value for name, value in (headers or {}).items()}
    body = _read(payload) if payload else {}
    if known.get("content-type", "").startswith(STRUCTURED) or _is_structured(body):
        said = _structured(body)
    elif "ce-id" in known or "ce-specversion" in known:
        said = _binary(known, body)
    else:
        said = {"data": body}
    if len(trace := known.get(TRACE, "")) in range(1, _TRACE_MAX):
        said.setdefault(TRACE, trace)
    spoken = subject.removeprefix(EVENTS).split(".", 1)
    return Event(
        id=_name(said.pop("id", None) or known.get("nats-msg-id") or fallback_id)
        or _digest(subject, payload, received_at),
        source=_name(said.pop("source", None) or spoken[0]),
        type=_name(said.pop("type", None) or spoken[-1]),
        time=_time(said.pop("time", None), received_at),
        subject=subject,
        data=said.pop("data", {}),
        # Whoever publishes for an action says it in the header, whatever the body says.
        causes=_causes(known.get(CAUSES), said.pop(CAUSES, None)),
        attributes={key: value for key, value in said.items() if key != "specversion"},
    )


def _read(payload: bytes) -> object:
    try:
        body: object = json.loads(payload, parse_constant=_refuse)
        # What cannot be written as UTF-8 again (half a surrogate pair) cannot be stored either.
        json.dumps(body, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("too deep") from None
    if _is_deeper(body, DEPTH_MAX):
        raise ValueError("too deep")
    return body


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _is_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(each, levels - 1) for each in inner)


def _is_structured(body: object) -> bool:
    return isinstance(body, dict) and all(
        isinstance(body.get(key), str) for key in ("specversion", "id", "source", "type")
    )


def _structured(body: object) -> dict[str, object]:
    if not isinstance(body, dict) or not _is_structured(body):
        raise ValueError("a CloudEvent needs specversion, id, source and type")
    return dict(body)


def _binary(headers: Mapping[str, str], body: object) -> dict[str, object]:
    said: dict[str, object] = {
        name.removeprefix("ce-"): unquote(value)
        for name, value in headers.items()
        if name.startswith("ce-")
    }
    if not all(said.get(key) for key in ("id", "source", "type")):
        raise ValueError("a CloudEvent needs ce-id, ce-source and ce-type")
    if "content-type" in headers:
        said["datacontenttype"] = headers["content-type"]
    return {**said, "data": body}


def _name(value: object) -> str:
    if not isinstance(value, str) or len(value) > NAME_MAX:
        raise ValueError("an id, source or type is a text of moderate length")
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in value):  # noqa: PLR2004 - control characters, surrogates
        raise ValueError("an id, source or type holds no control characters")
    return value


def _time(value: object, received_at: datetime) -> datetime:
    if not isinstance(value, str):
        return received_at
    try:
        return parse_instant(value)
    except InvalidDefinition:
        return received_at


def _causes(*values: object) -> tuple[UUID, ...]:
    found: list[UUID] = []
    texts = [value for value in values if isinstance(value, str)]
    for part in ",".join(texts).split(",")[:_CAUSES_MAX]:
        try:
            found.append(UUID(part.strip()))
        except ValueError:
            continue
    return tuple(found)


def _digest(subject: str, payload: bytes, received_at: datetime) -> str:
    text = f"{subject}|{format_instant(received_at)}|".encode()
    return hashlib.sha256(text + payload).hexdigest()[:32]
