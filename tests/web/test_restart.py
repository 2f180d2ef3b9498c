"""The page while the API restarts: what was shown stays, and all goes on by itself."""

from __future__ import annotations

from uuid import uuid4

from playwright.async_api import expect

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
    page = reader.page
    await reader.go(f"/runs/{run_id}")
    await expect(line(page, 2)).to_be_visible()
    await write(system, run_id, 3, "three")
    await expect(line(page, 3)).to_be_visible()
    await looker.go("/queues")
    known = looker.page.get_by_text("default", exact=True).first
    await expect(known).to_be_visible()

    old = system.kill("api")
    away = looker.page.get_by_text("暫時連不上伺服器")
    await expect(away).to_be_visible()
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
    for visitor in (reader, looker):
        # The browser itself tells of each connection that was refused.
        visitor.complaints[:] = [each for each in visitor.complaints if "net::ERR" not in each]
