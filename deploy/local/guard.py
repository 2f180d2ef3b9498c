"""Outlives the supervisor by a moment, to end what kill -9 of it leaves behind.

Its standard input is a pipe whose other end only the supervisor holds. The end of it means that
the supervisor is gone, in whatever way. Linux has then sent the direct children their death
signal already; the guard is for their children, and for systems without such a signal.

It cleans up under the lock of the home, so it can never meet a new supervisor: one that was
quicker sweeps by itself (`leftovers.py`), one that comes later waits.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self


class Guard:
    """The supervisor's end: a process, and the pipe that tells it of our death."""

    def __init__(self, process: asyncio.subprocess.Process, pipe: int) -> None:
        self.process = process
        self._pipe = pipe

    @classmethod
    async def start(cls, home: Path) -> Self:
        """Start a guard for the children of this process."""
        its_end, our_end = os.pipe()  # ours is not inherited by any child
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "deploy.local.guard", str(home)),
                stdin=its_end,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        finally:
            os.close(its_end)
        return cls(process, our_end)

    async def dismiss(self) -> None:
        """End it: there is nothing left to clean up."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        os.close(self._pipe)


def main(folder: str) -> None:
    """Wait for the end of the supervisor, then clean up."""
    sys.stdin.buffer.read()
    # Imported only now: a process that waits for weeks should be small.
    from deploy.local import leftovers, postgres  # noqa: PLC0415
    from deploy.local.home import GUARD, Home, HomeTaken  # noqa: PLC0415

    home = Home(Path(folder))
    try:
        home.take(GUARD)
    except HomeTaken:
        return
    leftovers.end(home.path)
    asyncio.run(postgres.end_orphans(home.postgres / "data"))
    home.release()


if __name__ == "__main__":
    main(sys.argv[1])
