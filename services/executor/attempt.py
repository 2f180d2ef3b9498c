"""One attempt under way in this process, as its runner and the intake share it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.executor.claimed import ClaimedRun
from shared.contracts.runs import RunStarted


@dataclass(slots=True, eq=False)
class Attempt:
    """A claimed run and how it stands here."""

    run: ClaimedRun
    started: RunStarted | None = None
    """Set once it has begun."""
    stop_reason: str | None = None
    """Set once somebody wants it stopped."""
    is_over: bool = False
    """Its end is in the journal: whatever its action still does changes nothing."""

    @property
    def key(self) -> tuple[UUID, int]:
        return self.run.run_id, self.run.attempt
