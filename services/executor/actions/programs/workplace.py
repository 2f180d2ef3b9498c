"""A folder for the program of one run, gone when it has ended.

An executor that dies leaves it behind; the next attempt of the run, or the system's own sweeping of
its temporary folder, clears it away.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from services.executor.actions.programs.program import User


@asynccontextmanager
async def workplace(run_id: UUID, user: User | None = None) -> AsyncIterator[str]:
    """Give an empty folder that belongs to *user*."""
    prefix = f"automation-{run_id}-"
    await _in_thread(_clear, prefix)
    folder = tempfile.mkdtemp(prefix=prefix)  # a name that nobody can have made before us
    try:
        if user is not None:
            os.chown(folder, user.uid, user.gid)
        yield folder
    finally:
        await _in_thread(_remove, folder)


def _clear(prefix: str) -> None:
    for left in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        _remove(str(left))


def _remove(folder: str) -> None:
    # Follows no link. What cannot be removed is nobody's failure.
    if os.geteuid() != 0:
        _open_up(folder)
    shutil.rmtree(folder, ignore_errors=True)


def _open_up(folder: str) -> None:
    """Let us into folders that a program of ours has closed; root is let in anyway."""
    for above, names, _ in os.walk(folder):  # from the top: each is opened before it is entered
        for path in (os.path.join(above, name) for name in names):  # noqa: PTH118 - as os.walk has it
            if not os.path.islink(path):  # noqa: PTH114 - as above
                with contextlib.suppress(OSError):
                    os.chmod(path, 0o700)  # noqa: PTH101 - as above


async def _in_thread(do: Callable[[str], None], name: str) -> None:
    # Shielded: what a cancellation leaves to a thread would go on beside the next attempt.
    await asyncio.shield(asyncio.to_thread(do, name))
