"""The tests of ends share a database, which is emptied for each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from shared.db.pool import Pool, open_pool
from tests.integration.ends.builders import Executor
from tests.support.roles import pool_as
from tests.support.swept import Swept


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def pools(kept_database: Swept) -> AsyncIterator[tuple[Pool, Pool]]:
    """Give connections as the owner, and as executors come."""
    async with (
        await open_pool(kept_database.dsn, name="test") as owner,
        pool_as("executor", kept_database.dsn) as own,
    ):
        yield owner, own


@pytest_asyncio.fixture(loop_scope="session")
async def executor(pools: tuple[Pool, Pool], kept_database: Swept) -> Executor:
    """Give an executor that stores ends in an empty database."""
    await kept_database.empty()
    return Executor(*pools)


@pytest_asyncio.fixture(loop_scope="session")
async def pool(executor: Executor) -> Pool:
    """Give connections as the owner, to look and arrange with."""
    return executor.owner
