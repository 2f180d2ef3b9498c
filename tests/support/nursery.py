"""Processes that are killed at one exact place: Python starts once for all of them.

    nursery = await Nursery.open("tests.integration.actions.doomed")
    child = await nursery.start(OUTPUT="/tmp/output", WHAT="…")
    assert await child.ended() == -signal.SIGKILL

The module's `main` calls `bring_up`: it reads a line with an environment (JSON), runs the rest in a
fork of itself, writes the child's number, and later how it ended. `OUTPUT` names a file for what
the child says. There is one child at a time.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple

from deploy.local import process
from tests.support.system import CHECKOUT

SECONDS = 20.0
PR_SET_PDEATHSIG = 1


class Child(NamedTuple):
    """A process of its own."""

    pid: int
    line: Callable[[], Awaitable[bytes]]

    async def ended(self) -> int:
        """Wait for its end; return its exit code, or the negative signal."""
        return int(await self.line())

    async def kill(self, by: signal.Signals = signal.SIGKILL) -> int:
        """Send it a signal and wait for its end."""
        os.kill(self.pid, by)
        return await self.ended()


class Nursery:
    """Starts children, one after the other."""

    def __init__(self, running: asyncio.subprocess.Process) -> None:
        self._process = running

    @classmethod
    async def open(cls, module: str) -> Nursery:
        """Start Python with a module that brings children up."""
        command = process.Command(argv=(sys.executable, "-P", "-m", module))
        return cls(
            await asyncio.create_subprocess_exec(
                *process.launcher(command),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            )
        )

    async def start(self, **env: str) -> Child:
        """Start a child with this in its environment."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(env)}\n".encode())
        await self._process.stdin.drain()
        return Child(int(await self._line()), self._line)

    async def _line(self) -> bytes:
        assert self._process.stdout is not None
        async with asyncio.timeout(SECONDS):
            return await self._process.stdout.readline()

    async def close(self) -> None:
        """End Python, and the child that there may be."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await process.stop(self._process, by=signal.SIGKILL, within=timedelta(seconds=5))


def bring_up(live: Callable[[], object]) -> None:
    """Let one child after the other live, as told on the standard input."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            os.environ.update(json.loads(line))
            output = os.open(os.environ["OUTPUT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.dup2(output, 2)
            live()
            os._exit(0)
        print(child, flush=True)  # noqa: T201 - that is how it answers
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201
