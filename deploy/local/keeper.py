"""Keeps one unit running: start it, wait for its end, start it again.

    start ──> ready ──> ended ──> back-off ──> start ...
      │         └──> beyond help, stopped ─^
      └───── failed, stopped ──────────────^

It never gives up for good: the reason may go away (a disk that was full), and a system that
silently lacks a part is worse than one that complains. It complains loudly instead.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from deploy.local import leftovers, process
from deploy.local.backoff import Backoff
from deploy.local.logs import Logs
from deploy.local.state import ProcessState

#: From this many failures in a row on we say so, and when we try again.
LOUD_FROM = 3
#: How often a process that lives is asked whether only another start would help it. It must say so
#: twice in a row.
LOOK = timedelta(seconds=1)


class Keeper:
    """One unit and its current process."""

    def __init__(
        self, unit: process.Unit, *, home: Path, logs: Logs, changed: Callable[[], None]
    ) -> None:
        self.unit = unit
        self._home = home
        self._logs = logs
        self._stream = logs.stream(unit)
        self._changed = changed
        self._backoff = Backoff()
        self._process: asyncio.subprocess.Process | None = None  # None: nothing of it runs
        self._pid: int | None = None  # of the last one started
        self._ready_since: float | None = None
        self._starts = 0

    def state(self) -> ProcessState | None:
        """Say how it is; None before its first start."""
        if self._pid is None:
            return None
        return ProcessState(
            name=self.unit.name,
            pid=self._pid,
            ready=self._ready_since is not None,
            restarts=self._starts - 1,
            health_url=self.unit.health_url,
        )

    async def start(self) -> None:
        """Start the unit and wait until it is ready.

        Raises:
            process.StartFailed: it is not; the text tells the user why. Nothing of it runs.
        """
        try:
            started = await self._spawn(await self.unit.prepare())
            await process.wait_ready(self.unit, started)
            await self.unit.opened()
        except Exception as error:
            # Anything at all: a file that cannot be written, a stream that cannot be declared.
            await self.stop()
            raise process.StartFailed(f"{self.unit.name}: {await self._why(error)}") from error
        self._ready_since = asyncio.get_running_loop().time()
        self._changed()

    async def keep(self) -> None:
        """Start it again whenever it ends, until cancelled."""
        while True:
            trouble = await self._end()
            while trouble:
                wait = self._backoff.after_crash(was_ready_for=self._was_ready_for())
                self._ready_since = None
                self._changed()
                self._complain(trouble, wait)
                await asyncio.sleep(wait.total_seconds())
                trouble = await self._start_again()

    async def stop(self) -> None:
        """Stop it and all that it started."""
        if self._process is None:
            return
        self._ready_since = None
        await self._stop_process(self._process)

    async def _stop_process(self, running: asyncio.subprocess.Process) -> None:
        asked = await process.stop(running, by=self.unit.stop_signal, within=self.unit.stop_within)
        if not asked:
            seconds = self.unit.stop_within.total_seconds()
            self._logs.say(f"{self.unit.name} did not stop within {seconds:g} s and was killed")
        self._sweep(running)

    def kill(self) -> None:
        """End it now, because the user is in a hurry."""
        if self._process is not None and self._process.returncode is None:
            process.kill_group(self._process.pid)

    async def _spawn(self, command: process.Command) -> asyncio.subprocess.Process:
        pipe = await self._stream.open()
        try:
            marked = {**command.env, **leftovers.mark(self._home)}
            started = await process.spawn(dataclasses.replace(command, env=marked), output=pipe)
        finally:
            os.close(pipe)
        self._process, self._pid = started, started.pid
        self._starts += 1
        self._changed()
        return started

    async def _end(self) -> str:
        """Wait for the end of the process, or bring it about; say why."""
        if self._process is None:  # only if a start failed, which has been told already
            return ""
        while True:
            try:
                async with asyncio.timeout(LOOK.total_seconds()):
                    code = await self._process.wait()
            except TimeoutError:
                if trouble := await self._beyond_help():
                    await self._stop_process(self._process)
                    return trouble
            else:
                self._sweep(self._process)
                return f"ended with {process.exit_reason(code)}"

    async def _beyond_help(self) -> str:
        if not await self.unit.beyond_help():
            return ""
        await asyncio.sleep(LOOK.total_seconds())
        return await self.unit.beyond_help()

    async def _start_again(self) -> str:
        """Return what is wrong, or nothing."""
        try:
            await self.start()
        except process.StartFailed as error:
            return str(error).removeprefix(f"{self.unit.name}: ")
        self._logs.say(f"{self.unit.name} is back (pid {self._pid})")
        return ""

    def _sweep(self, ended: asyncio.subprocess.Process) -> None:
        """End what it had started itself; two of them must not run side by side.

        Done once and at once: later the number could belong to somebody else.
        """
        self._process = None
        process.kill_group(ended.pid)
        for name in leftovers.end(self._home, instance=self.unit.name):
            self._logs.say(f"ended {name}, left behind by {self.unit.name}")

    def _was_ready_for(self) -> timedelta:
        if self._ready_since is None:
            return timedelta(0)
        return timedelta(seconds=asyncio.get_running_loop().time() - self._ready_since)

    def _complain(self, trouble: str, wait: timedelta) -> None:
        crashes = self._backoff.in_a_row
        if crashes < LOUD_FROM:
            self._logs.say(f"{self.unit.name}: {trouble}; starting it again")
            return
        self._logs.say(
            f"{self.unit.name}: {trouble}\n{self.unit.name} failed {crashes} times in a row; "
            f"next start in {wait.total_seconds():g} s. "
            f"All it said: {self._logs.folder / self.unit.name}.log"
        )

    async def _why(self, error: Exception) -> str:
        """Prefer the unit's own explanation, else give the error and the last output."""
        output = await self._stream.last_words()
        known = self.unit.explain(output)
        return f"did not start: {known}" if known else f"{error}\n{output}".rstrip()
