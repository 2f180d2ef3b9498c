"""Tell dependants of fires that started nothing: skipped, taken back, lost upstream.

The ends of runs are noticed by their leases; these have none. Each step hears one batch, which may
leave the next one behind: a failure runs down a chain of tasks link by link, without a rest.
"""

from __future__ import annotations

from datetime import timedelta

from services.scheduler.dependencies import Dependants
from services.scheduler.dispatch import Dispatcher
from services.scheduler.entering import Entrance
from services.scheduler.store.dependencies import take_runless
from shared.db.pool import Pool

INTERVAL = timedelta(seconds=0.5)
#: Ends per transaction.
BATCH = 500


class Propagator:
    """One step: one batch of ends without a run."""

    def __init__(
        self, pool: Pool, dependants: Dependants, entrance: Entrance, dispatcher: Dispatcher
    ) -> None:
        self._pool = pool
        self._dependants = dependants
        self._entrance = entrance
        self._dispatcher = dispatcher

    async def step(self) -> timedelta:
        """Hear one batch; come back at once if there was something."""
        async with self._pool.acquire() as connection, connection.transaction():
            ended = await take_runless(connection, BATCH)
            entries = await self._dependants.enter(connection, ended)
        if queues := self._entrance.committed(entries):
            await self._dispatcher.announce(queues)
        return timedelta(0) if ended else INTERVAL
