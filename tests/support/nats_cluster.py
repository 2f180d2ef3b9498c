"""Three NATS servers on this machine that keep every stream three times.

async with NatsCluster(folder) as cluster:
    leader = await cluster.leader_of("RUNS")
    await cluster.kill(leader)
    await cluster.start(leader)
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import nats
import nats.errors
from nats.js.errors import Error as JetStreamError

from deploy.local import ports, probe, process
from deploy.local.binaries import find_nats

SIZE = 3
STARTS_WITHIN = 60  # seconds
POLL = 0.1  # seconds

CONFIG = """\
server_name: {name}
listen: 127.0.0.1:{port}
http: 127.0.0.1:{monitor}
authorization {{ user: automation, password: {password} }}
jetstream {{ store_dir: "{store}", sync_interval: 1s }}
cluster {{ name: automation, listen: 127.0.0.1:{route}, routes: [{routes}] }}
"""


@dataclass(slots=True)
class _Member:
    name: str
    folder: Path
    port: int
    route: int
    monitor: int
    running: asyncio.subprocess.Process | None = None


class NatsCluster:
    """The servers; `async with` starts and ends them."""

    def __init__(self, folder: Path) -> None:
        self._password = secrets.token_hex()
        self._members = [
            _Member(
                name=f"n{number}",
                folder=folder / f"n{number}",
                port=ports.free_port(),
                route=ports.free_port(),
                monitor=ports.free_port(),
            )
            for number in range(SIZE)
        ]

    @property
    def url(self) -> str:
        """Where clients find it: at any of these addresses."""
        return ",".join(map(self._url_of, self._members))

    def _url_of(self, member: _Member) -> str:
        return f"nats://automation:{self._password}@{ports.LOOPBACK}:{member.port}"

    def monitor_of(self, name: str) -> int:
        """Return the port on which a server tells of itself."""
        return self._named(name).monitor

    async def start(self, name: str) -> None:
        """Start a server; it may take a while until it has caught up."""
        member = self._named(name)
        member.folder.mkdir(exist_ok=True)
        config = member.folder / "nats.conf"
        routes = ", ".join(f"nats://{ports.LOOPBACK}:{each.route}" for each in self._members)
        config.write_text(
            CONFIG.format(
                name=name,
                port=member.port,
                password=self._password,
                store=member.folder / "jetstream",
                route=member.route,
                monitor=member.monitor,
                routes=routes,
            )
        )
        command = process.Command(argv=(str(find_nats()), "--config", str(config)))
        with (member.folder / "log").open("ab") as output:
            member.running = await process.spawn(command, output=output)

    async def kill(self, name: str) -> None:
        """Kill -9."""
        running = self._named(name).running
        assert running is not None
        running.kill()
        await running.wait()

    async def leader_of(self, stream: str) -> str:
        """Return which server decides about a stream; waits until there is one."""
        deadline = time.monotonic() + STARTS_WITHIN
        client = await nats.connect(self.url.split(","), max_reconnect_attempts=-1)
        try:
            while True:
                try:
                    cluster = (await client.jetstream(timeout=1).stream_info(stream)).cluster
                    if cluster is not None and cluster.leader:
                        return cluster.leader
                except (nats.errors.Error, JetStreamError):
                    pass
                assert time.monotonic() < deadline, f"nobody leads {stream}"
                await asyncio.sleep(POLL)
        finally:
            await client.close()

    async def _ready(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        for member in self._members:
            while not (
                await probe.nats_listens(member.port)
                and await probe.jetstream_answers(self._url_of(member))
            ):
                said = (member.folder / "log").read_text(errors="replace")
                assert time.monotonic() < deadline, said
                await asyncio.sleep(POLL)

    def _named(self, name: str) -> _Member:
        return next(member for member in self._members if member.name == name)

    async def __aenter__(self) -> Self:
        try:
            for member in self._members:
                await self.start(member.name)
            await self._ready()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        for member in self._members:
            if member.running is not None:
                await process.stop(member.running, by=signal.SIGKILL, within=timedelta(seconds=10))
