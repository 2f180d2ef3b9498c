"""The API and the page on an empty database, and who comes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.web.access.desk import Come
from tests.web.serving import Address, Place, listening, serving
from tests.web.visitor import WIDE, Language, Visitor, Windows


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def address() -> AsyncIterator[Address]:
    """Have an address at which one test after another serves a system of its own."""
    async with listening() as address:
        yield address


@pytest_asyncio.fixture(loop_scope="session")
async def place(database: str, address: Address) -> AsyncIterator[Place]:
    """Serve the API and the page on an empty database."""
    async with serving(database, address) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="session")
async def come(windows: Windows, address: Address) -> AsyncIterator[Come]:
    """Let somebody come: a stranger, or with the session of a user."""
    visitors: list[Visitor] = []

    async def come_(
        language: Language = "en",
        *,
        session: str | None = None,
        dark: bool = False,
        size: tuple[int, int] = WIDE,
        moving: bool = False,
    ) -> Visitor:
        visitors.append(
            await windows.open(
                address.url,
                language=language,
                session=session,
                dark=dark,
                size=size,
                moving=moving,
            )
        )
        return visitors[-1]

    yield come_
    for visitor in visitors:
        await windows.close(visitor)
    for visitor in visitors:
        visitor.judge()
