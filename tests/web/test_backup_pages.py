"""Backups on the page: how fresh, what is in them, restored for a trial while one watches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.web import axe
from tests.web.conftest import Visit
from tests.web.people import Admin
from tests.web.test_alert_pages import checked
from tests.web.visitor import LANGUAGES, NARROW, Language


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


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_backup_is_looked_into_and_restored_for_a_trial(
    visit: Visit, backup: str, language: Language
) -> None:
    visitor = await visit(language)
    page = visitor.page
    await visitor.go("/backups")
    row = page.get_by_role("row").filter(has_text=backup)
    await expect(row).to_contain_text(visitor.say("已驗證", "Verified"))
    violations = await axe.violations(page)
    assert violations == [], axe.told(violations)

    drill = visitor.say("演練", "rill")
    await row.get_by_role("button", name=drill).click()
    sure = page.get_by_role("dialog")
    await sure.get_by_role("button", name=visitor.say("還原演練", "Restore drill")).click()
    await expect(row).to_contain_text(
        visitor.say("還原演練通過", "The drill passed"), timeout=120_000
    )
    await expect(row).to_contain_text(visitor.say("還原演練", "restored for a trial"))
    await visitor.picture("backups")

    await row.get_by_role("button", name=visitor.say("的備份", "Backup of")).click()
    drawer = page.get_by_role("dialog")
    await expect(drawer).to_contain_text("automation backup restore ")
    await expect(drawer).to_contain_text("api.tasks")
    violations = await axe.violations(page)
    assert violations == [], axe.told(violations)
    await visitor.picture("backup")


async def test_backups_are_readable_on_a_phone_and_in_the_dark(visit: Visit, backup: str) -> None:
    visitor = await visit("zh-TW", dark=True, size=NARROW)
    await visitor.go("/backups")
    await expect(visitor.page.get_by_text(backup).first).to_be_visible()
    violations = await axe.violations(visitor.page)
    assert violations == [], axe.told(violations)
    assert await visitor.page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    await visitor.picture("phone-backups")
