"""A NATS server of one test's own, which it may kill, and a client that comes back as ours do."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest_asyncio
from nats.aio.client import Client
from nats.js import JetStreamContext

from deploy.local.nats import Nats
from shared.bus.connection import Guard, connect
from shared.bus.declare import declare
from tests.support import servers


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[servers.Running]:
    """Run a server with all streams."""
    async with servers.temporary_folder() as folder:
        unit = Nats(folder / "nats", sync="10s")
        async with servers.Running(unit, folder) as running:
            await declare(unit.url)
            yield running


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
async def js(client: Client) -> JetStreamContext:
    """Give what looks into the streams."""
    return client.jetstream(timeout=5)
