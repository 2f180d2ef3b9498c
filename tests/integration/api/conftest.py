"""The API for a test of its own (`api`), and one for all tests of a module (`shared_api`).

`trying` is one with a way to the stored events.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from nats.aio.client import Client

from services.api.events.stream import BusEvents
from shared.runtime.conditions import Conditions
from tests.integration.api.client import Api, running_api


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


@pytest_asyncio.fixture(loop_scope="session")
async def trying(database: str, bus: Client) -> AsyncIterator[Api]:
    """Serve the API with a way to the stored events."""
    conditions = Conditions()
    async with running_api(database, events=BusEvents(bus), conditions=conditions) as api:
        yield api
    await conditions.close()
