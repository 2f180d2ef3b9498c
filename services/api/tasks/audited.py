"""What the audit list keeps of a change of a task: the fields that differ. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from services.api.tasks.definition import Definition

#: A longer value is kept as its size and hash: enough to see that it changed, and to compare.
LONGEST = 4_000

Kept = dict[str, Any]


def audited(before: Definition | None, after: Definition | None) -> tuple[Kept | None, Kept | None]:
    """Return both sides of a change; None where there is no task."""
    old, new = _fields(before), _fields(after)
    if old is None or new is None:
        return _short(old), _short(new)
    changed = [name for name in new if old[name] != new[name]]
    return _short({name: old[name] for name in changed}), _short(
        {name: new[name] for name in changed}
    )


def _fields(task: Definition | None) -> Kept | None:
    if task is None:
        return None
    return {
        **task.as_contract().model_dump(mode="json", exclude={"policy"}),
        "description": task.description,
        "notify_on_success": task.notify_on_success,
        "notify_on_failure": task.notify_on_failure,
        "notify_recipients": list(task.notify_recipients),
        "policy": json.loads(task.policy.to_json() or "{}"),
    }


def _short(fields: Mapping[str, Any] | None) -> Kept | None:
    if fields is None:
        return None
    return {name: _fitting(value) for name, value in fields.items()}


def _fitting(value: object) -> object:
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= LONGEST:
        return value
    return {"characters": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}
