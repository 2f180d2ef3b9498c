"""What the local system runs, and how one process of it is started and stopped.

A *unit* is one thing that must be running: a server or one of our services. It says what to
execute, when it is ready and how it wants to be stopped; it never starts anything itself.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, Protocol

LAUNCHER = Path(__file__).with_name("launch.py")

#: Between two readiness calls, growing: the servers are up in 10-50 ms, recovery takes longer.
READY_POLL = timedelta(milliseconds=20)
READY_POLL_MAX = timedelta(milliseconds=200)
#: A call that is not answered in this time counts as "not ready yet".
CALL_TIMEOUT = timedelta(seconds=2)
#: After SIGKILL only the kernel is slow; beyond this the process is stuck in it (dead disk).
KILL_TIMEOUT = timedelta(seconds=10)


class StartFailed(Exception):
    """A process did not come up; the text says why and what the user can do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One program to execute."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)  # on top of ours
    #: What Linux sends it when we die. A service with its servers gone has nothing to finish.
    death_signal: signal.Signals = signal.SIGKILL
    launch_options: tuple[str, ...] = ()


class Unit(Protocol):
    """Something that must be running."""

    @property
    def name(self) -> str: ...
    @property
    def health_url(self) -> str:
        """Where it says how it is over HTTP; empty: nowhere."""

    @property
    def routine(self) -> re.Pattern[bytes] | None:
        """Lines that belong into the log file but not onto the screen."""

    @property
    def stop_signal(self) -> signal.Signals: ...
    @property
    def stop_within(self) -> timedelta: ...
    @property
    def ready_within(self) -> timedelta: ...

    async def prepare(self) -> Command:
        """Do what each start needs (first-time set-up, recovery) and say what to execute."""

    async def is_ready(self) -> bool:
        """Make one real call."""

    async def opened(self) -> None:
        """Do what must follow each start, once ready: create a database, provision streams."""

    async def beyond_help(self) -> str:
        """Say why it has to be started again though it lives; nothing: it has not, or not yet."""

    def explain(self, output: str) -> str:
        """Turn the last output of a process that did not come up into a reason."""


async def spawn(command: Command, *, output: IO[bytes] | int) -> asyncio.subprocess.Process:
    """Execute in a session of its own; call this from the main thread.

    The death signal of `launch.py` is tied to the thread that forks, not to the process.
    """
    return await asyncio.create_subprocess_exec(
        *launcher(command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **command.env},
    )


def launcher(command: Command) -> list[str]:
    """Wrap a command in `launch.py`, as a child of this process."""
    return [
        *(sys.executable, "-I", "-S", str(LAUNCHER)),
        *("--parent", str(os.getpid()), "--signal", str(int(command.death_signal))),
        *command.launch_options,
        "--",
        *command.argv,
    ]


async def wait_ready(unit: Unit, process: asyncio.subprocess.Process) -> None:
    """Call the unit until it answers; `StartFailed` if it ends first or takes too long."""
    deadline = asyncio.get_running_loop().time() + unit.ready_within.total_seconds()
    rest = READY_POLL
    while not await unit.is_ready():
        if process.returncode is not None:
            raise StartFailed(f"{unit.name} ended with {exit_reason(process.returncode)}")
        if asyncio.get_running_loop().time() > deadline:
            seconds = unit.ready_within.total_seconds()
            raise StartFailed(f"{unit.name} did not become ready within {seconds:g} s")
        with suppress(TimeoutError):
            async with asyncio.timeout(rest.total_seconds()):
                await process.wait()
        rest = min(rest * 1.5, READY_POLL_MAX)
    if process.returncode is not None:
        # Somebody else answered: another process holds the port.
        raise StartFailed(f"{unit.name} ended with {exit_reason(process.returncode)}")


async def stop(
    process: asyncio.subprocess.Process, *, by: signal.Signals, within: timedelta
) -> bool:
    """Ask, wait, then kill the whole group. True if asking was enough."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.send_signal(by)
    try:
        async with asyncio.timeout(within.total_seconds()):
            await process.wait()
    except TimeoutError:
        kill_group(process.pid)
        with suppress(TimeoutError):
            async with asyncio.timeout(KILL_TIMEOUT.total_seconds()):
                await process.wait()
        return False
    kill_group(process.pid)  # children that it forgot
    return True


def kill_group(leader: int) -> None:
    """Kill what is left of the process group that `launch.py` made for this child."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def exit_reason(returncode: int) -> str:
    """Say how a process ended, in words."""
    if returncode < 0:
        with suppress(ValueError):
            return signal.Signals(-returncode).name
    return f"exit code {returncode}"


async def finish(process: asyncio.subprocess.Process, *, within: timedelta) -> int:
    """Wait for a process that ends by itself; kill it if it does not in time."""
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await process.wait()
    except TimeoutError:
        kill_group(process.pid)
        return await process.wait()
