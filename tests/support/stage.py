"""A home in which a test runs the local system with stand-ins for our services.

The cluster of PostgreSQL is made once per test run and copied, which saves each test a second.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import psutil

from tests.support.servers import temporary_folder
from tests.support.system import CHECKOUT, System, eventually

PROGRAM = (str(CHECKOUT / "tests" / "support" / "stand_in_system.py"),)
SERVERS = ["postgres", "nats"]
SERVICES = ["api", "scheduler-1", "executor-1", "executor-2", "log-writer", "notifier"]
SOON = timedelta(seconds=20)

#: What a copy of a home must not share with its original.
OWN = shutil.ignore_patterns("port", "monitor-port", "lock", "logs", "state.json")


class Stage:
    """A home, a journal of what the stand-ins did, and systems that use them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.journal = folder / "journal"
        self.journal.touch()
        self.home = folder / "home"

    def system(self, **env: str) -> System:
        return System(
            program=PROGRAM,
            folder=self._folder,
            env={"STAND_IN_JOURNAL": str(self.journal), **env},
        )

    def events(self) -> list[str]:
        return self.journal.read_text().splitlines()


@asynccontextmanager
async def copied(used_home: Path) -> AsyncIterator[Stage]:
    """Give a home of its own that has been started once."""
    async with temporary_folder() as folder:
        shutil.copytree(used_home, folder / "home", ignore=OWN)
        yield Stage(folder)


async def standing(system: System) -> System:
    """Return a system that runs: whoever had it before may have ended it."""
    if system.supervisor is None or system.supervisor.returncode is not None:
        await system.start()
    return system


@asynccontextmanager
async def used_home() -> AsyncIterator[Path]:
    """Give a home that has been started once."""
    async with temporary_folder() as folder:
        stage = Stage(folder)
        async with stage.system():
            pass
        yield stage.home


async def nothing_left(system: System) -> None:
    """Wait until nothing of a system runs any more."""
    await eventually(lambda: not system.left(), within=SOON, what="the end of all processes")


def lives(pid: int) -> bool:
    """Say whether a process runs; a zombie does not."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
