"""The page while the API restarts: what was shown stays, and all goes on by itself."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import uuid4

from playwright.async_api import Locator, expect

from tests.support.system import System
from tests.web.conftest import Visit
from tests.web.people import Admin
from tests.web.test_runs import ended, line, make, run, write
from tests.web.visitor import PATIENCE


async def test_pages_and_a_live_log_survive_a_restart_of_the_api(
    visit: Visit, admin: Admin, system: System
) -> None:
    task = await make(admin, f"writing {uuid4().hex[:8]}", action_config={"seconds": 600})
    run_id = await run(admin, task, until=("running",))
    await write(system, run_id, 1, "one", "two")
    reader, looker = await visit("en"), await visit("zh-TW")
    reader.expected = looker.expected = ("net::ERR",)  # each connection that is refused
    page = reader.page
    await reader.go(f"/runs/{run_id}")
    await expect(line(page, 2)).to_be_visible()
    await write(system, run_id, 3, "three")
    await expect(line(page, 3)).to_be_visible()
    await looker.go("/queues")
    known = looker.page.get_by_text("default", exact=True).first
    await expect(known).to_be_visible()

    away = looker.page.get_by_text("暫時連不上伺服器")
    old = await keep_away(system, away)
    await expect(known).to_be_visible()
    await looker.picture("away")
    await write(system, run_id, 4, "four", "five")
    await system.wait_restarted("api", old)

    await expect(away).to_be_hidden()
    await expect(line(page, 5)).to_be_visible(timeout=3 * PATIENCE)
    texts = await page.locator(".log-text").all_inner_texts()
    assert texts == ["one", "two", "three", "four", "five"]
    await admin.ask("POST", f"/automation-runs/{run_id}/cancel", json={"wait_seconds": 10})
    await ended(reader, "5")


async def keep_away(system: System, away: Locator) -> int:
    """Kill the API, again whenever it is back, until the page has noticed; return its number.

    A start takes less time than the page rests between two questions.
    """
    killed = 0
    async with asyncio.timeout(PATIENCE / 1000):
        while not await away.is_visible():
            with suppress(ProcessLookupError):
                killed = system.kill("api")
            await asyncio.sleep(0.1)
    return killed
