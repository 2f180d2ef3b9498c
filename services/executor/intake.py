"""Take orders from the bus, claim them, start them: never more than there are slots.

    order ──► waiting room ──► claim (one statement per batch) ──► acknowledged ──► running

An order is acknowledged once its run is claimed: from then on the lease, not the message, says who
runs it. What a claim does not return is somebody else's, or over, or taken back; its message is
acknowledged too. If the claim fails, all its orders are given back to the stream.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from nats.aio.msg import Msg

from services.executor.claimed import ClaimedRun
from services.executor.runner import Runner
from services.executor.store.leases import LeaseStore
from shared.bus.middleware import bury
from shared.bus.pull import CreditPull
from shared.contracts.runs import RunDue

#: Orders per claim.
BATCH = 200
REST = timedelta(seconds=1)
#: Pause before a returned order is delivered again, in seconds.
RETURN_DELAY = 1.0
#: How long cancelled actions may take to clean up.
CLEAN_UP = timedelta(seconds=10)

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

    def __init__(self, *, slots: int, leases: LeaseStore, runner: Runner) -> None:
        self._slots = slots
        self._leases = leases
        self._runner = runner
        self._waiting: deque[Msg] = deque()
        self._running: dict[UUID, tuple[int, asyncio.Task[None]]] = {}
        self._draining = False
        self.pull: CreditPull | None = None
        self.wake: Callable[[], None] = lambda: None

    @property
    def running(self) -> int:
        """How many runs are under way."""
        return len(self._running)

    def held(self) -> list[tuple[UUID, int]]:
        """Return the attempts whose leases must be kept alive."""
        return [(run_id, attempt) for run_id, (attempt, _) in self._running.items()]

    def arrived(self, message: Msg) -> None:
        """Take an order from the bus."""
        self._waiting.append(message)
        self.wake()

    async def step(self) -> timedelta:
        """Claim and start what waits, then ask for as much as there is room for."""
        while self._waiting and not self._draining:
            await self._claim_batch()
        if self._draining:
            await self._return_waiting()
        elif self.pull is not None:
            self.pull.take_back_lost_credit()
            room = self._slots - len(self._running) - len(self._waiting) - self.pull.credit
            # Asking costs a message: in small change only when otherwise nothing would come.
            if room >= self._slots // 4 or (room > 0 and self.pull.credit == 0):
                await self.pull.grant(room)
        return REST

    async def _claim_batch(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        orders: list[tuple[UUID, int]] = []
        good: list[Msg] = []
        for message in batch:
            try:
                orders.append(read_order(message.data))
                good.append(message)
            except ValueError as error:
                if not await bury(message, error):
                    await self._give_back([message])
        try:
            claimed = await self._leases.claim(orders)
            if self._draining:  # since the claim was sent: too late to start anything
                await self._leases.release([(run.run_id, run.attempt) for run in claimed])
                claimed = []
        except BaseException:
            await self._give_back(good)
            raise
        for run in claimed:
            self._start(run)
        for message in good:
            # Without waiting: an acknowledgement that gets lost brings the order back, and the
            # claim turns it away.
            if not message._ackd:  # noqa: SLF001 - nats-py has no public word for it
                await message.ack()

    def _start(self, run: ClaimedRun) -> None:
        if run.run_id in self._running:  # our own lease ran out, and we got the next attempt, too
            self.lost({(run.run_id, self._running[run.run_id][0])})
        task = asyncio.create_task(self._runner.run(run), name=f"run {run.run_id}")
        self._running[run.run_id] = (run.attempt, task)
        task.add_done_callback(lambda task: self._over(run, task))

    def _over(self, run: ClaimedRun, task: asyncio.Task[None]) -> None:
        if self._running.get(run.run_id, (0, None))[1] is task:
            del self._running[run.run_id]
        if not task.cancelled() and (error := task.exception()):
            log.error("run %s ended without a result: %r", run.run_id, error, exc_info=error)
        self.wake()

    def lost(self, attempts: set[tuple[UUID, int]]) -> None:
        """Stop attempts whose lease a later attempt has now."""
        for run_id, attempt in attempts.intersection(self.held()):
            log.warning(
                "lease lost; stopping the run",
                extra={"run_id": str(run_id), "attempt": attempt},
            )
            self._running[run_id][1].cancel()

    async def drain(self, patience: timedelta) -> None:
        """Take nothing more, let runs end, hand back what does not end in time."""
        self._draining = True
        if self.pull is not None:
            await self.pull.stop()
        await self._return_waiting()
        if self._running:
            tasks = [task for _, task in self._running.values()]
            await asyncio.wait(tasks, timeout=patience.total_seconds())
        unfinished = {(run_id, *found) for run_id, found in self._running.items()}
        if unfinished:
            log.warning("handing back %d unfinished runs", len(unfinished))
            for _, _, task in unfinished:
                task.cancel()
            await asyncio.wait(
                [task for _, _, task in unfinished], timeout=CLEAN_UP.total_seconds()
            )
            # Not those that ended at the last moment all the same: their results are on the way.
            await self._hand_back(
                [
                    (run_id, attempt)
                    for run_id, attempt, task in unfinished
                    if not task.done() or task.cancelled()
                ]
            )

    async def _hand_back(self, attempts: list[tuple[UUID, int]]) -> None:
        try:
            await self._leases.release(attempts)
        except Exception:
            log.exception("not handed back; the leases will run out by themselves")

    async def _return_waiting(self) -> None:
        batch = list(self._waiting)
        self._waiting.clear()
        await self._give_back(batch, delay=None)

    async def _give_back(self, batch: list[Msg], delay: float | None = RETURN_DELAY) -> None:
        for message in batch:
            # If even this fails, the stream takes them back by itself after `ack_wait`.
            with contextlib.suppress(Exception):
                if not message._ackd:  # noqa: SLF001 - as above
                    await message.nak(delay=delay)
