"""A database with what is old in it, as those see it who forget and those who look."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest
import pytest_asyncio

from shared.db.pool import Pool, open_pool
from tests.operations.rows import Connection, Old


@pytest_asyncio.fixture(loop_scope="session")
async def pool(database: str) -> AsyncIterator[Pool]:
    """Give a pool as the log writer has one."""
    made = await open_pool(database, name="test", max_size=4)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def connection(database: str) -> AsyncIterator[Connection]:
    """Give a connection of the owner."""
    opened = await asyncpg.connect(database, timeout=10)
    yield opened
    await opened.close(timeout=5)


@pytest.fixture
def old(connection: Connection) -> Old:
    """Put rows in that are as old as they say."""
    return Old(connection, datetime.now(UTC))
