"""One system for all of them, and a place on it for each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.e2e.ground import Ground, running_ground
from tests.e2e.place import Place


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ground() -> AsyncIterator[Ground]:
    """Run the system."""
    async with running_ground() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def place(ground: Ground) -> AsyncIterator[Place]:
    """Give one test its place."""
    async with ground.place() as found:
        yield found
