"""The tests of the log writer share a database, which is emptied for each of them."""

from __future__ import annotations

import pytest_asyncio


@pytest_asyncio.fixture(loop_scope="session")
async def database(emptied_database: str) -> str:
    """Give an empty database."""
    return emptied_database
