"""What an operator, and a disaster, do to the containers of one project."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.compose.engine import Docker, run
from tests.compose.images import CHECKOUT

FILE = CHECKOUT / "deploy" / "compose.yaml"
POLL = timedelta(milliseconds=100)
#: From the network of everybody to a server and back.
INNER = "inner"


@dataclass(slots=True)
class Project:
    """One `docker compose` project."""

    docker: Docker
    name: str
    files: Sequence[Path]
    env: dict[str, str]

    async def compose(self, *words: str, within: float = 120) -> str:
        """Run `docker compose ...`; return what it said."""
        files = [word for file in (FILE, *self.files) for word in ("-f", str(file))]
        env: Mapping[str, str] = {**self.docker.env, **self.env}
        argv = (self.docker.compose, "-p", self.name, *files, *words)
        return await run(*argv, env=env, within=within)

    async def up(self, *words: str, within: float = 300) -> float:
        """Bring everything up and wait until it is healthy; return how long it took."""
        began = time.monotonic()
        await self.compose(
            *("up", "-d", "--wait", "--wait-timeout", str(int(within)), *words), within=within + 30
        )
        # Compose takes a container for up that is being restarted.
        deadline = began + within
        while wrong := await self.unwell():
            assert time.monotonic() < deadline, f"not up: {wrong}"
            await asyncio.sleep(POLL.total_seconds())
        return time.monotonic() - began

    async def unwell(self) -> list[str]:
        """Return which containers are neither healthy nor done with what is done once."""
        said = await self.docker(
            *("ps", "-a", "--format", "{{.Names}}\t{{.Status}}"),
            *("--filter", f"label=com.docker.compose.project={self.name}"),
        )
        good = ("(healthy)", "Exited (0)")
        return [line for line in said.splitlines() if not any(each in line for each in good)]

    async def names(self, service: str) -> list[str]:
        """Return the names of a service's containers, stopped ones too."""
        said = await self.docker(
            *("ps", "-a", "--format", "{{.Names}}"),
            *("--filter", f"label=com.docker.compose.project={self.name}"),
            *("--filter", f"label=com.docker.compose.service={service}"),
        )
        return sorted(said.split())

    async def exec(self, service: str, *words: str) -> str:
        """Run a program in a container of a service; return what it said."""
        return (await self.compose("exec", "-T", service, *words)).strip()

    async def address(self, container: str, network: str = INNER) -> str:
        """Return a container's address; it changes with its life."""
        template = f'{{{{(index .NetworkSettings.Networks "{self.name}_{network}").IPAddress}}}}'
        return (await self.docker("container", "inspect", "-f", template, container)).strip()

    async def kill(self, container: str) -> float:
        """Kill -9 the container's first process; return when the restarted one is healthy."""
        # `docker kill` counts as a wish, after which nothing is restarted.
        pid, restarts = (await self._state(container, "{{.State.Pid}} {{.RestartCount}}")).split()
        began = time.monotonic()
        os.kill(int(pid), signal.SIGKILL)
        await self.until(
            container,
            lambda said: said == f"{int(restarts) + 1} healthy",
            "{{.RestartCount}} {{.State.Health.Status}}",
        )
        return time.monotonic() - began

    async def until(
        self, container: str, is_so: Callable[[str], bool], template: str, *, within: float = 120
    ) -> None:
        """Wait until the engine says what is waited for."""
        deadline = time.monotonic() + within
        while not is_so(said := await self._state(container, template)):
            assert time.monotonic() < deadline, f"{container} is still {said!r}"
            await asyncio.sleep(POLL.total_seconds())

    @asynccontextmanager
    async def cut_off(self, service: str) -> AsyncIterator[None]:
        """Take a server off the network, for as long as the block takes."""
        container = (await self.names(service))[0]
        network = f"{self.name}_{INNER}"
        await self.docker("network", "disconnect", network, container)
        try:
            yield
        finally:
            await self.docker("network", "connect", "--alias", service, network, container)

    async def exit_codes(self) -> dict[str, int]:
        """Return with what each container has ended."""
        said = await self.docker(
            *("ps", "-aq", "--filter", f"label=com.docker.compose.project={self.name}")
        )
        template = "{{.Name}} {{.State.ExitCode}}"
        told = await self.docker("container", "inspect", "-f", template, *said.split())
        pairs = (line.split() for line in told.splitlines())
        return {name.lstrip("/"): int(code) for name, code in pairs}

    async def logs(self) -> str:
        """Return what everybody has said, and how everybody is."""
        state = await self.compose("ps", "-a", "--format", "table")
        return state + await self.compose("logs", "--no-color", "--tail", "60")

    async def down(self) -> None:
        """Take everything away, the data too."""
        await self.compose("down", "-v", "--remove-orphans", "-t", "20", within=180)

    async def _state(self, container: str, template: str) -> str:
        return (await self.docker("container", "inspect", "-f", template, container)).strip()
