"""Bring the ledger together with what really happened, and repair what got lost.

- A run whose executor went silent (its lease ran out) is ordered again, as its next attempt.
- A run that was taken back while an executor claimed it did fire after all.
- An order that the bus lost is sent again. How is loss told from a long queue? Every order that no
  executor has taken must still lie in the stream. If the stream holds fewer messages than orders
  are waiting, some are gone, and all that wait are sent again: those still there are claimed once
  and ignored afterwards.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from services.scheduler import metrics
from services.scheduler.dispatch import Dispatcher
from services.scheduler.store.ledger import LedgerStore, Waiting

#: This and the grace bound how late a run is whose scheduler died between the commit of its ledger
#: row and its order: together well below the three seconds that are promised.
INTERVAL = timedelta(seconds=0.5)
#: Younger orders may still be on their way to the stream.
GRACE = timedelta(seconds=1)
#: What seems to be missing is looked at once more after this.
SECOND_LOOK = timedelta(milliseconds=300)
PAGE = 1000

log = logging.getLogger(__name__)


class Sweeper:
    """One step: confirm, rescue, repair."""

    def __init__(
        self,
        ledger: LedgerStore,
        dispatcher: Dispatcher,
        due_messages: Callable[[], Awaitable[int]],
        now: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._dispatcher = dispatcher
        self._due_messages = due_messages
        self._now = now

    async def step(self) -> timedelta:
        """Sweep once; rest for at least as long as it took, however much there is to look at."""
        begun = asyncio.get_running_loop().time()
        await self._ledger.confirm_cancelled()
        await self._rescue()
        await self._repair()
        took = timedelta(seconds=asyncio.get_running_loop().time() - begun)
        return max(INTERVAL, took)

    async def _rescue(self) -> None:
        orders = await self._ledger.take_expired()
        if orders:
            metrics.RESCUED.inc(len(orders))
            log.warning("%d runs have lost their executor; ordering them again", len(orders))
            await self._dispatcher.send(orders)

    async def _missing(self) -> int:
        """Return how many orders wait that neither the stream holds nor we are sending."""
        # In this order: an order that is claimed in between counts for the stream, not against it.
        held = await self._due_messages()
        sending = self._dispatcher.under_way
        return await self._ledger.count_unclaimed(GRACE) - sending - held

    async def _repair(self) -> None:
        if await self._missing() <= 0:
            return
        # On a busy machine orders of another scheduler may take longer than the grace.
        await asyncio.sleep(SECOND_LOOK.total_seconds())
        missing = await self._missing()
        if missing <= 0:
            return
        log.warning("%d orders are missing on the bus; sending all that wait again", missing)
        # One id per ten seconds: a repetition within them is dropped by the stream.
        again = f":again:{int(self._now().timestamp()) // 10}"
        last: Waiting | None = None
        while page := await self._ledger.unclaimed(GRACE, last, PAGE):
            metrics.RESENT.inc(len(page))
            if not await self._dispatcher.send([each.order for each in page], again=again):
                return  # the bus is in trouble; the next sweep goes on
            last = page[-1]
