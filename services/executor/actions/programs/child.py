"""Run a program for an action: no shell, few variables, no survivors.

Cancelling the caller ends the program and all that it has started, politely first; killing the
executor ends it too (`launch.py`).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")

#: From SIGTERM to SIGKILL; a client of PostgreSQL ends within milliseconds.
POLITE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that has come to its end."""

    returncode: int
    output: str
    errors: str

    @property
    def reason(self) -> str:
        """The last thing it said, or how it ended."""
        last = self.errors.strip().splitlines()[-1:]
        return last[0] if last else f"it ended with {self.returncode}"

    @property
    def error(self) -> str:
        """The first error it told: what follows is where in the text it was."""
        errors = [line for line in self.errors.splitlines() if "error:" in line.lower()]
        return errors[0] if errors else self.reason


async def run(argv: Sequence[str], *, env: Mapping[str, str]) -> Finished:
    """Run to the end; must be called from the thread that lives as long as the process.

    (The death signal in `launch.py` follows the death of the *thread* that has forked.)
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid())),
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(env),
    )
    try:
        output, errors = await process.communicate()
    except BaseException:
        # Shielded: a second cancellation must not leave the program behind.
        await asyncio.shield(_end(process))
        raise
    assert process.returncode is not None  # noqa: S101 - communicate() has waited for it
    return Finished(
        process.returncode, output.decode(errors="replace"), errors.decode(errors="replace")
    )


@asynccontextmanager
async def started(
    argv: Sequence[str], *, env: Mapping[str, str], limit: int
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Give a program to speak with, through pipes; it ends with the block. As `run` otherwise."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid())),
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(env),
        limit=limit,
    )
    try:
        yield process
    finally:
        await asyncio.shield(_end(process))


async def _end(process: asyncio.subprocess.Process) -> None:
    _signal(process, signal.SIGTERM)
    with suppress(TimeoutError):
        async with asyncio.timeout(POLITE.total_seconds()):
            await process.wait()
    _signal(process, signal.SIGKILL)  # what is left of the group, even if its leader is gone
    await process.wait()


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        process.send_signal(number)  # it may not have come to lead a group yet
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
