"""A NATS server that a test may kill, and a client that comes back as ours do."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import nats
import pytest_asyncio
from nats.aio.client import Client
from nats.js import JetStreamContext

from deploy.local.nats import Nats
from services.bus_keeper.keeper import Keeper
from shared.bus.connection import Guard, connect
from tests.support import servers
from tests.support.streams import renew


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def own_server() -> AsyncIterator[servers.Running]:
    """Run a server for these tests alone."""
    async with (
        servers.temporary_folder(place=servers.quickest_place()) as folder,
        servers.Running(Nats(folder / "nats", sync="10s"), folder) as running,
    ):
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def server(own_server: servers.Running) -> servers.Running:
    """Give the server, running and with all streams new and empty, whatever the last test did."""
    assert isinstance(own_server.unit, Nats)
    assert own_server.process is not None
    if own_server.process.returncode is not None:
        await own_server.start()
    client = await nats.connect(own_server.unit.url, allow_reconnect=False)
    await renew(client)
    await client.close()
    return own_server


@pytest_asyncio.fixture(loop_scope="session")
async def url(server: servers.Running) -> str:
    """Say where the test's own server is."""
    assert isinstance(server.unit, Nats)
    return server.unit.url


@pytest_asyncio.fixture(loop_scope="session")
async def client(url: str) -> AsyncIterator[Client]:
    """Give a connection as every service has it."""
    guard = Guard()
    guard.stopping = True  # it may close without ending the tests
    connection = await connect(url, name="test", guard=guard)
    yield connection
    with contextlib.suppress(OSError):  # the test has killed the server
        await connection.close()


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(url: str) -> AsyncIterator[Keeper]:
    """Run a keeper that answers, and looks by itself only when a test says so."""
    async with servers.bus_keeper(url) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def js(client: Client) -> JetStreamContext:
    """Give what looks into the streams."""
    return client.jetstream(timeout=5)
