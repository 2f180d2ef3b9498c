"""What the notifier is told, in one shape, wherever it heard of it.

A run that began or ended may come over the bus or out of the log; an expected run that did not
happen comes out of the ledger. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.contracts.policy import NotifyRule, TaskPolicy
from shared.contracts.runs import RunStatus
from shared.domain.occurrence import Outcome

#: A run that begins so long after it was due is late.
LATE_AFTER = timedelta(seconds=60)

#: Why a schedule is silent no more, though it did not fire again.
TASK_CHANGED = "task.changed"


class Kind(StrEnum):
    """What happened; with the run's id it tells one fact from all others."""

    STARTED = "started"
    ENDED = "ended"
    OUTCOME = "outcome"  # it will not run, and the ledger says why
    LATE = "late"  # it is due and has not begun
    SILENT = "silent"  # it should be in the ledger and is not: no scheduler looked
    HEARD = "heard"  # its task's schedule fires again


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that happened to one run."""

    kind: Kind
    run_id: UUID
    task_id: UUID
    at: datetime
    """When it happened."""
    trigger: str
    scheduled_for: datetime
    due_at: datetime | None = None
    """Later than its nominal time by jitter or a blackout; None: nobody asked."""
    status: RunStatus | None = None
    """How it ended."""
    outcome: Outcome | None = None
    """Why there is no run."""
    reason: str | None = None
    started_at: datetime | None = None
    attempt: int = 0
    error: str | None = None
    result: str | None = None

    @property
    def key(self) -> tuple[UUID, str]:
        """What is remembered once it was judged."""
        return self.run_id, self.kind.value

    @property
    def began_late(self) -> bool:
        """Whether a fire of a schedule began long after it was due."""
        return (
            self.trigger == "schedule"
            and self.attempt == 1
            and self.started_at is not None
            and self.started_at - (self.due_at or self.scheduled_for) > LATE_AFTER
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What of a task decides who is told."""

    id: UUID
    name: str
    notify_on_success: bool = False
    notify_on_failure: bool = True
    recipients: tuple[str, ...] = ()
    creator: str | None = None
    """Told if there are no recipients; None: there is no way to reach them."""
    policy: TaskPolicy = field(default_factory=TaskPolicy)

    @property
    def rules(self) -> tuple[NotifyRule, ...]:
        """Its rules of its own; what the two switches mean is known to `rules.decide`."""
        return self.policy.notify

    @property
    def asked(self) -> frozenset[str]:
        """Every event that one of its rules names."""
        return frozenset(event for rule in self.rules for event in rule.on)

    @property
    def retries(self) -> bool:
        """Whether its runs are tried again, and dead when all tries are used up."""
        return self.policy.retry is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Failures of one class of one task, from the first one until it went well again."""

    id: UUID
    task_id: UUID
    failure_class: str
    opened_at: datetime
    updated_at: datetime
    count: int
    first_run_id: UUID
    last_run_id: UUID
    last_error: str | None = None
    told_at: datetime | None = None
    """None: nobody was told yet."""
    closed_at: datetime | None = None
    closed_by: UUID | None = None
