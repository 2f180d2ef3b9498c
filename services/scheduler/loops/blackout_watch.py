"""Let runs that wait for the end of a blackout follow their calendars.

A freeze may be lifted early, or made longer: what was held until its end then starts at once, or
goes on waiting. It is judged by the calendars and the policies as they are now.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from services.scheduler.blackouts import dark_until
from services.scheduler.store import blackouts as store
from services.scheduler.store.gates import GateStore
from shared.db.pool import Pool

INTERVAL = timedelta(seconds=1)


class BlackoutWatch:
    """One step: look at all that waits so."""

    def __init__(self, pool: Pool, gates: GateStore, *, wake_admitter: Callable[[], None]) -> None:
        self._pool = pool
        self._gates = gates
        self._wake_admitter = wake_admitter

    async def step(self) -> timedelta:
        """Move what is to start at another time than it was to."""
        async with self._pool.acquire() as connection:
            held = await store.held(connection)
            if not held:
                return INTERVAL
            calendars = await self._gates.calendars(connection)
            moved = {
                each.run_id: until
                for each in held
                if (until := dark_until(each.policy, calendars, each.now) or each.now)
                != each.due_at
                and max(until, each.due_at) > each.now
            }
            if moved:
                await store.move(connection, moved)
        if moved:
            self._wake_admitter()
        return INTERVAL
