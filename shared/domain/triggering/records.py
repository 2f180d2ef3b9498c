"""What the parts of the trigger engine hand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from shared.domain.occurrence import Outcome
from shared.domain.trigger import Trigger
from shared.domain.triggering.machines import State

#: Kinds of states.
COUNT, RATE, BATCH, DEBOUNCE, THROTTLE = "count", "rate", "batch", "debounce", "throttle"
#: The key of a trigger without for_each.
WHOLE = "[]"


class Watched(NamedTuple):
    """A task that listens."""

    task_id: UUID
    version: int
    trigger: Trigger


class StateKey(NamedTuple):
    """Where a state lies."""

    task_id: UUID
    kind: str
    key: str


@dataclass(slots=True)
class States:
    """The states of some tasks, and which of them have changed."""

    found: dict[StateKey, State] = field(default_factory=dict)
    changed: set[StateKey] = field(default_factory=set)

    def get(self, key: StateKey) -> State | None:
        return self.found.get(key)

    def put(self, key: StateKey, state: State | None) -> None:
        """Remember *state* under *key*; None: forget it."""
        if state is None:
            if self.found.pop(key, None) is None:
                return
        else:
            self.found[key] = state
        self.changed.add(key)


class Firing(NamedTuple):
    """What a trigger makes of an event: a run, or the reason why there is none."""

    moment: str
    """Tells it from the task's other firings, whoever works it out."""
    at: datetime
    event: Mapping[str, Any]
    """As conditions see it; of a batch the last one, with all of them as `events`."""
    causes: tuple[UUID, ...] = ()
    not_before: datetime | None = None
    outcome: Outcome = Outcome.FIRED
    reason: str | None = None
