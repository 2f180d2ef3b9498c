"""Let runs go that wait to be admitted, as soon as the rules allow it.

One transaction takes the lock of the line, reads who waits and what is live, decides with
`services.scheduler.admission`, and writes; the orders follow the commit. Another scheduler that
finds the lock taken has nothing to do.

    a run ended (`task.finished`, a hint) ─┐
    something was held by us ──────────────┼──► one round ──► orders, runs to stop
    a held run's time has come ────────────┘

Runs that are to be stopped are told so before the decisions are committed: if that fails, nothing
was decided, and if the commit fails, they were to be stopped all the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from uuid import UUID

from services.scheduler.admission import decide
from services.scheduler.store.admission import PAGE, AdmissionStore
from shared.bus.due import Dispatcher
from shared.contracts.cancel import CancelRequest

#: While something is held: limits, pauses and what other schedulers do are noticed this soon.
LONGEST_REST = timedelta(milliseconds=250)
SHORTEST_REST = timedelta(milliseconds=5)
#: While nothing is held.
IDLE_REST = timedelta(seconds=1)
#: How often runs that no executor claims are looked at.
EXPIRE_EVERY = timedelta(seconds=1)

Stop = Callable[[CancelRequest], Awaitable[object]]

log = logging.getLogger(__name__)


class Admitter:
    """One step: one round."""

    def __init__(self, store: AdmissionStore, dispatcher: Dispatcher, stop: Stop) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._stop = stop
        self._skip = 0
        self._expired_at = 0.0
        self.is_holding = True
        """False: nothing was held when we last looked, so that the end of a run changes nothing."""

    async def step(self) -> timedelta:
        """Admit what may run now; return how long nothing is going to change by itself."""
        began = asyncio.get_running_loop().time()
        if began - self._expired_at >= EXPIRE_EVERY.total_seconds():
            self._expired_at = began
            if expired := await self._store.expire():
                log.info("%d runs expired before an executor had them", expired)
        seconds = await self._store.seconds_until_ripe()
        self.is_holding = seconds is not None
        if seconds is None:
            return IDLE_REST
        if seconds <= 0:
            admitted = await self._round()
            await self._dispatcher.announce(admitted)
            took = timedelta(seconds=asyncio.get_running_loop().time() - began)
            # A long line must not keep us from everything else.
            return max(SHORTEST_REST, took) if admitted else max(LONGEST_REST, took)
        return min(max(timedelta(seconds=seconds), SHORTEST_REST), LONGEST_REST)

    async def _round(self) -> list[str]:
        async with self._store.pool.acquire() as connection, connection.transaction():
            if not await self._store.lock(connection):
                return []
            found = await self._store.read(connection, self._skip)
            # The end of a long line is looked at page by page, its beginning each time.
            self._skip = max(self._skip, PAGE) + PAGE if found.is_full else 0
            verdict = decide(found.candidates, found.situation)
            await self._stop_all(verdict.cancels)
            return await self._store.write(connection, found.candidates, verdict.decisions)

    async def _stop_all(self, cancels: Mapping[UUID, str]) -> None:
        by_reason: defaultdict[str, list[UUID]] = defaultdict(list)
        for run_id, reason in cancels.items():
            by_reason[reason].append(run_id)
        for reason, run_ids in by_reason.items():
            await self._stop(CancelRequest(run_ids=tuple(run_ids), reason=reason))
