"""Backups on the page: how fresh, what is in them, restored for a trial while one watches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest_asyncio
from playwright.async_api import expect

from tests.web.conftest import Visit
from tests.web.people import Admin
from tests.web.test_alert_pages import checked
from tests.web.visitor import NARROW


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def backup(admin: Admin) -> AsyncIterator[str]:
    """Have a backup; return its task's name."""
    name = f"nightly {uuid4().hex[:6]}"
    task = await admin.ask(
        "POST",
        "/automation-tasks",
        json={"name": name, "task_type": "manual", "task_action": "data_backup"},
    )
    await checked(admin, task["id"])
    yield name


async def test_a_backup_is_looked_into_and_restored_for_a_trial(visit: Visit, backup: str) -> None:
    visitor = await visit()
    page = visitor.page
    await visitor.go("/backups")
    row = page.get_by_role("row").filter(has_text=backup)
    await expect(row).to_contain_text("Verified")
    await visitor.is_accessible()

    drill = "rill"
    await row.get_by_role("button", name=drill).click()
    sure = page.get_by_role("dialog")
    await sure.get_by_role("button", name="Restore drill").click()
    await expect(row).to_contain_text("The drill passed", timeout=120_000)
    await expect(row).to_contain_text("restored for a trial")
    await visitor.picture("backups")

    await row.get_by_role("button", name="Backup of").click()
    drawer = page.get_by_role("dialog")
    await expect(drawer).to_contain_text("automation backup restore ")
    await expect(drawer).to_contain_text("api.tasks")
    await visitor.is_accessible()
    await visitor.picture("backup")

    # Readable on a phone and in the dark, too.
    await page.keyboard.press("Escape")
    await expect(drawer).to_have_count(0)
    await visitor.look(dark=True, size=NARROW)
    await expect(page.get_by_text(backup).first).to_be_visible()
    await visitor.is_accessible()
    assert await visitor.overflow() <= 0
    await visitor.picture("phone-backups")
