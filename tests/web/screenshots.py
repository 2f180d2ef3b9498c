"""The pictures of the README, of a system with the demo in it: `make screenshots`.

They are taken anew, never edited, so that they show what there is.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import async_playwright

from tests.support.system import CHECKOUT, System
from tests.web.people import Admin, People
from tests.web.visitor import CHROMIUM, CHROMIUM_ARGUMENTS, LANGUAGES, Visitor, Windows

FOLDER = CHECKOUT / "docs" / "pictures"
SIZE = (1440, 900)
#: How long the demo works before it is looked at, so that there is something to see.
WORKS_FOR = 90.0  # seconds

#: Picture, address, dark. `{run}` and so on are filled in from what the demo has made.
VIEWS: Sequence[tuple[str, str, bool]] = (
    ("overview", "/", False),
    ("tasks", "/tasks", False),
    ("task-form", "/tasks/{scheduled}/edit", False),
    ("run", "/runs/{run}", False),
    ("timeline", "/timeline", True),
    ("graph", "/graph", True),
)


async def main() -> None:
    """Take all pictures."""
    env = {
        "AUTOMATION_EGRESS_ALLOW": "127.0.0.1/32",
        "AUTOMATION_RUNTIMES": "1",
        "AUTOMATION_EXECUTOR_QUEUES": "default,reports,crm,maintenance",
    }
    async with (
        System(env=env) as system,
        httpx.AsyncClient(
            base_url=system.api_url, headers={"Authorization": f"Bearer {system.token}"}, timeout=60
        ) as client,
        async_playwright() as playwright,
    ):
        await _fill(system)
        admin = Admin(client)
        people = await People.hired(admin, system.api_url)
        session = await people.log_in("admin")
        names = await _names(admin)
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(CHROMIUM_ARGUMENTS)
        )
        windows = Windows(browser)
        for language in LANGUAGES:
            for picture, path, dark in VIEWS:
                visitor = await windows.open(
                    system.api_url, language=language, session=session, dark=dark, size=SIZE
                )
                await _take(visitor, path.format(**names), FOLDER / f"{picture}-{language}.png")
                await windows.close(visitor)
        await browser.close()


async def _fill(system: System) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "deploy.examples.demo"),
        env={**os.environ, "AUTOMATION_HOME": str(system.home), "PYTHONPATH": str(CHECKOUT)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    if await process.wait() != 0:
        raise SystemExit("the demo could not be brought in")
    await asyncio.sleep(WORKS_FOR)


async def _names(admin: Admin) -> dict[str, str]:
    """Find a scheduled task, and a run with something in its log."""
    tasks: list[dict[str, Any]] = await admin.ask("GET", "/automation-tasks?page_size=100")
    scheduled = next(each for each in tasks if "cron" in (each["schedule_config"] or {}))
    runs = (await admin.ask("GET", "/automation-runs?limit=200"))["items"]
    best, most = runs[0], -1
    for run in runs[:60]:
        lines = await admin.ask("GET", f"/automation-runs/{run['run_id']}/lines?limit=200")
        if len(lines["items"]) > most:
            best, most = run, len(lines["items"])
    return {"scheduled": scheduled["id"], "run": best["run_id"]}


async def _take(visitor: Visitor, path: str, target: Path) -> None:
    await visitor.go(path)
    await visitor.page.wait_for_timeout(2_500)  # charts and graphs draw themselves
    await visitor.page.screenshot(path=target, animations="disabled")
    visitor.judge()


if __name__ == "__main__":
    asyncio.run(main())
