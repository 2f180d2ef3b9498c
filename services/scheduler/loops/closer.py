"""Do what follows from the ends of runs and of attempts.

- A run that ended, or started nothing: what depends on its task is entered, in the transaction that
  takes the end. That may be an end again, which the next step takes: a failure runs down a chain of
  tasks link by link.
- A run whose attempt failed, or asked to be called again, waits to be admitted for its next one.

Both are read from the database, so nothing here needs a message; executors' `task.finished` only
wakes the loop, so that a dependant or the next run of a full queue starts at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from services.scheduler.dependencies import Dependants
from services.scheduler.entering import Entrance
from services.scheduler.store import run_ends
from services.scheduler.store.ends import EndStore
from shared.bus.due import Dispatcher

INTERVAL = timedelta(seconds=0.5)
#: Ends per transaction.
BATCH = 500


class Closer:
    """One step: prepare what goes on, start what follows."""

    def __init__(
        self,
        ends: EndStore,
        dispatcher: Dispatcher,
        dependants: Dependants,
        entrance: Entrance,
        *,
        wake_admitter: Callable[[], None],
    ) -> None:
        self._ends = ends
        self._dispatcher = dispatcher
        self._dependants = dependants
        self._entrance = entrance
        self._wake_admitter = wake_admitter

    async def step(self) -> timedelta:
        """Follow everything there is; rest for at least as long as it took."""
        begun = asyncio.get_running_loop().time()
        next_attempts = await self._ends.next_attempts()
        await self._dispatcher.announce(next_attempts.queues)
        if next_attempts.held:
            self._wake_admitter()
        while await self._follow():
            pass
        took = timedelta(seconds=asyncio.get_running_loop().time() - begun)
        return max(INTERVAL, took)

    async def _follow(self) -> int:
        async with self._ends.pool.acquire() as connection, connection.transaction():
            ended = await run_ends.take(connection, BATCH)
            entries = await self._dependants.enter(connection, ended)
        await self._dispatcher.announce(self._entrance.committed(entries))
        return len(ended)
