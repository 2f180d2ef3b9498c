"""`kept_database`: one that tests of services share, whose connections stay open.

Each test empties it; none changes its schema.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from deploy.local.postgres import Postgres
from tests.support.swept import Swept


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kept_database(postgres_server: Postgres) -> AsyncIterator[Swept]:
    """Give a migrated database that outlives its tests."""
    async with Swept(postgres_server) as database:
        await database.sweep()
        yield database
