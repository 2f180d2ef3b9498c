"""How a program is, asked as often as its config says: ready, well, which script it plays."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from services.account_runtime.probes import Answer, Prober
from services.account_runtime.record import Run, Stop, Why
from shared.contracts.account_config import Health, RuntimeConfig

#: Between two questions to a program that is not ready: soon at first, then less often.
FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.5
#: One that waits for a person is asked so often, in seconds.
LOGIN_PAUSE = 1.0
#: Nothing to ask: its end wakes us.
LONG = timedelta(hours=1)
AT_ONCE = timedelta(0)


class Checkup:
    """The questions to the program of one account."""

    def __init__(self, prober: Prober, folder: Path) -> None:
        self._prober, self._folder = prober, folder
        self._asking: asyncio.Task[tuple[Run, timedelta]] | None = None
        self.begin()

    def begin(self) -> None:
        """Forget what was asked of another program."""
        self.healthy: bool | None = None
        self._failures = 0
        self._pause = FIRST_PAUSE
        self._next = 0.0

    def interrupt(self) -> None:
        """Wait for no answer: there is news, and one that hangs may take a minute."""
        if self._asking:
            self._asking.cancel()

    async def look(self, config: RuntimeConfig, run: Run, now: float) -> tuple[Run, timedelta]:
        """Return the run as it is now, and when to look again; at once, if it is interrupted."""
        asking = self._asking = asyncio.create_task(self._look(config, run, now))
        try:
            await asyncio.wait([asking])
        finally:
            self._asking = None
            asking.cancel()
        return (run, AT_ONCE) if asking.cancelled() else asking.result()

    async def _look(self, config: RuntimeConfig, run: Run, now: float) -> tuple[Run, timedelta]:
        if not run.is_ready:
            return await self._until_ready(config, run, now)
        if self._is_reading(config, run, now):
            return await self._until_it_plays(config, run, now)
        health = config.health
        if health is None:
            return run, LONG
        if now < self._next:
            return run, timedelta(seconds=self._next - now)
        answer = await self._prober.health(health, run)
        self._next = now + health.interval_seconds
        if not answer.is_well and not answer.needs_login:
            return self._unwell(health, run, answer, now + config.stop_grace_seconds), AT_ONCE
        return self._well(run, answer), AT_ONCE

    async def _until_ready(
        self, config: RuntimeConfig, run: Run, now: float
    ) -> tuple[Run, timedelta]:
        answer = await self._prober.ready(config.ready, run, self._folder, now)
        if answer.is_well:
            changes = {"is_ready": True, "needs_login": False, "plays": answer.plays}
            return run.model_copy(update={**changes, "detail": f"port {run.port}"}), AT_ONCE
        if answer.needs_login:
            return self._well(run, answer), timedelta(seconds=LOGIN_PAUSE)
        if run.needs_login:  # from now on it has its time again
            late = now + config.ready.timeout_seconds
            return run.model_copy(update={"needs_login": False, "ready_by": late}), AT_ONCE
        left = run.ready_by - now
        pause = self._longer(left)
        # Its first and its last answer are kept, for whoever asks why it did not get ready.
        if run.detail is None or pause >= left:
            run = run.model_copy(update={"detail": answer.detail})
        return run, timedelta(seconds=pause)

    def _is_reading(self, config: RuntimeConfig, run: Run, now: float) -> bool:
        """Return True while it has been told to read a script and says that it plays another."""
        if config.ready.kind != "http" or run.script is None or run.plays is None:
            return False
        return run.plays != run.script.version and now < run.ready_by

    async def _until_it_plays(
        self, config: RuntimeConfig, run: Run, now: float
    ) -> tuple[Run, timedelta]:
        answer = await self._prober.ready(config.ready, run, self._folder, now)
        if answer.plays is None or answer.plays == run.plays:
            return run, timedelta(seconds=self._longer(LONGEST_PAUSE))
        self._pause = FIRST_PAUSE
        return run.model_copy(update={"plays": answer.plays}), AT_ONCE

    def _well(self, run: Run, answer: Answer) -> Run:
        self.healthy, self._failures = None if answer.needs_login else True, 0
        detail = answer.detail or "somebody must log in"
        seen = run.model_copy(
            update={
                "needs_login": answer.needs_login,
                "detail": detail if answer.needs_login else f"port {run.port}",
                "plays": answer.plays or run.plays,
            }
        )
        return run if seen == run else seen

    def _unwell(self, health: Health, run: Run, answer: Answer, kill_at: float) -> Run:
        self._failures += 1
        if self._failures < health.failures:
            return run
        self.healthy = False
        detail = f"it is not well: {answer.detail}"
        stop = Stop(why=Why.FAILED, kill_at=kill_at, generation=0, detail=detail)
        return run.model_copy(update={"stop": stop, "detail": detail})

    def _longer(self, most: float) -> float:
        pause = min(self._pause, max(most, FIRST_PAUSE))
        self._pause = min(self._pause * 1.5, LONGEST_PAUSE)
        return pause
