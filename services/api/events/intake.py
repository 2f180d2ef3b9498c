"""Events as producers send them over HTTP: judged, and brought into the form of CloudEvents 1.0.

Pure. One document is one event or a batch of them; each is a CloudEvent (it has `specversion`) or
plain (`source`, `type`, `data`). In binary mode the attributes are headers, and the document is the
data alone. What is wrong with any of them is said of all at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote

import pydantic

from services.api.events.schemas import CloudEvent, PlainEvent
from services.api.wire.shape import problems_of
from shared.bus import topology
from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.event import OWN_SOURCES
from shared.domain.instant import format_instant, parse_instant

MOST_EVENTS = 500
#: What CloudEvents ask everybody to hand on, and so what producers may rely on.
MOST_EVENT_BYTES = 64 * 1024

_EXTENSION = re.compile(r"[a-z0-9]{1,20}", re.ASCII)
_PLAIN = frozenset(CloudEvent.model_fields) | {"data_base64"}
_MOST_TEXT = 1024
_INT32 = 2**31

_PREFIX = "ce-"
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Taken(NamedTuple):
    """One event that can be published."""

    source: str
    id: str
    type: str
    payload: bytes
    """A CloudEvent in structured mode."""


def read_events(
    document: object, *, now: datetime, new_id: Callable[[], str], trace: str | None = None
) -> tuple[list[Taken], list[Problem]]:
    """Return the events of *document*, and what is wrong with them.

    Those that do not say to which trace they belong (`traceparent`) belong to *trace*.
    """
    if not isinstance(document, list):
        one, wrong = read_one(document, "", now, new_id, trace=trace)
        return ([one] if one else []), wrong
    if not document:
        return [], [Problem("", "field.too_few", {"limit": 1})]
    if len(document) > MOST_EVENTS:
        return [], [Problem("", "events.too_many", {"limit": MOST_EVENTS})]
    events: list[Taken] = []
    problems: list[Problem] = []
    for index, each in enumerate(document):
        taken, found = read_one(each, f"/{index}", now, new_id, trace=trace)
        events += [taken] if taken else []
        problems += found
    return events, problems


def attributes_in(headers: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the attributes of an event in binary mode; None: it is in another one.

    As CloudEvents' binding to HTTP spells them: percent-encoded, or quoted, or as they are.
    """
    kind = headers.get("content-type", "").strip()
    if kind.lower().startswith("application/cloudevents"):
        return None
    found: dict[str, Any] = {
        name.removeprefix(_PREFIX): _decoded(value)
        for name, value in headers.items()
        if name.startswith(_PREFIX)
    }
    if not found:
        return None
    found.setdefault("specversion", "")  # it is no plain event, and what is wrong is said so
    return {**found, "datacontenttype": kind} if kind else found


def _decoded(value: str) -> str:
    text = value.strip()
    if quoted := _QUOTED.fullmatch(text):
        text = re.sub(r"\\(.)", r"\1", quoted[1])
    return unquote(text)


def read_one(
    document: object,
    pointer: str,
    now: datetime,
    new_id: Callable[[], str],
    *,
    ours_too: bool = False,
    trace: str | None = None,
) -> tuple[Taken | None, list[Problem]]:
    """Return the event that *document* is, or what is wrong with it, found at *pointer*.

    *ours_too*: it may be one that only this system says.
    """
    if not isinstance(document, dict):
        return None, [Problem(pointer, "event.object")]
    # CloudEvents: an attribute that is null is one that is not there.
    given = {key: value for key, value in document.items() if value is not None or key == "data"}
    problems = _judge(given)
    source = given.get("source")
    if not ours_too and isinstance(source, str) and topology.event_token(source) in OWN_SOURCES:
        problems.append(Problem("/source", "event.source_reserved", {"source": source}))
    time = given.get("time")
    spelled = format_instant(now)
    if isinstance(time, str):
        try:
            spelled = format_instant(parse_instant(time))
        except InvalidDefinition as error:
            problems += [each.under("/time") for each in error.problems]
    if problems:
        return None, [problem.under(pointer) for problem in problems]
    traced = {"traceparent": trace} if trace else {}
    event = {"specversion": "1.0", "id": new_id(), **traced, **given, "time": spelled}
    payload = json.dumps(event, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    if len(payload) > MOST_EVENT_BYTES:
        return None, [Problem(pointer, "event.too_large", {"limit": MOST_EVENT_BYTES})]
    return Taken(event["source"], event["id"], event["type"], payload), []


def _judge(given: Mapping[str, Any]) -> list[Problem]:
    model = CloudEvent if "specversion" in given else PlainEvent
    try:
        model.model_validate(given)
    except pydantic.ValidationError as error:
        problems = problems_of(error)
    else:
        problems = []
    if model is CloudEvent:
        problems += _judge_extensions(given)
    return problems


def _judge_extensions(given: Mapping[str, Any]) -> list[Problem]:
    problems: list[Problem] = []
    for key, value in given.items():
        if key == "data_base64":
            # Conditions and parameters read JSON; bytes would never match anything.
            problems.append(Problem("/data_base64", "event.binary"))
        if key in _PLAIN:
            continue
        if not _EXTENSION.fullmatch(key):
            shown = key[:100].replace("~", "~0").replace("/", "~1")
            problems.append(Problem(f"/{shown}", "event.extension_name"))
        elif not _is_attribute(value):
            problems.append(Problem(f"/{key}", "event.extension_value", {"limit": _MOST_TEXT}))
    return problems


def _is_attribute(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= _MOST_TEXT
    return isinstance(value, bool) or (isinstance(value, int) and -_INT32 <= value < _INT32)
