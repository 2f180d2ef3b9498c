"""One attempt under way in this process, as its runner and the intake share it.

    under way ──► told to stop ──► stopped
                        └─ after the grace: told once more ──► deaf until the process ends

Told to stop is an action whose time is up, whose run somebody cancelled or another executor took
over, and each one when its executor leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.executor.claimed import ClaimedRun
from services.executor.limit import Limit
from services.executor.redaction import Redaction
from shared.runtime.tracing import Trace, trace_id_of


class Progress(NamedTuple):
    """How far an action says that it is."""

    percent: float
    message: str | None
    at: datetime


@dataclass(slots=True, eq=False)
class Attempt:
    """A claimed run and how it stands here."""

    run: ClaimedRun
    started_at: datetime | None = None
    """Set once it has begun."""
    limit: Limit | None = None
    """Set once its action has begun."""
    progress: Progress | None = None
    stop_reason: str | None = None
    """Set once somebody wants it stopped."""
    told_at: float | None = None
    """By the event loop's clock, when it was told to stop for another reason than its time."""
    told_again: bool = False
    is_deaf: bool = False
    """It did not stop; nobody waits for it any more."""
    is_lost: bool = False
    """A later attempt has its lease."""
    is_over: bool = False
    """Its end is in the journal: whatever its action still does changes nothing."""
    trace: Trace | None = None
    """Its span; None: it is not traced."""
    redaction: Redaction = field(default_factory=Redaction)
    """The secrets that it has read: nothing that it says may hold them."""

    @property
    def key(self) -> tuple[UUID, int]:
        return self.run.run_id, self.run.attempt

    def about(self) -> dict[str, str]:
        """The fields of every log line that is about it."""
        trace_id = trace_id_of(self.traceparent)
        return {
            "run_id": str(self.run.run_id),
            "task_id": str(self.run.task_id),
            "attempt": str(self.run.attempt),
            **({"trace_id": trace_id} if trace_id else {}),
        }

    @property
    def traceparent(self) -> str | None:
        """What is handed on of its trace."""
        return self.trace.header() if self.trace else self.run.traceparent

    @property
    def has_a_say(self) -> bool:
        """True if what it says still counts."""
        return not (self.is_over or self.is_lost)

    def is_overdue(self, now: float, grace: float) -> bool:
        """Return whether it was told to stop longer than *grace* ago."""
        expired_at = self.limit.expired_at if self.limit else None
        times = [at for at in (self.told_at, expired_at) if at is not None]
        return bool(times) and min(times) + grace <= now
