"""Starts everything in order, keeps it running, stops it in reverse order.

    servers ──> (migrate, token, provision) ──> api ──> schedulers ──> executors ──> log writer

A *stage* is a list of units that start together, followed by what must be done before the next
stage may start. Within a stage nothing depends on anything else.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from deploy.local import leftovers, process
from deploy.local.guard import Guard
from deploy.local.home import Home
from deploy.local.keeper import Keeper
from deploy.local.logs import Logs
from deploy.local.state import ProcessState

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

#: Before another guard is started if one ends: somebody killed it, or it cannot run at all.
GUARD_REST = timedelta(seconds=1)

#: Before what could not be written down is tried again: a disk that was full has room some time.
NOTED_AGAIN = timedelta(seconds=2)


async def nothing() -> None:
    """Follow a stage that needs no more."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Units that start together, and what follows."""

    units: Sequence[process.Unit]
    then: Callable[[], Awaitable[None]] = nothing


class Supervisor:
    """One run of the system, in a home that this process has taken."""

    def __init__(
        self,
        home: Home,
        logs: Logs,
        stages: Sequence[Stage],
        *,
        changed: Callable[[Sequence[ProcessState]], None],
        ready: Callable[[], None],
    ) -> None:
        self._home = home
        self._logs = logs
        self._stages = stages
        self._changed = changed
        self._ready = ready
        self._keepers: list[Keeper] = []
        self._keeping: list[asyncio.Task[None]] = []
        self._complete = False
        self._unnoted: asyncio.TimerHandle | None = None
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Start, keep running until a stop signal, stop.

        Raises:
            process.StartFailed: something did not come up; all is stopped again.
        """
        # Before the first child: a signal that came in between would leave it behind.
        for signal_ in STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(signal_, self._asked_to_stop)
        for name in leftovers.end(self._home.path):
            self._logs.say(f"ended {name}, left behind by an earlier run")
        guard = asyncio.create_task(self._keep_guard())
        starting = asyncio.create_task(self._start())
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                await starting
                await stopping
        finally:
            await _cancel(starting, stopping)
            await self._stop_all()
            await _cancel(guard)

    async def _start(self) -> None:
        for stage in self._stages:
            keepers = [
                Keeper(unit, home=self._home.path, logs=self._logs, changed=self._note)
                for unit in stage.units
            ]
            self._keepers += keepers
            await _start_together(keepers)
            self._keeping += [self._keep(keeper) for keeper in keepers]
            await stage.then()
        self._complete = True
        self._note()
        self._ready()

    def _keep(self, keeper: Keeper) -> asyncio.Task[None]:
        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (error := task.exception()):
                # A mistake in the keeper itself. Better no system than one without a keeper.
                self._logs.say(f"{keeper.unit.name} cannot be kept running: {error!r}")
                self._stop.set()

        task = asyncio.create_task(keeper.keep())
        task.add_done_callback(ended)
        return task

    def _note(self) -> None:
        """Pass the state on, once there is a whole one; if that fails, again later.

        A full disk must not end what runs on it: an old state is the least of its troubles.
        """
        if not self._complete:
            return
        before, self._unnoted = self._unnoted, None
        if before:
            before.cancel()
        states = [keeper.state() for keeper in self._keepers]
        try:
            self._changed([state for state in states if state])
        except OSError as error:
            if not before:
                self._logs.say(f"the state cannot be written down: {error}; trying again")
            loop = asyncio.get_running_loop()
            self._unnoted = loop.call_later(NOTED_AGAIN.total_seconds(), self._note)

    def _asked_to_stop(self) -> None:
        if self._stop.is_set():
            self._logs.say("killing everything")
            for keeper in self._keepers:
                keeper.kill()
        else:
            self._logs.say("stopping; once more to kill everything at once")
            self._stop.set()

    async def _stop_all(self) -> None:
        """Stop in reverse order, each stage at once."""
        self._complete = False
        await _cancel(*self._keeping)
        units = {keeper.unit.name: keeper for keeper in self._keepers}
        for stage in reversed(self._stages):
            keepers = [units[unit.name] for unit in stage.units if unit.name in units]
            await asyncio.gather(*(keeper.stop() for keeper in keepers))

    async def _keep_guard(self) -> None:
        while True:
            guard = await Guard.start(self._home.path)
            try:
                await guard.process.wait()
            finally:
                await guard.dismiss()
            await asyncio.sleep(GUARD_REST.total_seconds())


async def _start_together(keepers: Sequence[Keeper]) -> None:
    try:
        async with asyncio.TaskGroup() as together:
            for keeper in keepers:
                together.create_task(keeper.start(), name=keeper.unit.name)
    except ExceptionGroup as group:
        said = "\n".join(str(error) for error in group.exceptions)
        raise process.StartFailed(said) from group


async def _cancel(*tasks: asyncio.Task[None] | asyncio.Task[bool]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError, Exception):
            await task
