"""Clear away rows of dead executors, results that came too late, and a former version's ends."""

from __future__ import annotations

from datetime import timedelta

from services.executor.store.leases import LeaseStore
from services.executor.store.presence import PresenceStore

INTERVAL = timedelta(seconds=3)
BATCH = 500


class Upkeep:
    """One step: one batch of each."""

    def __init__(self, leases: LeaseStore, presence: PresenceStore, *, keep: timedelta) -> None:
        self._leases = leases
        self._presence = presence
        self._keep = keep

    async def step(self) -> timedelta:
        """Clear away once; come back soon if there is more."""
        await self._presence.forget_silent()
        await self._leases.forget_superseded(self._keep)
        former = await self._leases.settle_former(BATCH)
        return timedelta(0) if former >= BATCH else INTERVAL
