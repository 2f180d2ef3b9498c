"""A floor for each test; database and streams are those of all of them, emptied."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest_asyncio
from nats.aio.client import Client

from deploy.local.nats import Nats
from shared.bus.connection import Guard, connect
from tests.integration.executor.floor import Floor, open_floor
from tests.integration.scheduler.desk import Pools, desk_with, open_pools
from tests.support import servers
from tests.support.swept import Swept


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def pools(kept_database: Swept) -> AsyncIterator[Pools]:
    """Give connections to the database of all these tests."""
    async with open_pools(kept_database) as pools:
        yield pools


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def own_server() -> AsyncIterator[servers.Running]:
    """Run a bus for these tests alone, which may kill it if they start it again; make all streams.

    What a test changes of a stream it changes back: a desk only empties them.
    """
    async with (
        servers.temporary_folder(place=servers.quickest_place()) as folder,
        servers.Running(Nats(folder / "nats", sync="10s"), folder) as running,
    ):
        assert isinstance(running.unit, Nats)
        async with servers.fresh_bus(running.unit.url, keeper=False):
            pass
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def bus_url(own_server: servers.Running) -> AsyncIterator[str]:
    """Say where the bus is, which has a keeper."""
    assert isinstance(own_server.unit, Nats)
    async with servers.bus_keeper(own_server.unit.url):
        yield own_server.unit.url


@pytest_asyncio.fixture(loop_scope="session")
async def floor(pools: Pools, bus_url: str, kept_database: Swept) -> AsyncIterator[Floor]:
    """Give a floor where executors can be started."""
    settings = {"database_url": kept_database.dsn, "nats_url": bus_url, "instance": "executor-1"}
    async with desk_with(pools, bus_url) as desk, open_floor(desk, settings) as floor:
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
