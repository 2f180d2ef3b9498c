"""Take orders from the bus, claim them, start them: never more than there are slots.

    order ──► waiting room ──► claim (one statement per batch) ──► acknowledged ──► running

An order is acknowledged once its run is claimed: from then on the lease, not the message, says who
runs it. What a claim does not return is somebody else's, or over, or taken back; its message is
acknowledged too. What this executor cannot run, but another one can, is given back to the stream;
so are all orders of a claim that fails.

While an operator has this executor closed (`cordon`) it asks for nothing, and what was on its way
goes to others; what runs is not touched.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from nats.aio.msg import Msg

from services.executor import metrics
from services.executor.doors import ANSWERED, Doors
from services.executor.store.leases import LeaseStore
from services.executor.under_way import UnderWay
from services.executor.waiting_room import HOLD, PRIORITIES, WaitingRoom, deliveries
from shared.bus.middleware import bury
from shared.contracts.runs import RunDue

#: Orders per claim.
BATCH = 200
REST = timedelta(seconds=1)
#: Pause before a returned order is delivered again, in seconds.
RETURN_DELAY = 1.0
#: The same for what came while an operator has this executor closed.
CORDON_DELAY = 0.2
#: The same for what another executor is to run: at first, and when nobody has taken it for long.
FOREIGN_DELAY, FOREIGN_DELAY_MAX = 0.3, 5.0
FOREIGN_TRIES = 8

log = logging.getLogger(__name__)


def read_order(data: bytes) -> tuple[UUID, int]:
    """Return the run and the attempt that an order names.

    Raises:
        ValueError: it is no order of ours.
    """
    due = RunDue.decode(data)
    return due.run_id, due.attempt


class Intake:
    """The incoming side of one executor. `step` is run by a Loop and woken by each order."""

    def __init__(self, *, slots: int, leases: LeaseStore, under_way: UnderWay) -> None:
        self._slots = slots
        self._leases = leases
        self._under_way = under_way
        self._waiting = WaitingRoom()
        self._draining = False
        self.is_cordoned = False
        """An operator wants nothing to be taken, until further notice."""
        self.claims_begun = self.claims_ended = 0
        self.doors: Doors | None = None
        self.wake: Callable[[], None] = lambda: None
        under_way.on_over = self._over

    def _over(self) -> None:
        self.wake()

    def arrived(self, message: Msg, priority: int) -> None:
        """Take an order from the bus."""
        self._waiting.add(message, priority, asyncio.get_running_loop().time())
        self.wake()

    async def step(self) -> timedelta:
        """Claim and start what waits, then ask for as much as there is room for."""
        while self._waiting and not self._is_closed and self._free > 0:
            await self._start_some()
        asks_again = await self._ask()
        if self._is_closed:
            await self._return_waiting()
        elif asks_again:
            return timedelta(seconds=ANSWERED)
        else:
            stale = self._waiting.take_stale(asyncio.get_running_loop().time())
            await self._give_back(stale, delay=None)
        return timedelta(seconds=HOLD) if self._waiting else REST

    async def _start_some(self) -> None:
        """Start the best of what waits, unless something better is on its way."""
        if self.doors is None:
            await self._claim_batch(PRIORITIES[-1])
            return
        if self.doors.may_start() < self._waiting.best:
            await self._ask()
        worst = self.doors.may_start()
        if worst < self._waiting.best:
            await self.doors.news()
        else:
            await self._claim_batch(worst)

    async def _ask(self) -> bool:
        if self._is_closed or self.doors is None:
            return False
        return await self.doors.ask(free=self._free, waiting=self._waiting)

    def cordon(self, *, is_closed: bool) -> None:
        """Take nothing more, or take orders again."""
        if is_closed != self.is_cordoned:
            self.is_cordoned = is_closed
            log.info("closed by an operator" if is_closed else "opened by an operator")
            self.wake()

    @property
    def _is_closed(self) -> bool:
        return self._draining or self.is_cordoned

    @property
    def _free(self) -> int:
        return self._slots - self._under_way.running

    async def _claim_batch(self, worst: int) -> None:
        orders: list[tuple[UUID, int]] = []
        good: list[Msg] = []
        for message in self._waiting.take(min(BATCH, self._free), worst=worst):
            try:
                orders.append(read_order(message.data))
                good.append(message)
            except ValueError as error:
                if not await bury(message, error):
                    await self._give_back([message])
        self.claims_begun += 1
        try:
            claimed = await self._leases.claim(
                orders, no_last_chance=self._under_way.has_last_chance
            )
            if self._is_closed:  # since the claim was sent: too late to start anything
                await self._leases.release([(run.run_id, run.attempt) for run in claimed])
                claimed = []
            place = {order: number for number, order in enumerate(orders)}
            for run in sorted(claimed, key=lambda run: place[run.run_id, run.attempt]):
                self._under_way.start(run)
        except BaseException:
            await self._give_back(good)
            raise
        finally:
            self.claims_ended += 1
        missing = set(orders).difference((run.run_id, run.attempt) for run in claimed)
        foreign = await self._foreign(missing) if missing else set[tuple[UUID, int]]()
        metrics.CLAIMED.inc(len(claimed))
        metrics.CLAIMS_FOREIGN.inc(len(foreign))
        metrics.CLAIMS_LOST.inc(len(missing) - len(foreign))
        for order, message in zip(orders, good, strict=True):
            if order in foreign:
                await self._give_back([message], delay=_foreign_delay(message))
                continue
            # Without waiting: an acknowledgement that gets lost brings the order back, and the
            # claim turns it away.
            if not message._ackd:  # noqa: SLF001 - nats-py has no public word for it
                await message.ack()

    async def _foreign(self, missing: set[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
        try:
            return await self._leases.foreign(list(missing))
        except Exception:
            log.exception("giving back all orders that were not claimed")
            return missing

    async def close(self) -> None:
        """Take nothing more; what has come and waits goes to others."""
        self._draining = True
        if self.doors is not None:
            await self.doors.close()
        await self._return_waiting()

    async def _return_waiting(self) -> None:
        # One that others are to have at once; but an order that nobody else takes would come back
        # here as long as the stream still has an open request of ours.
        delay = None if self._draining else CORDON_DELAY
        await self._give_back(self._waiting.take_all(), delay=delay)

    async def _give_back(self, batch: list[Msg], delay: float | None = RETURN_DELAY) -> None:
        for message in batch:
            # If even this fails, the stream takes them back by itself after `ack_wait`.
            with contextlib.suppress(Exception):
                if not message._ackd:  # noqa: SLF001 - as above
                    await message.nak(delay=delay)


def _foreign_delay(message: Msg) -> float:
    """Return the pause after which another executor is asked, longer once many have been."""
    in_vain = max(0, deliveries(message.reply) - FOREIGN_TRIES)
    growth: float = 1.5 ** min(in_vain, 20)
    return min(FOREIGN_DELAY * growth, FOREIGN_DELAY_MAX)
