"""The API and the page on an empty database, and whoever comes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from tests.web.access.desk import Come
from tests.web.serving import Place, serving
from tests.web.visitor import WIDE, Language, Visitor, open_visit


@pytest_asyncio.fixture(loop_scope="session")
async def place(database: str) -> AsyncIterator[Place]:
    """Serve the API and the page on an empty database."""
    async with serving(database) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="session")
async def come(browser: Browser, place: Place) -> AsyncIterator[Come]:
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
        visitor = await open_visit(
            browser,
            place.url,
            language=language,
            session=session,
            dark=dark,
            size=size,
            moving=moving,
        )
        visitors.append(visitor)
        return visitor

    yield come_
    for visitor in visitors:
        await visitor.page.context.close()
    for visitor in visitors:
        visitor.judge()
