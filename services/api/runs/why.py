"""Why a run is there, and how long it waited: what a list and a page tell alike. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.api.tasks.dependencies import read_id
from services.api.wire.texts import all_texts, say
from shared.domain.instant import format_instant
from shared.domain.texts.catalog import Language

SCHEDULE = "schedule"

Names = Mapping[UUID, str]
"""Of tasks, by their ids."""


class Beginning(NamedTuple):
    """How a run came to begin, as far as it has."""

    trigger: str
    requested_by: str | None
    origin: str | None
    """JSON of `shared.contracts.runs.Origin`."""
    scheduled_for: datetime
    due_at: datetime | None
    began_at: datetime | None


def beginning_view(begun: Beginning, names: Names, language: Language) -> dict[str, Any]:
    """Return who or what started a run, and how it waited."""
    origin = origin_of(begun.origin)
    return {
        "requested_by": begun.requested_by,
        "why": why(begun, names, language),
        "origin_run_id": origin.get("run_id"),
        "due_at": format_instant(begun.due_at) if begun.due_at else None,
        "wait_seconds": _seconds(begun.due_at, begun.began_at),
        "late_seconds": _seconds(begun.scheduled_for, begun.began_at)
        if begun.trigger == SCHEDULE
        else None,
    }


def why(begun: Beginning, names: Names, language: Language) -> str:
    """Return a sentence that says why a run is there."""
    code = f"why.{begun.trigger}"
    if code not in all_texts():
        return begun.trigger
    upstream = upstream_of(begun.origin)
    event = origin_of(begun.origin).get("event") or {}
    what = names.get(upstream, str(upstream)) if upstream else event.get("type")
    who = begun.requested_by or say("why.somebody", language)
    return say(code, language, {"who": who, "what": what or "…"})


def upstream_of(origin: str | None) -> UUID | None:
    """Return the task whose run led to a run, if one did."""
    causes = origin_of(origin).get("causes") or ()
    return read_id(str(causes[-1])) if causes else None


def origin_of(text: str | None) -> dict[str, Any]:
    """Return an origin as it is stored; empty if there is none."""
    found: dict[str, Any] = json.loads(text) if text else {}
    return found


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    if start is None or end is None:
        return None
    return round(max(0.0, (end - start).total_seconds()), 3)
