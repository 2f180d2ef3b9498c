"""Forget what is old enough: settled ledger rows and tombstones of deleted tasks."""

from __future__ import annotations

from datetime import timedelta

from services.scheduler.store.jobs import JobStore
from services.scheduler.store.ledger import LedgerStore
from shared.db.clocks import Clocks

INTERVAL = timedelta(minutes=5)
BATCH = 5000


class Pruner:
    """One step: one batch of each."""

    def __init__(
        self, jobs: JobStore, ledger: LedgerStore, keep: timedelta, clocks: Clocks
    ) -> None:
        self._jobs = jobs
        self._ledger = ledger
        self._keep = keep
        self._clocks = clocks

    async def step(self) -> timedelta:
        """Delete one batch; come back soon if there is more.

        Raises:
            ClocksDiffer: a clock that has jumped ahead would make everything old at once.
        """
        await self._clocks.agree()
        gone = await self._ledger.prune(self._keep, BATCH)
        gone_jobs = await self._jobs.forget_tombstones(BATCH)
        return timedelta(seconds=1) if BATCH in (gone, gone_jobs) else INTERVAL
