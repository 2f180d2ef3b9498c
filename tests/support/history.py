"""What is known about one run of the system: what we asked for, and what others have seen of it.

Records without behaviour. `load.py` notes what it asked for, `witness.py` reads what happened,
`checker.py` judges both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.support import cron_oracle

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVER = datetime(3000, 1, 1, tzinfo=UTC)

#: All fires after the first instant and up to the second.
Fires = Callable[[datetime, datetime], Iterable[datetime]]


def every(period: timedelta) -> Fires:
    """Return the fires of an interval: whole multiples of it since 1970."""

    def fires(after: datetime, until: datetime) -> Iterable[datetime]:
        at = EPOCH + ((after - EPOCH) // period + 1) * period
        while at <= until:
            yield at
            at += period

    return fires


def cron(expression: str) -> Fires:
    """Return the fires of a cron expression in UTC, by brute force over all seconds."""
    second = timedelta(seconds=1)

    def fires(after: datetime, until: datetime) -> Iterable[datetime]:
        for at in every(second)(after, until):
            if cron_oracle.matches(expression, at.replace(tzinfo=None)):
                yield at

    return fires


def once(at: datetime) -> Fires:
    """Return the only fire there is."""
    return lambda after, until: [at] if after < at <= until else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A task as it was defined, in force from one answer of the API to another.

    Between `sent` and `answered` nobody outside can know which version was in force.
    """

    task_id: UUID
    fires: Fires
    sent_at: datetime
    answered_at: datetime
    replaced_sent_at: datetime = EVER
    replaced_answered_at: datetime = EVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """A row of the ledger."""

    run_id: UUID
    task_id: UUID
    trigger: str
    scheduled_at: datetime
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """A row of the log."""

    run_id: UUID
    task_id: UUID
    status: str
    attempt: int
    started_at: datetime
    completed_at: datetime | None
    error: str = field(default="", compare=False)
    """What the row says went wrong; for the report only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A call that arrived at the sink."""

    run_id: UUID
    attempt: int
    at: datetime
    path: str = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What the harness did to the system, and until when it took."""

    kind: str
    target: str
    began_at: datetime
    ended_at: datetime

    @property
    def ends(self) -> bool:
        """Whether the process was gone afterwards."""
        return self.kind in ("kill -9", "SIGTERM")

    @property
    def excuses_doubles(self) -> bool:
        """Whether actions may be done again: an executor died or froze, or all was forgotten."""
        return self.target.startswith("executor") or self.kind == "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that is known about one run of the system."""

    versions: Sequence[Version]
    ledger: Sequence[Occurrence]
    log: Sequence[LogRow]
    effects: Sequence[Effect]
    read_at: datetime
    faults: Sequence[Fault] = ()
    #: Runs that the API has acknowledged, and when.
    acknowledged: Mapping[UUID, datetime] = field(default_factory=dict)
    #: Tasks whose action the witness cannot see.
    unseen: Collection[UUID] = ()
    #: Tasks whose attempts fail and are followed by others, each of which calls again.
    retried: Collection[UUID] = ()
    #: Tasks whose runs are meant to end badly.
    failing: Collection[UUID] = ()
    #: Runs counted in each task's statistics.
    counted: Mapping[UUID, int] = field(default_factory=dict)
    #: The log as it was read before; what was final must not have changed.
    earlier_log: Sequence[LogRow] = ()
