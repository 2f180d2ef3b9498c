"""What the API says has happened: events for the triggers of tasks, and for whoever listens.

An event is left in the outbox in the transaction that makes it true, and stays there until the
scheduler has noted that it has seen it (`insist.py`), like those that come in over HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from services.api.store import events as store
from services.api.store import tasks
from shared.bus import topology
from shared.db.pool import Connection
from shared.domain.event import CAUSES
from shared.domain.instant import format_instant

#: How this system signs its own events; nobody else may.
SOURCE = "automation"


class Event(NamedTuple):
    """Something that has happened; *key* tells it from all others of its kind."""

    kind: str
    key: str
    data: Mapping[str, Any]


async def say_event(
    connection: Connection,
    kind: str,
    data: Mapping[str, Any],
    *,
    key: str,
    causes: Sequence[UUID] = (),
) -> bool:
    """Leave an event of type *kind* in the outbox; return False if it was said before.

    *key* tells it from all others of its kind: the same one within a day is said once. *causes* are
    the tasks whose runs led to it, oldest first; it starts none of those.
    """
    return await say_events(connection, [Event(kind, key, data)], causes=causes) > 0


async def say_events(
    connection: Connection,
    events: Sequence[Event],
    *,
    causes: Sequence[UUID] = (),
    source: str = SOURCE,
) -> int:
    """Leave *events* in the outbox, as `say_event` does; return how many of them are new."""
    if not events:
        return 0
    at = format_instant(await tasks.now(connection))
    said = [_said(each, at, causes, source) for each in events]
    return len(await store.take(connection, said, accepted_by=SOURCE))


def _said(event: Event, at: str, causes: Sequence[UUID], source: str) -> store.Said:
    identity = f"{event.kind}|{event.key}"
    document: dict[str, Any] = {
        "specversion": "1.0",
        "id": identity,
        "source": source,
        "type": event.kind,
        "time": at,
    }
    if causes:
        document[CAUSES] = ",".join(map(str, causes))
    document["data"] = dict(event.data)
    payload = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    subject = topology.event_said(source, event.kind)
    return store.Said(source, identity, subject, payload.encode())
