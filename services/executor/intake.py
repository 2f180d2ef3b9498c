"""Take orders from the bus, claim them, start them: never more than there are slots.

    order ──► waiting room ──► claim (one statement per batch) ──► acknowledged ──► running

An order is acknowledged once its run is claimed: from then on the lease, not the message, says who
runs it. What a claim does not return is somebody else's, or over, or taken back; its message is
acknowledged too. What this executor cannot run, but another one can, is given back to the stream;
so are all orders of a claim that fails.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from nats.aio.msg import Msg

from services.executor.attempt import Attempt
from services.executor.claimed import ClaimedRun
from services.executor.doors import Doors
from services.executor.ending import stopped
from services.executor.runner import Runner
from services.executor.store.leases import LeaseStore
from services.executor.waiting_room import HOLD, WaitingRoom, deliveries
from shared.bus.middleware import bury
from shared.contracts.runs import RunDue

#: Orders per claim.
BATCH = 200
REST = timedelta(seconds=1)
#: Pause before a returned order is delivered again, in seconds.
RETURN_DELAY = 1.0
#: The same for what another executor is to run: at first, and when nobody has taken it for long.
FOREIGN_DELAY, FOREIGN_DELAY_MAX = 0.3, 5.0
FOREIGN_TRIES = 8
#: How long cancelled actions may take to clean up.
CLEAN_UP = timedelta(seconds=10)

log = logging.getLogger(__name__)


class _Running(NamedTuple):
    attempt: Attempt
    task: asyncio.Task[None]


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
        self._waiting = WaitingRoom()
        self._running: dict[UUID, _Running] = {}
        self._draining = False
        self.claims_begun = self.claims_ended = 0
        self.doors: Doors | None = None
        self.wake: Callable[[], None] = lambda: None

    @property
    def running(self) -> int:
        """How many runs are under way."""
        return len(self._running)

    def held(self) -> list[tuple[UUID, int]]:
        """Return the attempts whose leases must be kept alive."""
        return [each.attempt.key for each in self._running.values() if not each.attempt.is_over]

    def arrived(self, message: Msg, priority: int) -> None:
        """Take an order from the bus."""
        self._waiting.add(message, priority, asyncio.get_running_loop().time())
        self.wake()

    async def step(self) -> timedelta:
        """Claim and start what waits, then ask for as much as there is room for."""
        while self._waiting and not self._draining and self._free > 0:
            if self.doors is not None:
                await self.doors.answered(self._waiting.best)
            await self._claim_batch()
        if self._draining:
            await self._return_waiting()
        elif self.doors is not None:
            stale = self._waiting.take_stale(asyncio.get_running_loop().time())
            await self._give_back(stale, delay=None)
            await self.doors.ask(free=self._free, waiting=self._waiting)
        return timedelta(seconds=HOLD) if self._waiting else REST

    @property
    def _free(self) -> int:
        return self._slots - len(self._running)

    async def _claim_batch(self) -> None:
        orders: list[tuple[UUID, int]] = []
        good: list[Msg] = []
        for message in self._waiting.take(min(BATCH, self._free)):
            try:
                orders.append(read_order(message.data))
                good.append(message)
            except ValueError as error:
                if not await bury(message, error):
                    await self._give_back([message])
        self.claims_begun += 1
        try:
            claimed = await self._leases.claim(orders)
            if self._draining:  # since the claim was sent: too late to start anything
                await self._leases.release([(run.run_id, run.attempt) for run in claimed])
                claimed = []
            for run in claimed:
                self._start(run)
        except BaseException:
            await self._give_back(good)
            raise
        finally:
            self.claims_ended += 1
        missing = set(orders).difference((run.run_id, run.attempt) for run in claimed)
        foreign = await self._foreign(missing) if missing else set[tuple[UUID, int]]()
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

    def _start(self, run: ClaimedRun) -> None:
        if (old := self._running.get(run.run_id)) is not None:
            self.lost({old.attempt.key})  # our own lease ran out, and we got the next attempt, too
        attempt = Attempt(run)
        task = asyncio.create_task(self._runner.run(attempt), name=f"run {run.run_id}")
        self._running[run.run_id] = _Running(attempt, task)
        task.add_done_callback(lambda task: self._over(attempt, task))

    def _over(self, attempt: Attempt, task: asyncio.Task[None]) -> None:
        run_id = attempt.run.run_id
        if (found := self._running.get(run_id)) is not None and found.task is task:
            del self._running[run_id]
        if task.cancelled():
            if attempt.stop_reason is not None:  # before its first step
                self._runner.end(attempt, stopped(attempt.stop_reason))
        elif error := task.exception():
            log.error("run %s ended without a result: %r", run_id, error, exc_info=error)
        self.wake()

    def lost(self, attempts: Collection[tuple[UUID, int]]) -> None:
        """Stop attempts whose lease a later attempt has now."""
        for run_id, attempt in set(attempts).intersection(self.held()):
            log.warning(
                "lease lost; stopping the run",
                extra={"run_id": str(run_id), "attempt": attempt},
            )
            self._running[run_id].task.cancel()

    def stop(self, run_id: UUID, reason: str) -> None:
        """Stop a run because somebody wants it; it ends as cancelled, unless it has ended."""
        found = self._running.get(run_id)
        if found is None or found.attempt.stop_reason is not None or found.attempt.is_over:
            return
        log.info("stopping a run: %s", reason, extra={"run_id": str(run_id)})
        found.attempt.stop_reason = reason
        found.task.cancel()
        asyncio.get_running_loop().call_later(CLEAN_UP.total_seconds(), self._give_up, found)

    def _give_up(self, running: _Running) -> None:
        """Say the end of a run that does not stop; it keeps its slot for as long as it goes on."""
        attempt = running.attempt
        if running.task.done() or attempt.is_over:
            return
        log.warning(
            "action %s does not stop; its run counts as cancelled, its slot stays taken",
            attempt.run.action,
            extra={"run_id": str(attempt.run.run_id), "attempt": attempt.run.attempt},
        )
        self._runner.end(attempt, stopped(attempt.stop_reason or ""))
        running.task.cancel()  # once more: `asyncio.wait_for` can keep a cancellation to itself

    async def drain(self, patience: timedelta) -> None:
        """Take nothing more, let runs end, hand back what does not end in time."""
        self._draining = True
        if self.doors is not None:
            await self.doors.close()
        await self._return_waiting()
        if self._running:
            tasks = [each.task for each in self._running.values()]
            await asyncio.wait(tasks, timeout=patience.total_seconds())
        unfinished = set(self._running.values())
        if unfinished:
            log.warning("handing back %d unfinished runs", len(unfinished))
            for each in unfinished:
                each.task.cancel()
            tasks = [each.task for each in unfinished]
            await asyncio.wait(tasks, timeout=CLEAN_UP.total_seconds())
            # Not those that ended at the last moment all the same: their results are on the way.
            await self._hand_back(
                [
                    each.attempt.key
                    for each in unfinished
                    if not each.attempt.is_over and (not each.task.done() or each.task.cancelled())
                ]
            )

    async def _hand_back(self, attempts: list[tuple[UUID, int]]) -> None:
        try:
            await self._leases.release(attempts)
        except Exception:
            log.exception("not handed back; the leases will run out by themselves")

    async def _return_waiting(self) -> None:
        await self._give_back(self._waiting.take_all(), delay=None)

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
