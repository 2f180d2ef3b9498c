"""Find and end processes that a supervisor, or a service of it, left behind.

Every child carries `AUTOMATION_SUPERVISED` in its environment, and hands it down to whatever it
starts itself (a `pg_dump`, say), even into another session. That is how leftovers are known:
never by a pid from a file, which may belong to anybody by now.

PostgreSQL overwrites its environment with process titles; `postgres.end_orphans` knows it by its
program and folder instead.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil

MARK = "AUTOMATION_SUPERVISED"

#: After SIGKILL it takes milliseconds, unless the kernel itself is stuck.
GONE_WITHIN = timedelta(seconds=3)
POLL = timedelta(milliseconds=5)


def mark(home: Path) -> dict[str, str]:
    """Return the environment that marks the children of the supervisor of this home."""
    return {MARK: str(home)}


def end(home: Path, *, instance: str | None = None) -> list[str]:
    """Kill what is left of this home, or of one service of it; return what it was."""
    found = _find(home, instance)
    names = []
    for process in found:
        with suppress(psutil.Error):
            names.append(f"{process.name()} (pid {process.pid})")
            process.kill()
    wait_gone(found)
    return names


def wait_gone(processes: Sequence[psutil.Process]) -> None:
    """Wait until killed processes do nothing any more.

    A zombie is as good as gone: who collects it is not us, and process 1 of a container may take
    seconds for it, or for ever.
    """
    deadline = time.monotonic() + GONE_WITHIN.total_seconds()
    while any(map(_lives, processes)) and time.monotonic() < deadline:
        time.sleep(POLL.total_seconds())


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _find(home: Path, instance: str | None) -> list[psutil.Process]:
    found = []
    for candidate in psutil.process_iter():
        if candidate.pid == os.getpid():
            continue
        with suppress(psutil.Error, OSError):
            environment = candidate.environ()
            if environment.get(MARK) != str(home):
                continue
            if instance in (None, environment.get("AUTOMATION_INSTANCE")):
                found.append(candidate)
    return found
