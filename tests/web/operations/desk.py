"""What the tests of the operators' pages share: tasks that run and die, rows, accessibility."""

from __future__ import annotations

import asyncio
from typing import Any

from playwright.async_api import Locator, Page

from tests.web.people import Admin

#: Fails at once, twice, so that its run counts as dead.
FAILS = {
    "action_config": {"fail": True, "message": "第 14 列：價格不是數字"},
    "retry": {"max_attempts": 2, "initial_interval_seconds": 0.1, "max_interval_seconds": 0.1},
}


PATIENT = 60.0


async def make(admin: Admin, name: str, **fields: Any) -> str:  # noqa: ANN401 - fields of a task
    task = {"name": name, "task_type": "manual", "task_action": "noop", **fields}
    return str((await admin.ask("POST", "/automation-tasks", json=task))["id"])


async def run(admin: Admin, task: str) -> str:
    """Run a task and wait until it has ended."""
    run_id = str((await admin.ask("POST", f"/automation-tasks/{task}/run"))["run_id"])
    async with asyncio.timeout(PATIENT):
        while True:
            found = (await admin.ask("GET", f"/automation-runs/{run_id}"))["status"]
            if found not in ("waiting", "running", "retrying"):
                return run_id
            await asyncio.sleep(0.2)


async def dead(admin: Admin, task: str) -> str:
    """Let a run of a task die; return it once it is listed."""
    run_id = await run(admin, task)
    async with asyncio.timeout(PATIENT):
        while True:
            found = await admin.ask("GET", "/dead-runs", params={"task_id": task})
            if run_id in [each["run_id"] for each in found["items"]]:
                return run_id
            await asyncio.sleep(0.2)


def row(page: Page, text: str) -> Locator:
    return page.locator(".ant-table-row").filter(has_text=text)
