"""A place for account runtimes (`place.py`), one for each test; nothing of it is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from nats.aio.client import Client

from tests.integration.account_runtime.place import Place
from tests.support.nursery import Nursery
from tests.support.servers import temporary_folder


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def nursery() -> AsyncIterator[Nursery]:
    """Start Python once for all runtimes that are processes of their own."""
    nursery = await Nursery.open("tests.integration.account_runtime.killed_at")
    try:
        yield nursery
    finally:
        await nursery.close()


@pytest_asyncio.fixture(loop_scope="session")
async def place(bus: Client, nats_url: str, nursery: Nursery) -> AsyncIterator[Place]:
    """Give an empty home and a platform to one test."""
    async with temporary_folder() as folder:
        place = Place(folder, bus, nats_url, nursery)
        await place.platform.start()
        try:
            yield place
        finally:
            await asyncio.to_thread(place.end)
