"""The API for a test of its own (`api`), and one for all tests of a module (`shared_api`).

`trying` is one with a way to the stored events, `world` one in which everything is there. Databases
and the bus are swept, not made anew.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from nats.aio.client import Client

from deploy.local.postgres import Postgres
from services.api.events.stream import BusEvents
from shared.runtime.conditions import Conditions
from tests.integration.api.client import Api, running_api
from tests.integration.api.oidc_desk import Middle, provider_with_a_middle
from tests.integration.api.whole_world import World, Worlds, making_worlds
from tests.support.swept import Swept
from tests.support.swept_bus import swept_bus


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def for_tests(postgres_server: Postgres) -> AsyncIterator[Swept]:
    """Keep the database that one test after the other has."""
    async with Swept(postgres_server) as swept:
        yield swept


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def for_modules(postgres_server: Postgres) -> AsyncIterator[Swept]:
    """Keep the database that one module after the other has."""
    async with Swept(postgres_server) as swept:
        yield swept


@pytest_asyncio.fixture(loop_scope="session")
async def database(for_tests: Swept) -> str:
    """Give an empty database to one test."""
    return await for_tests.sweep()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def module_database(for_modules: Swept) -> str:
    """Give an empty database to the tests of one module."""
    return await for_modules.sweep()


@pytest_asyncio.fixture(loop_scope="session")
async def api(database: str) -> AsyncIterator[Api]:
    """Serve the API on an empty database."""
    async with running_api(database) as api:
        yield api


@pytest_asyncio.fixture(loop_scope="session")
async def bus(nats_url: str) -> AsyncIterator[Client]:
    """Give a client of an empty bus to one test."""
    async with swept_bus(nats_url) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shared_api(module_database: str) -> AsyncIterator[Api]:
    """Serve the API on one database for all tests of a module."""
    async with running_api(module_database) as api:
        yield api


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def worlds(postgres_server: Postgres) -> AsyncIterator[Worlds]:
    """Give an installation in which everything is there once, as often as it is wanted."""
    async with making_worlds(postgres_server) as worlds:
        yield worlds


@pytest_asyncio.fixture(loop_scope="session")
async def world(worlds: Worlds) -> AsyncIterator[World]:
    """Give such an installation to one test."""
    async with worlds.one() as world:
        yield world


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def middle() -> AsyncIterator[Middle]:
    """Run an OpenID provider behind somebody in the middle."""
    async with provider_with_a_middle() as middle:
        yield middle


@pytest_asyncio.fixture(loop_scope="session")
async def trying(database: str, bus: Client) -> AsyncIterator[Api]:
    """Serve the API with a way to the stored events."""
    conditions = Conditions()
    async with running_api(database, events=BusEvents(bus), conditions=conditions) as api:
        yield api
    await conditions.close()
