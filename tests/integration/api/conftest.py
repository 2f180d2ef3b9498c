"""The API for a test of its own (`api`), and one for all tests of a module (`shared_api`).

`trying` is one with a way to the stored events, `world` one in which everything is there.
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


@pytest_asyncio.fixture(loop_scope="session")
async def api(database: str) -> AsyncIterator[Api]:
    """Serve the API on an empty database."""
    async with running_api(database) as api:
        yield api


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
