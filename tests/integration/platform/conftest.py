"""The platform (`floor.py`), one for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from nats.aio.client import Client

from tests.integration.platform.floor import Platform, running_platform


@pytest_asyncio.fixture(loop_scope="session")
async def platform(database: str, bus: Client, nats_url: str) -> AsyncIterator[Platform]:
    """Give an empty platform to one test."""
    async with running_platform(database, bus, nats_url) as platform:
        yield platform
