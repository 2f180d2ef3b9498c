"""A scheduler for each test; the database and the streams are those of its module, emptied."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from deploy.local.nats import Nats
from shared.db.pool import Pool, open_pool
from tests.integration.scheduler.desk import Desk, open_desk
from tests.support import servers


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pool(module_database: str) -> AsyncIterator[Pool]:
    """Give connections to the database of the module."""
    pool = await open_pool(module_database, name="test", max_size=8)
    yield pool
    await pool.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def streams(nats_server: Nats) -> str:
    """Make all streams anew; say where they are."""
    async with servers.fresh_bus(nats_server.url):
        return nats_server.url


@pytest_asyncio.fixture(loop_scope="session")
async def desk(pool: Pool, streams: str) -> AsyncIterator[Desk]:
    """Give the parts of a scheduler on an empty database and an empty bus."""
    async with open_desk(pool, streams) as desk:
        yield desk


@pytest_asyncio.fixture(loop_scope="session")
async def nothing_laid_down(desk: Desk) -> AsyncIterator[None]:
    """Leave no limits, calendars and pauses behind."""
    yield
    await desk.pool.execute("TRUNCATE api.queues, api.calendars")
    await desk.pool.execute("UPDATE api.switches SET paused = false")
