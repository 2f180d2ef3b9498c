"""The platform (`floor.py`) for one test, or for all of a module that is about scripts."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from nats.aio.client import Client

from deploy.local.nats import Nats
from tests.integration.platform.floor import Platform, running_platform
from tests.integration.platform.script_stage import Stage
from tests.support.servers import fresh_bus

_numbers = itertools.count(1)


@pytest_asyncio.fixture(loop_scope="session")
async def platform(database: str, bus: Client, nats_url: str) -> AsyncIterator[Platform]:
    """Give an empty platform to one test."""
    async with running_platform(database, bus, nats_url) as platform:
        yield platform


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def for_all(module_database: str, nats_server: Nats) -> AsyncIterator[Platform]:
    """Serve the platform to all tests of this module."""
    async with (
        fresh_bus(nats_server.url) as client,
        running_platform(module_database, client, nats_server.url) as platform,
    ):
        yield platform


@pytest.fixture
def stage(for_all: Platform) -> Stage:
    """Give a script of its own to one test."""
    return Stage(for_all, f"s{next(_numbers)}")
