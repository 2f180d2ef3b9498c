"""A whole local system as its user gets it: `automation up` in a process and a home of its own.

    async with System(env={"AUTOMATION_EXECUTORS": "3"}) as system:
        old = system.kill("executor-1")
        await system.wait_restarted("executor-1", old)

Everything ends with the `async with`; if pytest is killed, Linux tells the supervisor to stop.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import psutil

from deploy.local import leftovers, probe, process
from deploy.local.state import ProcessState, State, read

CHECKOUT = Path(__file__).parents[2]
UP = ("-P", "-m", "deploy.cli", "up")

STARTS_WITHIN = timedelta(seconds=90)
STOPS_WITHIN = timedelta(seconds=60)
POLL = timedelta(milliseconds=20)

Found = TypeVar("Found")

_numbers = itertools.count(1)


async def eventually(look: Callable[[], Found | None], *, within: timedelta, what: str) -> Found:
    """Look again and again until there is something; fail after the deadline."""
    deadline = time.monotonic() + within.total_seconds()
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within.total_seconds():g} s: {what}")
        await asyncio.sleep(POLL.total_seconds())
    return found


class System:
    """One `automation up`."""

    def __init__(
        self,
        *,
        env: Mapping[str, str] | None = None,
        folder: Path | None = None,
        home: Path | None = None,
        program: Sequence[str] = UP,
        python: str = sys.executable,
        user: str | None = None,
    ) -> None:
        # Removed at the end of `async with`, unless it was given: then it is the caller's.
        self._own_folder = None if folder else Path(tempfile.mkdtemp(prefix="automation-"))
        place = folder or self._own_folder
        assert place is not None
        self.home = home or place / "home"
        self.output = place / f"output-{next(_numbers)}"
        self._argv = (python, *program)
        self._launch_options = ("--user", user) if user else ()
        if user:
            shutil.chown(place, user)
        self._env = {
            "AUTOMATION_HOME": str(self.home),
            "AUTOMATION_PORT": "0",
            "AUTOMATION_RUNTIMES": "0",  # costs a start, and few tests keep accounts
            "PYTHONPATH": str(CHECKOUT),
            **(env or {}),
        }
        self.supervisor: asyncio.subprocess.Process | None = None

    @property
    def state(self) -> State:
        """What state.json says now."""
        found = read(self.home / "state.json")
        assert found is not None, f"nothing runs:\n{self.said()}"
        return found

    @property
    def api_url(self) -> str:
        """Where the API is."""
        return self.state.api_url

    @property
    def dsn(self) -> str:
        """Where PostgreSQL is."""
        return self.state.database_url

    @property
    def nats_url(self) -> str:
        """Where NATS is."""
        return self.state.nats_url

    @property
    def token(self) -> str:
        """The admin token."""
        return (self.home / "admin-token").read_text().strip()

    def names(self) -> list[str]:
        """Return the names of all processes."""
        return [each.name for each in self.state.processes]

    def pid(self, name: str) -> int:
        """Return the number of a process."""
        return self._process(name).pid

    def said(self) -> str:
        """Return all that the supervisor has printed."""
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    async def start(self) -> None:
        """Start, and wait until everything is ready (the system says so by state.json)."""
        await self.spawn()
        await eventually(
            self._up_or_ended, within=STARTS_WITHIN, what="state.json after `automation up`"
        )
        if self.supervisor is None or self.supervisor.returncode is not None:
            raise AssertionError(f"`automation up` ended:\n{self.said()}")
        host, _, port = self.api_url.removeprefix("http://").rpartition(":")
        deadline = time.monotonic() + STARTS_WITHIN.total_seconds()
        while (await probe.http_get(int(port), "/readyz", host=host))[0] != probe.OK:
            assert time.monotonic() < deadline, "the API is not ready"
            await asyncio.sleep(POLL.total_seconds())

    async def spawn(self) -> None:
        """Start, and do not wait."""
        command = process.Command(
            argv=("/usr/bin/env", *self._unset(), *self._argv),
            env=self._env,
            death_signal=signal.SIGTERM,
            launch_options=self._launch_options,
        )
        with self.output.open("ab") as output:
            self.supervisor = await process.spawn(command, output=output)

    def kill(self, name: str, by: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to a process; return its number."""
        pid = self.pid(name)
        os.kill(pid, by)
        return pid

    async def wait_restarted(
        self, name: str, old: int, *, within: timedelta = timedelta(seconds=30)
    ) -> int:
        """Wait until a process has another number and is ready; return the number."""

        def look() -> int | None:
            now = self._process(name)
            return now.pid if now.pid != old and now.ready else None

        return await eventually(look, within=within, what=f"{name} is back")

    async def kill_supervisor(self) -> None:
        """Kill -9 of the supervisor alone."""
        assert self.supervisor is not None
        self.supervisor.kill()
        await self.supervisor.wait()

    async def stop(self) -> int:
        """Stop as Ctrl-C does; return the exit code."""
        assert self.supervisor is not None
        await process.stop(self.supervisor, by=signal.SIGINT, within=STOPS_WITHIN)
        assert self.supervisor.returncode is not None
        return self.supervisor.returncode

    def left(self) -> list[str]:
        """Name what is still running in this home, whoever started it."""
        return running_in(self.home)

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        if self.supervisor is not None:
            await self.stop()
        leftovers.end(self.home)
        if self._own_folder:
            shutil.rmtree(self._own_folder, ignore_errors=True)

    def _unset(self) -> list[str]:
        """Keep settings of the developer's shell out of the test."""
        ours = (name for name in os.environ if name.startswith("AUTOMATION_"))
        return [word for name in ours if name not in self._env for word in ("-u", name)]

    def _process(self, name: str) -> ProcessState:
        for each in self.state.processes:
            if each.name == name:
                return each
        raise AssertionError(f"no process {name!r} in {self.names()}")

    def _up_or_ended(self) -> bool:
        assert self.supervisor is not None
        found = read(self.home / "state.json")
        written = found is not None and found.supervisor_pid == self.supervisor.pid
        return written or self.supervisor.returncode is not None


def running_in(home: Path) -> list[str]:
    """Name every process that has to do with a home: by mark, folder or command line."""
    found = []
    for each in psutil.process_iter():
        try:
            if each.status() == psutil.STATUS_ZOMBIE:
                continue
            words = [each.cwd(), *each.cmdline(), each.environ().get(leftovers.MARK, "")]
        except (psutil.Error, OSError):
            continue
        if any(word == str(home) or word.startswith(f"{home}/") for word in words):
            found.append(f"{each.name()} (pid {each.pid})")
    return found
