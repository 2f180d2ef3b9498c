"""One system per module, shared by its tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.e2e.place import Place, running_place


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place() -> AsyncIterator[Place]:
    """Run what `automation up` runs by default."""
    async with running_place() as found:
        yield found
