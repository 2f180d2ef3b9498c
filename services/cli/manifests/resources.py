"""The kinds of things that files may declare, and their fields, in the order they are written in.

Fields are those that the API takes (a test compares them with its description); secrets are none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.cli.failures import Misused
from services.cli.language import both


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A kind of thing."""

    kind: str
    path: str
    """Of one: `path/<key>`; of a new one, if it gets an id: `path`."""
    listed: str
    """Of all."""
    fields: tuple[str, ...]
    has_id: bool
    """It is known by an id, and its name may change; else by its name."""
    whole: bool = False
    """A change replaces all fields, so those that a document does not name are sent along."""
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Not worth a line in an export."""

    @property
    def id(self) -> str:
        """The field that it is known by."""
        return "id" if self.has_id else "name"


_TASK = Resource(
    kind="task",
    path="/automation-tasks",
    listed="/task-list",
    has_id=True,
    fields=(
        *("description", "enabled", "task_type", "schedule_config", "trigger_config"),
        *("task_action", "action_config", "timeout_seconds", "retry", "overlap", "concurrency"),
        *("locks", "rate_limit", "queue", "priority", "selector", "start_deadline_seconds"),
        *("unique", "blackout", "depends_on", "dependent_tasks", "notify_on_success"),
        *("notify_on_failure", "notify_recipients", "notify"),
    ),
    defaults={
        "enabled": True,
        "timeout_seconds": 3600,
        "queue": "default",
        "priority": 3,
        "notify_on_success": False,
        "notify_on_failure": True,
    },
)
_CALENDAR = Resource(
    kind="calendar",
    path="/calendars",
    listed="/calendars",
    has_id=False,
    whole=True,
    fields=("description", "timezone", "holidays", "dates", "weekly"),
)
_QUEUE = Resource(
    kind="queue",
    path="/queues",
    listed="/queues",
    has_id=False,
    fields=("description", "concurrency", "max_depth", "rate_limit"),
)
_CHANNEL = Resource(
    kind="channel",
    path="/channels",
    listed="/channels",
    has_id=False,
    whole=True,
    fields=("kind", "description", "enabled", "config"),
    defaults={"enabled": True},
)
_ALERT_RULE = Resource(
    kind="alert-rule",
    path="/alert-rules",
    listed="/alert-rules",
    has_id=True,
    fields=(
        *("description", "enabled", "rule_type", "alert_level", "query", "rule_conditions"),
        *("threshold_operator", "threshold_value", "window_seconds", "interval_seconds"),
        *("for_seconds", "keep_firing_for_seconds", "after_samples", "clear_samples"),
        *("no_data", "on_error", "labels", "annotations", "notification_method"),
        "notification_target",
    ),
    defaults={"enabled": True},
)

#: In the order in which they are made: what others name comes first.
RESOURCES: Mapping[str, Resource] = {
    each.kind: each for each in (_CHANNEL, _CALENDAR, _QUEUE, _ALERT_RULE, _TASK)
}
_PLURALS = {f"{kind}s": kind for kind in RESOURCES}


def resource_of(word: str) -> Resource:
    """Return the kind that *word* means, also in the plural.

    Raises:
        Misused: there is no such kind.
    """
    kind = _PLURALS.get(word, word)
    if kind not in RESOURCES:
        listed = ", ".join(RESOURCES)
        raise Misused(
            both(
                f"There is no kind {word!r}; there are: {listed}",
                f"沒有「{word}」這個種類，可用：{listed}",
            )
        )
    return RESOURCES[kind]


def spec_of(resource: Resource, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of something that the API has, without those that say nothing."""
    spec: dict[str, Any] = {}
    for name in resource.fields:
        value = found.get(name)
        if value in (None, [], {}, "") or resource.defaults.get(name, _NOTHING) == value:
            continue
        spec[name] = value
    return spec


_NOTHING = object()
