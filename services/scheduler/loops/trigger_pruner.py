"""Forget which events were seen, and what of triggers means nothing any more."""

from __future__ import annotations

from datetime import timedelta

from services.scheduler.store.triggers import TriggerStore
from shared.db.clocks import Clocks

INTERVAL = timedelta(minutes=1)
#: Of each kind.
BATCH = 5_000


class TriggerPruner:
    """One step: one batch of each."""

    def __init__(self, store: TriggerStore, clocks: Clocks) -> None:
        self._store = store
        self._clocks = clocks

    async def step(self) -> timedelta:
        """Delete one batch; come back at once if there is more.

        Raises:
            ClocksDiffer: an event that is no longer known as seen would fire again.
        """
        await self._clocks.agree()
        full = await self._store.prune(BATCH) == BATCH
        return timedelta(0) if full else INTERVAL
