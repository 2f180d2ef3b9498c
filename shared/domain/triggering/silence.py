"""The event that did not come: what a proactive trigger fires with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from shared.domain.instant import format_instant
from shared.domain.trigger_template import Path
from shared.domain.triggering.records import Firing, Watched

SILENT = "automation.trigger.silent"


def silence(watched: Watched, key: str, since: datetime) -> Firing:
    """Return the firing of an event that did not come until *since*; it looks like an event."""
    moment = f"silent|{key}|{format_instant(since)}"
    event = {
        "specversion": "1.0",
        "id": f"{watched.task_id}|{moment}",
        "source": "automation",
        "type": SILENT,
        "time": format_instant(since),
        "subject": watched.trigger.subject,
        "data": _restored(watched.trigger.for_each, key),
    }
    return Firing(moment, since, event)


def _restored(paths: Iterable[Path], key: str) -> dict[str, Any]:
    """Return the data of an event of which only its key is known."""
    try:
        values = json.loads(key)
    except ValueError:  # a hash
        return {}
    data: dict[str, Any] = {}
    for path, value in zip(paths, values, strict=False):
        if path[0] != "data" or len(path) == 1:
            continue
        place = data
        for step in path[1:-1]:
            inner = place.setdefault(step, {})
            place = inner if isinstance(inner, dict) else {}
        place[path[-1]] = value
    return data
