"""A scheduler for each test; all share a database, and the streams of their module, emptied."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from deploy.local.nats import Nats
from shared.runtime.conditions import Conditions
from tests.integration.scheduler.desk import Desk, Pools, desk_with, open_pools
from tests.integration.scheduler.trigger_parts import Parts, open_parts
from tests.support import servers
from tests.support.swept import Swept


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pools(kept_database: Swept) -> AsyncIterator[Pools]:
    """Give connections to the database of all these tests."""
    async with open_pools(kept_database) as pools:
        yield pools


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def streams(nats_server: Nats) -> str:
    """Make all streams anew; say where they are."""
    async with servers.fresh_bus(nats_server.url):
        return nats_server.url


@pytest_asyncio.fixture(loop_scope="session")
async def desk(pools: Pools, streams: str) -> AsyncIterator[Desk]:
    """Give the parts of a scheduler on an empty database and an empty bus."""
    async with desk_with(pools, streams) as desk:
        yield desk


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def conditions() -> AsyncIterator[Conditions]:
    """Give the worker that answers for all these tests whether conditions hold."""
    conditions = Conditions(limit=timedelta(milliseconds=300))
    yield conditions
    await conditions.close()


@pytest_asyncio.fixture(loop_scope="session")
async def parts(desk: Desk, conditions: Conditions) -> AsyncIterator[Parts]:
    """Give what fires tasks at events."""
    async with open_parts(desk, conditions) as parts:
        yield parts
