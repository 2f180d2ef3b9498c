"""Claim runs and start them: never more than there are slots.

    room, and a reason to look ──► claim (one statement takes orders, writes leases) ──► running
               ▲
               └── a hint came (`hints.py`), the last claim brought all it asked for, or a second
                   passed

From the claim on the lease says who runs a run. A claim that brings as much as it asked for is
followed by another one as soon as there is room. After one that brings less nothing is left for
this executor, and it waits for a hint.

While an operator has this executor closed (`cordon`) it claims nothing; what runs is not touched.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from services.executor import metrics
from services.executor.hints import Hints
from services.executor.store.leases import LeaseStore
from services.executor.under_way import UnderWay

#: Runs per claim.
BATCH = 200
#: What no hint came of is found after this.
REST = timedelta(seconds=1)
#: Slots that become free within this many seconds are filled together, or once a quarter is free.
TOGETHER = 0.005

log = logging.getLogger(__name__)


class Intake:
    """The incoming side of one executor. `step` is run by a Loop."""

    def __init__(self, *, slots: int, leases: LeaseStore, under_way: UnderWay) -> None:
        self._slots = slots
        self._leases = leases
        self._under_way = under_way
        self._draining = False
        self.is_cordoned = False
        """An operator wants nothing to be taken, until further notice."""
        self._has_more = True
        self._claimed_at = 0.0
        self.claims_begun = self.claims_ended = 0
        self.hints: Hints | None = None
        self.wake: Callable[[], None] = lambda: None
        under_way.on_over = self._over

    def _over(self) -> None:
        if self._has_more:
            self.wake()

    def told(self) -> None:
        """Receive a hint: there is something to claim."""
        self._has_more = True
        self.wake()

    async def step(self) -> timedelta:
        """Claim and start what there is room for, once; return how long to wait for a reason."""
        if self._is_closed:
            await self._listen(is_open=False)
            return REST
        if self._free <= 0:
            return REST
        since = asyncio.get_running_loop().time() - self._claimed_at
        if not self._has_more and since < REST.total_seconds():
            return REST - timedelta(seconds=since)
        if self._free * 4 < self._slots and since < TOGETHER:
            return timedelta(seconds=TOGETHER - since)
        await self._claim(min(BATCH, self._free))
        return timedelta(0) if self._has_more else REST

    async def _claim(self, most: int) -> None:
        was_listening = self.hints is None or self.hints.is_open
        self._has_more = False  # unless a hint comes during the claim
        self.claims_begun += 1
        try:
            claimed = await self._leases.claim(most, no_last_chance=self._under_way.has_last_chance)
            if self._is_closed:  # since the claim was sent: too late to start anything
                await self._leases.release([(run.run_id, run.attempt) for run in claimed])
                claimed = []
            for run in claimed:
                self._under_way.start(run)
        except BaseException:
            self._has_more = True
            raise
        finally:
            self.claims_ended += 1
            self._claimed_at = asyncio.get_running_loop().time()
        metrics.CLAIMED.inc(len(claimed))
        is_full = len(claimed) == most
        # A hint that came before we subscribed is lost: then one more claim is due.
        self._has_more |= is_full or not was_listening or any(r.is_last_chance for r in claimed)
        await self._listen(is_open=not is_full)

    async def _listen(self, *, is_open: bool) -> None:
        """Receive hints while there is room; else leave them to others."""
        if self.hints is None or self.hints.is_open == is_open:
            return
        if is_open:
            await self.hints.open()
        else:
            await self.hints.close()

    def cordon(self, *, is_closed: bool) -> None:
        """Take nothing more, or claim again."""
        if is_closed != self.is_cordoned:
            self.is_cordoned = is_closed
            log.info("closed by an operator" if is_closed else "opened by an operator")
            self.told()

    @property
    def _is_closed(self) -> bool:
        return self._draining or self.is_cordoned

    @property
    def _free(self) -> int:
        return self._slots - self._under_way.running

    async def close(self) -> None:
        """Take nothing more."""
        self._draining = True
        await self._listen(is_open=False)
