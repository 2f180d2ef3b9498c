"""A run in an executor's hands."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

#: Attempts that may be lost with their executors before the run counts as what kills them.
MAX_LOST = 5


class ClaimedRun(NamedTuple):
    """One attempt of a run that this executor holds the lease of; columns of the claim."""

    run_id: UUID
    attempt: int
    lost: int
    """Attempts before this one whose executor died; one that stopped in order does not count."""
    task_id: UUID
    trigger: str
    scheduled_for: datetime
    due_at: datetime
    """Not to be started before; a claim may come a moment ahead of it."""
    requested_by: str | None
    missed_count: int
    missed_since: datetime | None
    version: int
    name: str
    action: str
    action_config: str
    timeout_seconds: int
    policy: str = "{}"
    """JSON of `contracts.policy.TaskPolicy`."""
    origin: str | None = None
    """JSON of `contracts.runs.Origin`."""
    failed: int = 0
    """Attempts before this one that failed."""
    cancel_reason: str | None = None
    """Not None: somebody stopped the run before this attempt; it is to end without being begun."""
    traceparent: str | None = None
    """The span of its ledger row (W3C trace context); None: it is not traced."""
    claimed_at: datetime | None = None

    @property
    def is_last_chance(self) -> bool:
        """True if it may be what kills its executors; not beside another one such.

        What was lost together is begun again together. So who kills executors would take with it,
        to the last, whoever happens to run beside it.
        """
        return self.lost == MAX_LOST - 1
