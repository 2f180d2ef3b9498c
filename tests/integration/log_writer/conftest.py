"""The tests of the log writer share a database, which is emptied for each of them."""

from __future__ import annotations

import pytest_asyncio

from tests.support.swept import Swept


@pytest_asyncio.fixture(loop_scope="session")
async def database(kept_database: Swept) -> str:
    """Give an empty database."""
    await kept_database.empty()
    return kept_database.dsn
