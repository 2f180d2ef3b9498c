"""A floor for each test; the database and the streams are those of its module, emptied."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest_asyncio
from nats.aio.client import Client

from deploy.local.nats import Nats
from shared.bus.connection import Guard, connect
from shared.db.pool import Pool, open_pool
from tests.integration.executor.floor import Floor, open_floor
from tests.integration.scheduler.desk import open_desk
from tests.support import servers


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pool(module_database: str) -> AsyncIterator[Pool]:
    """Give connections to the database of the module."""
    pool = await open_pool(module_database, name="test", max_size=10)
    yield pool
    await pool.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_server() -> AsyncIterator[servers.Running]:
    """Run a bus for the tests of one module, which they may kill."""
    async with (
        servers.temporary_folder() as folder,
        servers.Running(Nats(folder / "nats", sync="10s"), folder) as running,
    ):
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def bus_url(own_server: servers.Running) -> AsyncIterator[str]:
    """Give a running bus with all streams and a keeper, whatever the last test did to it."""
    assert isinstance(own_server.unit, Nats)
    assert own_server.process is not None
    if own_server.process.returncode is not None:
        await own_server.start()
    url = own_server.unit.url
    async with servers.fresh_bus(url, keeper=False):
        pass
    async with servers.bus_keeper(url):
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def floor(pool: Pool, bus_url: str, module_database: str) -> AsyncIterator[Floor]:
    """Give a floor where executors can be started."""
    settings = {"database_url": module_database, "nats_url": bus_url, "instance": "executor-1"}
    async with open_desk(pool, bus_url) as desk, open_floor(desk, settings) as floor:
        yield floor


@pytest_asyncio.fixture(loop_scope="session")
async def client(bus_url: str) -> AsyncIterator[Client]:
    """Give a connection that comes back, as every service has it."""
    guard = Guard()
    guard.stopping = True  # it may close without ending the tests
    connection = await connect(bus_url, name="test", guard=guard)
    yield connection
    with contextlib.suppress(OSError):  # the test has killed the server
        await connection.close()
