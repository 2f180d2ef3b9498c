"""The one way to do something again and again.

A background worker is a *step* — one bounded piece of work that returns how long to rest — plus
this driver, which owns what is the same for all of them: pacing, waking early, surviving errors,
stopping between steps and never inside one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from shared.runtime.metrics import LOOP_FAILURES, LOOP_LAST_SUCCESS, LOOP_STEP_SECONDS

Step = Callable[[], Awaitable[timedelta]]

#: Rests after one, two, three … errors in a row; the last one repeats. Short, because the usual
#: error is a server that restarts, and nothing may be more than 3 s late after that.
RESTS_AFTER_ERRORS = [timedelta(seconds=s) for s in (0.1, 0.2, 0.5, 1, 2)]

log = logging.getLogger(__name__)


class Loop:
    """Runs *step* until stopped, resting between steps as long as the step asks."""

    def __init__(self, name: str, step: Step) -> None:
        self.name = name
        self._step = step
        self._stopping = False
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self.last_success: float | None = None
        """Event-loop time of the last step that did not fail; readiness is judged by it."""
        self._seconds = LOOP_STEP_SECONDS.labels(name)
        self._failures = LOOP_FAILURES.labels(name)
        self._succeeded = LOOP_LAST_SUCCESS.labels(name)

    def wake(self) -> None:
        """Cut the current rest short. Wake-ups coalesce: many calls, one extra step."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the step in hand, then return from `run`."""
        self._stopping = True
        self._wake.set()
        self._stop.set()

    async def run(self) -> None:
        """Step and rest until `stop` is called."""
        failures = 0
        while not self._stopping:
            # Cleared before the step, not after: a wake-up that arrives while the step runs may
            # be about work the step has already looked past.
            self._wake.clear()
            begun = time.perf_counter()
            try:
                rest = await self._step()
                failures = 0
                self.last_success = asyncio.get_running_loop().time()
                self._seconds.observe(time.perf_counter() - begun)
                self._succeeded.set(time.time())
            except Exception as error:
                self._seconds.observe(time.perf_counter() - begun)
                self._failures.inc()
                rest = RESTS_AFTER_ERRORS[min(failures, len(RESTS_AFTER_ERRORS) - 1)]
                failures += 1
                # The first failure is told in full, a series of the same only by its name.
                log.error(  # noqa: TRY400 - a series of one error needs one traceback
                    "%s: step failed %d times in a row: %r",
                    self.name,
                    failures,
                    error,
                    exc_info=failures == 1,
                )
                # A wake-up must not cut this short, or whoever wakes sets the pace of an outage.
                await self._rest(rest, self._stop)
            else:
                await self._rest(rest, self._wake)

    async def _rest(self, rest: timedelta, until: asyncio.Event) -> None:
        if self._stopping or rest <= timedelta(0):
            await asyncio.sleep(0)  # a busy loop must still let others run
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(rest.total_seconds()):
                await until.wait()
