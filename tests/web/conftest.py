"""A real system with the built page, a browser, and people of every role who look at it.

`visit` opens a page as somebody; what a browser complains about fails the test at its end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.support.system import CHECKOUT, System
from tests.web.people import Admin, People, Role
from tests.web.visitor import (
    CHROMIUM,
    CHROMIUM_ARGUMENTS,
    PATIENCE,
    WIDE,
    Language,
    Visitor,
    Windows,
)

Visit = Callable[..., Awaitable[Visitor]]

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder: it needs Chromium and the built page."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def system() -> AsyncIterator[System]:
    """Run `automation up`, with the page as it was built."""
    built = CHECKOUT / "services" / "web" / "dist" / "index.html"
    assert built.exists(), "the page is not built: make web"
    # Tasks of tests call addresses on this machine; one runtime, so that accounts can run.
    env = {
        "AUTOMATION_EGRESS_ALLOW": "127.0.0.1/32",
        "AUTOMATION_RUNTIMES": "1",
        "AUTOMATION_EXECUTORS": "1",
        "AUTOMATION_TRACE_URL": "https://tracing.example/trace/{trace_id}",
    }
    async with System(env=env) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Run Debian's Chromium."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(CHROMIUM_ARGUMENTS)
        )
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def windows(browser: Browser) -> Windows:
    """Open pages in contexts that are used again."""
    return Windows(browser)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def admin(system: System) -> AsyncIterator[Admin]:
    """Ask the API with the admin token, for what a test needs to find."""
    async with httpx.AsyncClient(
        base_url=system.api_url,
        headers={"Authorization": f"Bearer {system.token}"},
        timeout=30,
    ) as client:
        yield Admin(client)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def people(admin: Admin, system: System) -> People:
    """Have a user of every role."""
    return await People.hired(admin, system.api_url)


@pytest_asyncio.fixture(loop_scope="session")
async def visit(windows: Windows, system: System, people: People) -> AsyncIterator[Visit]:
    """Let somebody open the page: as whom, in which language, how wide and how dark."""
    visitors: list[Visitor] = []

    async def open_(
        language: Language = "en",
        *,
        role: Role | None = "admin",
        dark: bool = False,
        size: tuple[int, int] = WIDE,
    ) -> Visitor:
        session = await people.log_in(role) if role else None
        visitors.append(
            await windows.open(
                system.api_url, language=language, session=session, dark=dark, size=size
            )
        )
        return visitors[-1]

    yield open_
    for visitor in visitors:
        await windows.close(visitor)
    for visitor in visitors:
        visitor.judge()
