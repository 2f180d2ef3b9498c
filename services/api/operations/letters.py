"""Dead letters: which may be sent again, and how they are shown. Pure.

    open ──┬─ resent       published anew as it was, on its own subject
           └─ discarded    nothing is to be done about it

Sent again is only what does no harm when it comes late or twice: requests and reports are
judged against the database by whoever hears them. The last word about a task, an account or a
script is not: it would take the place of a newer one. Nor what nobody could read then or now, or of
which only a part was kept.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from services.api.store.dead_letters import DeadRow
from services.api.wire.texts import say
from shared.bus import topology
from shared.bus.middleware import DEAD_BYTES
from shared.bus.shapes import Stream
from shared.contracts.runs import LogLines, RunsFinished, RunsRequested, RunsStarted
from shared.domain.instant import format_instant
from shared.domain.texts.catalog import Language

_DELIVERIES = re.compile(r" in ([0-9]{1,9}) deliveries$")

#: How to read what may be sent again, by the beginning of its subject.
_READERS: tuple[tuple[Stream, str, Callable[[bytes], object]], ...] = (
    (topology.REQUESTS, "run.request.", RunsRequested.decode),
    (topology.RUNS, "task.started.", RunsStarted.decode),
    (topology.RUNS, "task.finished.", RunsFinished.decode),
    (topology.LOGS, "task.log.", LogLines.decode),
)


def why_not(row: DeadRow) -> str | None:
    """Return why a letter cannot be sent again, as the code of a text; None if it can."""
    reader = next(
        (
            read
            for stream, prefix, read in _READERS
            if row.stream == stream.name and row.subject.startswith(prefix)
        ),
        None,
    )
    if reader is None:
        return "dead_letter.kind"
    if len(row.payload) >= DEAD_BYTES:
        return "dead_letter.cut"
    try:
        reader(row.payload)
    except ValueError:
        return "dead_letter.unreadable"
    return None


def letter_view(row: DeadRow, language: Language) -> dict[str, Any]:
    """Return a message that nobody could handle; bytes that are no text as base64."""
    try:
        payload, encoding = row.payload.decode(), "utf-8"
    except UnicodeDecodeError:
        payload, encoding = base64.b64encode(row.payload).decode(), "base64"
    code = why_not(row)
    return {
        "id": row.id,
        "stream": row.stream,
        "subject": row.subject,
        "reason": row.reason,
        "payload": payload,
        "payload_encoding": encoding,
        "headers": _headers(row.headers),
        "created_at": format_instant(row.created_at),
        "state": row.state,
        "decided_at": format_instant(row.decided_at) if row.decided_at else None,
        "decided_by": row.decided_by,
        "deliveries": _deliveries(row.reason),
        "resendable": code is None,
        "not_resendable_because": say(code, language) if code else None,
    }


def _headers(text: str) -> Mapping[str, Any]:
    headers: dict[str, Any] = json.loads(text)
    return headers


def _deliveries(reason: str) -> int | None:
    found = _DELIVERIES.search(reason)
    return int(found[1]) if found else None
