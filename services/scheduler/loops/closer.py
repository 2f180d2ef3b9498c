"""Notice how runs ended, by the leases, and do what follows from it.

- A run that ended for good is settled; in the same transaction whatever depends on it is entered.
- A run whose attempt failed, or asked to be called again, waits to be admitted for its next one.

The leases are the truth, so nothing here needs a message; executors' `task.finished` only wakes the
loop, so that a dependant or the next run of a full queue starts at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Protocol

from services.scheduler.dispatch import Dispatcher, queues_of
from services.scheduler.job import Entry
from services.scheduler.store.ends import Ended, EndStore
from shared.db.pool import Connection

INTERVAL = timedelta(seconds=0.5)
#: Runs per transaction.
BATCH = 500


class Dependants(Protocol):
    """What is started by the ends of runs."""

    async def enter(self, connection: Connection, ended: Sequence[Ended]) -> list[Entry]:
        """Write what follows from *ended* into the ledger; return the rows that are new."""


class Closer:
    """One step: settle what ended, prepare what goes on."""

    def __init__(
        self,
        ends: EndStore,
        dispatcher: Dispatcher,
        dependants: Dependants,
        *,
        wake_admitter: Callable[[], None],
    ) -> None:
        self._ends = ends
        self._dispatcher = dispatcher
        self._dependants = dependants
        self._wake_admitter = wake_admitter

    async def step(self) -> timedelta:
        """Close everything there is; rest for at least as long as it took."""
        begun = asyncio.get_running_loop().time()
        next_attempts = await self._ends.next_attempts()
        await self._dispatcher.announce(next_attempts.queues)
        settled = 0
        while (count := await self._settle()) == BATCH:
            settled += count
        if settled + count or next_attempts.held:
            self._wake_admitter()
        took = timedelta(seconds=asyncio.get_running_loop().time() - begun)
        return max(INTERVAL, took)

    async def _settle(self) -> int:
        async with self._ends.pool.acquire() as connection, connection.transaction():
            ended = await self._ends.settle(connection, BATCH)
            entries = await self._dependants.enter(connection, ended) if ended else []
        await self._dispatcher.announce(queues_of(entries))
        return len(ended)
