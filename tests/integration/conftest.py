"""A database that tests of one service share: it is emptied for each of them.

kept_database     how it is reached and emptied; one per run
emptied_database  its address, just emptied
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from deploy.local.postgres import Postgres
from tests.support.emptied import Emptied, open_emptied


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kept_database(postgres_server: Postgres) -> AsyncIterator[Emptied]:
    """Give a migrated database that outlives its tests."""
    async with open_emptied(postgres_server) as database:
        yield database


@pytest_asyncio.fixture(loop_scope="session")
async def emptied_database(kept_database: Emptied) -> str:
    """Give it to one test, as the migrations left it."""
    await kept_database.begin()
    return kept_database.dsn
