"""Who waits to be admitted, what there is by now, and what can be decided: the nouns of admission.

Values without behaviour; `admission.py` decides with them, `store/admission.py` reads and writes
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, get_args
from uuid import UUID

from shared.contracts.policy import Overlap, RateLimit, TaskPolicy
from shared.domain.occurrence import Outcome

#: Why a run waits, where admission says so (`retry`, `snooze`, `throttle`, `debounce` are others').
Reason = Literal["paused_all", "queue_paused", "overlap", "rate_limit", "concurrency", "lock"]
REASONS = frozenset(get_args(Reason))

Conflict = Literal["wait", "skip", "supersede"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A held run. The keys of its policy are rendered already."""

    run_id: UUID
    task_id: UUID
    due_at: datetime
    scheduled_for: datetime
    trigger: str
    queue: str
    priority: int
    overlap: Overlap
    policy: TaskPolicy
    attempt: int = 1
    key: str = ""
    """Of its concurrency; empty: the task itself."""
    locks: tuple[tuple[str, Conflict], ...] = ()
    key_params: str | None = None
    """What its keys were rendered from, if they depend on parameters; JSON."""
    waits_for: str | None = None
    not_before: datetime | None = None
    ahead: int = 0
    """Runs of its task that have waited for longer and are no candidates of this round."""

    @property
    def has_begun(self) -> bool:
        """True if an attempt of it ended: it may be made to wait, but never be dropped."""
        return self.attempt > 1

    @property
    def is_new(self) -> bool:
        """True if nobody has found so far that it must wait."""
        return self.waits_for not in REASONS and not self.has_begun

    @property
    def age(self) -> tuple[datetime, datetime, UUID]:
        """What orders runs from old to new."""
        return self.due_at, self.scheduled_for, self.run_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A run that was let go and has not ended, or waits for its next attempt."""

    run_id: UUID
    task_id: UUID
    since: datetime
    key: str = ""
    locks: frozenset[str] = frozenset()
    cancelling: bool = False
    between_attempts: bool = False
    """It takes no slot and no lock just now, but its task is not free either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """At most so many starts within any period."""

    limit: int
    period: timedelta

    @classmethod
    def of(cls, rule: RateLimit) -> Rate:
        """Return the rate that a policy lays down."""
        return cls(limit=rule.limit, period=timedelta(seconds=rule.period_seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRule:
    """What is laid down for a queue."""

    paused: bool = False
    concurrency: int | None = None
    rate: Rate | None = None
    max_depth: int | None = None
    """Runs that may wait in it."""
    waiting: int = 0
    """Runs that were found to have to wait in it, before this round; known if there is a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What there is at a moment, as far as it concerns the candidates."""

    now: datetime
    paused: bool = False
    queues: Mapping[str, QueueRule] = field(default_factory=dict)
    live: Sequence[Live] = ()
    live_in_queue: Mapping[str, int] = field(default_factory=dict)
    task_starts: Mapping[UUID, Sequence[datetime]] = field(default_factory=dict)
    """Of tasks with a rate: when runs started, oldest first; at least the last `limit` of them."""
    queue_starts: Mapping[str, Sequence[datetime]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Admit:
    """It may run now."""


@dataclass(frozen=True, slots=True)
class Wait:
    """It stays where it is."""

    reason: Reason
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """It will never run."""

    outcome: Outcome
    reason: str


Decision: TypeAlias = Admit | Wait | Drop


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is decided about each candidate that was judged, and which live runs are to stop."""

    decisions: Mapping[UUID, Decision]
    cancels: Mapping[UUID, str]
    """Why, by run."""
