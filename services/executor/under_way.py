"""The attempts under way in this process: started, stopped, given up.

    start ──► runs ──► over
               │ stop, lost lease, time is up, leave: told to stop
               ▼
             stops ──► over
               │ still there after the grace
               ▼
              deaf: its lease is kept, and this process ends

Only the end of the process proves that a deaf action is not at work any more. So until a moment
before that its run does not end, nor does anybody else get its lease.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from services.executor import metrics
from services.executor.attempt import Attempt, Progress
from services.executor.claimed import ClaimedRun
from services.executor.runner import Runner, why_stopped
from services.executor.store.leases import LeaseStore

#: Who waits for attempts to end looks this often whether one has been given up, in seconds.
GLANCE = 1.0

log = logging.getLogger(__name__)


class _Running(NamedTuple):
    attempt: Attempt
    task: asyncio.Task[None]


class UnderWay:
    """What runs here."""

    def __init__(self, leases: LeaseStore, runner: Runner) -> None:
        self._leases = leases
        self._runner = runner
        self._running: dict[UUID, _Running] = {}
        self._astray: set[_Running] = set()  # lost their leases, and have not stopped yet
        self.on_over: Callable[[], None] = lambda: None
        self.on_deaf: Callable[[], None] = lambda: None

    @property
    def running(self) -> int:
        """How many slots are taken."""
        return len(self._running) + len(self._astray)

    @property
    def has_last_chance(self) -> bool:
        """Whether what may be killing executors runs here."""
        return any(
            each.attempt.run.is_last_chance for each in (*self._running.values(), *self._astray)
        )

    def held(self) -> list[tuple[UUID, int]]:
        """Return the attempts whose leases must be kept alive."""
        return [each.attempt.key for each in self._running.values() if not each.attempt.is_over]

    def progress(self) -> dict[tuple[UUID, int], Progress]:
        """Return how far those attempts say that they are that say anything."""
        attempts = [each.attempt for each in self._running.values()]
        return {each.key: each.progress for each in attempts if each.progress is not None}

    def start(self, run: ClaimedRun) -> None:
        """Begin with an attempt that this executor has the lease of."""
        if (old := self._running.get(run.run_id)) is not None:
            self._set_astray(old)  # our own lease ran out, and we got the next attempt, too
        attempt = Attempt(run)
        task = asyncio.create_task(self._runner.run(attempt))
        running = self._running[run.run_id] = _Running(attempt, task)
        task.add_done_callback(lambda _: self._over(running))

    def _over(self, running: _Running) -> None:
        run_id = running.attempt.run.run_id
        self._astray.discard(running)
        if self._running.get(run_id) is running:
            del self._running[run_id]
        if running.task.cancelled():
            ending = why_stopped(running.attempt)
            if ending is not None:  # before its first step
                self._runner.end(running.attempt, ending)
        elif error := running.task.exception():
            about = running.attempt.about()
            log.error("run ended without a result: %r", error, exc_info=error, extra=about)
        self.on_over()

    def lost(self, attempts: Collection[tuple[UUID, int]]) -> None:
        """Stop attempts whose lease a later attempt has now."""
        for run_id, _ in set(attempts).intersection(self.held()):
            self._set_astray(self._running[run_id])

    def _set_astray(self, running: _Running) -> None:
        log.warning("lease lost; stopping the run", extra=running.attempt.about())
        metrics.LEASES_LOST.inc()
        running.attempt.is_lost = True
        del self._running[running.attempt.run.run_id]
        self._astray.add(running)
        _tell(running)

    def stop(self, run_id: UUID, reason: str) -> None:
        """Stop a run because somebody wants it; it ends as cancelled, unless it has ended."""
        found = self._running.get(run_id)
        if found is None or found.attempt.stop_reason is not None or found.attempt.is_over:
            return
        log.info("stopping a run: %s", reason, extra=found.attempt.about())
        found.attempt.stop_reason = reason
        _tell(found)

    def give_up_deaf(self, now: float, grace: float) -> None:
        """Tell those once more that were told to stop *grace* ago; give up who was told twice."""
        for each in [*self._running.values(), *self._astray]:
            attempt = each.attempt
            if attempt.is_deaf or not attempt.is_overdue(now, grace):
                continue
            if not attempt.told_again:
                attempt.told_again = True
                each.task.cancel()  # `asyncio.wait_for` can keep a cancellation to itself
                continue
            attempt.is_deaf = True
            metrics.DEAF.labels(attempt.run.action).inc()
            log.error(
                "action %s does not stop; this executor ends, to be started afresh",
                attempt.run.action,
                extra=attempt.about(),
            )
            self.on_deaf()

    async def leave(self, patience: timedelta, grace: timedelta) -> bool:
        """Let runs end, hand back what does not end in time; return whether any goes on.

        Who goes on keeps its lease; see `last_words`.
        """
        await self._wait(patience.total_seconds())
        unfinished = [*self._running.values(), *self._astray]
        if not unfinished:
            return False
        log.warning("handing back %d unfinished runs", len(unfinished))
        for each in unfinished:
            _tell(each)
        await self._wait(grace.total_seconds())
        for each in unfinished:
            each.task.cancel()  # once more, as in `give_up_deaf`
        await self._wait(GLANCE)
        # Not those that ended at the last moment all the same: their results are on the way.
        await self._hand_back(each for each in unfinished if each.task.cancelled())
        return any(not each.task.done() for each in unfinished)

    async def _wait(self, seconds: float) -> None:
        """Wait for the end of all that are not deaf."""
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        while (left := until - clock()) > 0:
            live = [*self._running.values(), *self._astray]
            tasks = [each.task for each in live if not each.attempt.is_deaf]
            if not tasks:
                return
            await asyncio.wait(tasks, timeout=min(left, GLANCE))

    async def last_words(self) -> None:
        """Write down the ends of those that go on, or hand them back: this process is over."""
        left = list(self._running.values())
        without_end: list[_Running] = []
        for each in left:
            ending = why_stopped(each.attempt, deaf=True)
            if ending is not None:
                self._runner.end(each.attempt, ending)
            else:
                without_end.append(each)
        await self._hand_back(without_end)

    async def _hand_back(self, unfinished: Iterable[_Running]) -> None:
        attempts = [each.attempt.key for each in unfinished if each.attempt.has_a_say]
        try:
            await self._leases.release(attempts)
        except Exception:
            log.exception("not handed back; the leases will run out by themselves")


def _tell(running: _Running) -> None:
    """Tell an action to stop; the grace counts from the first time."""
    if running.attempt.told_at is None:
        running.attempt.told_at = asyncio.get_running_loop().time()
    running.task.cancel()
