"""Bring the ledger together with what really happened.

- A run whose executor went silent (its lease ran out) is ordered again, as its next attempt.
- A run that was let go, of which there is neither an order nor a claim, is ordered.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from services.scheduler import metrics
from services.scheduler.store.ledger import LedgerStore
from shared.bus.due import Dispatcher

INTERVAL = timedelta(seconds=0.5)
#: How often all open runs are looked at, which may be many.
REPAIR_EVERY = timedelta(seconds=2)
BATCH = 2000

log = logging.getLogger(__name__)


class Sweeper:
    """One step: rescue, and now and then repair."""

    def __init__(self, ledger: LedgerStore, dispatcher: Dispatcher) -> None:
        self._ledger = ledger
        self._dispatcher = dispatcher
        self._repaired_at = 0.0

    async def step(self) -> timedelta:
        """Sweep once; rest for at least as long as it took, however much there is to look at."""
        begun = asyncio.get_running_loop().time()
        if expired := await self._ledger.take_expired():
            metrics.RESCUED.inc(len(expired))
            log.warning("%d runs have lost their executor; ordering them again", len(expired))
            await self._dispatcher.announce(expired)
        if begun - self._repaired_at >= REPAIR_EVERY.total_seconds():
            self._repaired_at = begun
            await self._repair()
        took = timedelta(seconds=asyncio.get_running_loop().time() - begun)
        return max(INTERVAL, took)

    async def _repair(self) -> None:
        if lost := await self._ledger.repair(BATCH):
            metrics.REPAIRED.inc(len(lost))
            log.warning("%d runs had neither order nor executor; ordering them", len(lost))
            await self._dispatcher.announce(lost)
