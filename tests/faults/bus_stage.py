"""A system whose NATS server is in the test's own hands, with a bad network in between.

    async with bus_stage() as (here, bus):
        await bus.server.kill()       # nobody brings it back
        bus.proxy.hold_answers()

Services reach the server through the proxy, the test itself directly.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import nats
import nats.errors
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from deploy.local.nats import Nats
from shared.bus.topology import CONSUMERS
from tests.faults.stage import Stage, stage
from tests.support.flaky_proxy import FlakyProxy
from tests.support.servers import Running, temporary_folder

#: For what is bound to happen; only a failure takes so long.
PATIENCE = 60  # seconds
POLL = 0.1  # seconds

Found = TypeVar("Found")


@dataclass(slots=True)
class Bus:
    """The server and the way to it."""

    server: Running
    proxy: FlakyProxy

    @property
    def unit(self) -> Nats:
        """The server's files and addresses."""
        assert isinstance(self.server.unit, Nats)
        return self.server.unit

    @property
    def config(self) -> Path:
        """What the server reads at its start and when it is told to."""
        return self.unit.folder / "nats.conf"

    def reload(self) -> None:
        """Let the server read its configuration again."""
        assert self.server.process is not None
        self.server.process.send_signal(signal.SIGHUP)


async def eventually(
    look: Callable[[], Awaitable[Found | None]], what: str, *, within: float = PATIENCE
) -> Found:
    """Look again and again until there is something; what the bus answers meanwhile is no news."""
    deadline = time.monotonic() + within
    last: Exception | None = None
    while True:
        try:
            if found := await look():
                return found
        except (OSError, nats.errors.Error, NotFoundError) as error:
            last = error
        assert time.monotonic() < deadline, f"not within {within:g} s: {what} ({last!r})"
        await asyncio.sleep(POLL)


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[Client]:
    """Connect as an operator would."""
    client = await nats.connect(url.split(","), name="operator")
    try:
        yield client
    finally:
        await client.close()


async def read_by_all(client: Client) -> bool:
    """Say whether all consumers of the topology are there and have nothing left to read."""
    js = client.jetstream(timeout=2)
    for each in CONSUMERS:
        info = await js.consumer_info(each.stream, each.name)
        if (info.num_pending or 0) > 0:
            return False
    return True


def port_of(url: str) -> int:
    """Return the port in a URL."""
    port = urlsplit(url).port
    assert port is not None
    return port


@asynccontextmanager
async def bus_stage(
    env: Mapping[str, str] | None = None, *, tasks: int = 40
) -> AsyncIterator[tuple[Stage, Bus]]:
    """Start the server, the proxy and a system that knows only the proxy."""
    async with temporary_folder() as folder:
        server = Running(Nats(folder / "nats"), folder)
        bus = Bus(server, FlakyProxy(lambda: port_of(bus.unit.url)))
        async with server, bus.proxy as proxy:
            address = bus.unit.address.replace(f":{port_of(bus.unit.url)}", f":{proxy.port}")
            settings = {
                "AUTOMATION_NATS_URL": address,
                "AUTOMATION_NATS_KEYS": str(bus.unit.seed("api").parent),
                **(env or {}),
            }
            async with stage(settings, tasks=tasks) as here:
                yield here, bus
