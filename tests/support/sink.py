"""A server in a process of its own that writes down what it is told, a line for each.

`python -m MODULE FILE PORT` is the server; this is the tests' end of it.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local import ports, probe, process

CHECKOUT = Path(__file__).parents[2]
STARTS_WITHIN = timedelta(seconds=30)
POLL = timedelta(milliseconds=20)


class Sink:
    """Starts and stops the server of a module; `async with` does both."""

    def __init__(self, module: str, file: Path) -> None:
        self.file = file
        self._module = module
        self._output = file.with_name(f"{module.rpartition('.')[2]}.log")
        self._port = ports.free_port()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{ports.LOOPBACK}:{self._port}"

    async def start(self) -> None:
        """Start it (again, on the same port and the same file)."""
        self.file.touch()
        command = process.Command(
            argv=(sys.executable, "-m", self._module, str(self.file), str(self._port)),
            env={"PYTHONPATH": str(CHECKOUT)},
        )
        with self._output.open("ab") as output:
            self._process = await process.spawn(command, output=output)
        deadline = time.monotonic() + STARTS_WITHIN.total_seconds()
        while not await probe.listens(self._port):
            said = self._output.read_text(errors="replace")
            assert self._process.returncode is None, said
            assert time.monotonic() < deadline, said
            await asyncio.sleep(POLL.total_seconds())

    async def stop(self) -> None:
        """Stop it at once: callers see their connections break."""
        if self._process is not None:
            await process.stop(self._process, by=signal.SIGKILL, within=timedelta(seconds=5))
            self._process = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
