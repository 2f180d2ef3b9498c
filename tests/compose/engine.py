"""A Docker engine that belongs to the test: its own socket, data, pid file and log.

What is in its data folder stays between runs, so that only the first one downloads. Whoever has an
engine at hand names it: `python -m tests.compose --engine unix:///var/run/docker.sock`.

It ends when the `async with` does, by the pid that was started here; and if the test itself is
killed, Linux tells it to stop.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from deploy.local import process

STARTS_WITHIN = timedelta(seconds=60)
#: It stops what still runs first.
STOPS_WITHIN = timedelta(seconds=60)
POLL = timedelta(milliseconds=100)

#: Private networks of the test's containers; nothing else may be reached from outside them.
BRIDGE = "172.30.250.1/24"
POOL = "base=172.30.0.0/17,size=24"


class NoEngine(Exception):
    """There is no engine to test with: a failure, not a reason to skip."""


class Failed(Exception):
    """A command ended with something else than 0."""


@dataclass(frozen=True, slots=True)
class Docker:
    """The programs, and whom they speak to."""

    host: str
    client: str
    compose: str

    @property
    def env(self) -> Mapping[str, str]:
        """What the programs are told."""
        return {"DOCKER_HOST": self.host, "DOCKER_BUILDKIT": "1", "COMPOSE_ANSI": "never"}

    async def __call__(self, *words: str, within: float = 60) -> str:
        """Run `docker ...`; return what it said.

        Raises:
            Failed: it did not work.
        """
        return await run(self.client, *words, env=self.env, within=within)

    async def inspect(self, name: str) -> dict[str, object]:
        """Return what the engine knows of a container."""
        found: dict[str, object] = json.loads(await self("container", "inspect", name))[0]
        return found


async def run(*argv: str, env: Mapping[str, str], within: float) -> str:
    """Run a program to its end; return its output.

    Raises:
        Failed: it ended otherwise than with 0, or did not end.
    """
    child = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **env},
    )
    try:
        async with asyncio.timeout(within):
            output, errors = await child.communicate()
    except TimeoutError:
        child.kill()
        await child.wait()
        raise Failed(f"not within {within:g} s: {' '.join(argv)}") from None
    if child.returncode:
        raise Failed(f"{' '.join(argv)}: {child.returncode}\n{output.decode()}{errors.decode()}")
    return output.decode()


def programs() -> tuple[str, str]:
    """Return the paths of `docker` and `docker-compose`.

    Raises:
        NoEngine: one of them is missing.
    """
    # Debian's own first: it is as old as Debian's engine, and builds with BuildKit.
    client = next(
        (found for found in ("/usr/bin/docker", shutil.which("docker")) if found and _is(found)), ""
    )
    # The program itself: the wrapper of its package ends with 0 whatever it says.
    package = importlib.util.find_spec("compose")
    places = (package and package.submodule_search_locations) or ["compose"]
    compose = str(Path(places[0]) / "docker-compose")
    if not client:
        raise NoEngine("there is no docker: apt install docker.io iptables mmdebstrap")
    if not _is(compose):
        raise NoEngine(f"there is no {compose}: make setup")
    return client, compose


def _is(program: str) -> bool:
    return os.access(program, os.X_OK)


@asynccontextmanager
async def engine(cache: Path, given: str | None) -> AsyncIterator[Docker]:
    """Give the engine that was named, or one that is started here.

    Raises:
        NoEngine: it does not start; the text has the end of its log.
    """
    client, compose = programs()
    if given:
        yield Docker(given, client, compose)
        return
    daemon = shutil.which("dockerd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if daemon is None or os.geteuid() != 0:
        raise NoEngine("dockerd needs root and `apt install docker.io iptables`; or give --engine")
    home = cache / "engine"
    home.mkdir(parents=True, exist_ok=True)
    # The path of a socket is short, and nobody else's.
    socket = home / "docker.sock"
    socket.unlink(missing_ok=True)
    argv = (
        daemon,
        *("--data-root", str(home / "data"), "--exec-root", str(home / "exec")),
        *("--pidfile", str(home / "pid"), "-H", f"unix://{socket}"),
        *("--bip", BRIDGE, "--default-address-pool", POOL),
        *_modesty(),
    )
    log = home / "log"
    with log.open("wb") as output:
        command = process.Command(argv=argv, death_signal=signal.SIGTERM)
        started = await process.spawn(command, output=output)
    docker = Docker(f"unix://{socket}", client, compose)
    try:
        await _answers(docker, started, log)
        yield docker
    finally:
        await process.stop(started, by=signal.SIGTERM, within=STOPS_WITHIN)


async def _answers(docker: Docker, started: asyncio.subprocess.Process, log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN.total_seconds()
    while True:
        try:
            await docker("version", within=10)
        except Failed:
            if started.returncode is not None or time.monotonic() > deadline:
                raise NoEngine(f"dockerd does not start:\n{_end_of(log)}") from None
        else:
            return
        await asyncio.sleep(POLL.total_seconds())


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])


def _modesty() -> tuple[str, ...]:
    """Ask for no more than we may have: without CAP_SYS_RESOURCE no score can be lowered."""
    effective = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if "CapEff" in line
    )
    sys_resource = 1 << 24
    may = int(effective.split()[1], 16) & sys_resource
    # Engines from 24 on have no such option, and need none.
    return () if may else ("--oom-score-adjust", "0")
