"""Tasks on the page: found by one line, changed by the dozen and back, one seen from all sides."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.web.conftest import Visit
from tests.web.people import Admin
from tests.web.visitor import NARROW, PATIENCE

#: More than the list asks for at once.
MANY = 130
HOURLY = {"cron": "0 * * * *", "timezone": "Asia/Taipei"}
TABS = (
    "overview",
    "runs",
    "statistics",
    "occurrences",
    "backfills",
    "dependencies",
    "history",
    "definition",
)


async def make(admin: Admin, name: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    task = {"name": name, "task_type": "manual", "task_action": "noop", **fields}
    made: dict[str, Any] = await admin.ask("POST", "/automation-tasks", json=task)
    return made


async def herd(admin: Admin, count: int) -> str:
    """Make tasks that nobody else's test finds; return what their names begin with."""
    mark = f"herd-{uuid4().hex[:8]}"
    for number in range(count):
        await make(admin, f"{mark} {number:02}")
    return mark


def row(page: Page, name: str) -> Any:  # noqa: ANN401 - Playwright's locator
    return page.locator("[data-task]").filter(has_text=name)


async def test_a_query_is_completed_applied_and_kept_in_the_address(
    visit: Visit, admin: Admin
) -> None:
    mark = await herd(admin, 2)
    await make(admin, f"{mark} off", enabled=False)
    visitor = await visit("zh-TW")
    page = visitor.page
    await visitor.go("/tasks")

    await page.keyboard.press("/")
    box = page.get_by_role("combobox", name="查詢任務")
    await expect(box).to_be_focused()
    await box.press_sequentially(f"{mark} enab")
    await expect(page.get_by_role("option", name=re.compile("^enabled"))).to_be_visible()
    await box.press("ArrowDown")
    await box.press("Enter")
    await box.press("ArrowDown")
    await box.press("ArrowDown")
    await visitor.picture("tasks-completion")
    await box.press("Enter")

    await expect(page.locator("[data-task]")).to_have_count(1)
    await expect(row(page, f"{mark} off")).to_be_visible()
    await expect(page).to_have_url(re.compile(rf"q={mark}\+enabled%3Afalse"))
    await page.reload()
    await expect(page.locator("[data-task]")).to_have_count(1)

    # What cannot be read is marked, and the list stays.
    await box.fill(f"{mark} colour:red")
    alert = page.get_by_role("alert").filter(has_text="colour")
    await expect(alert.locator("mark")).to_have_text("colour")
    await expect(alert).to_contain_text("沒有這個欄位")
    await expect(page.locator("[data-task]")).to_have_count(1)
    await visitor.picture("tasks-wrong-query")

    # On a phone the list is cards.
    await visitor.look(size=NARROW)
    await box.fill(mark)
    await expect(page.get_by_role("listitem").filter(has_text=mark)).to_have_count(3)
    assert await visitor.overflow() <= 0
    await visitor.is_accessible()
    await visitor.picture("tasks-phone")


async def test_all_that_fit_are_switched_off_and_back(visit: Visit, admin: Admin) -> None:
    mark = await herd(admin, 5)
    visitor = await visit()
    page = visitor.page
    await visitor.go(f"/tasks?q={mark}")
    await expect(page.locator("[data-task]")).to_have_count(5)

    await page.keyboard.press("j")
    await page.keyboard.press("x")
    bar = page.get_by_role("region", name="1 selected")
    await expect(bar).to_be_visible()
    await page.get_by_label("Select all that are loaded").check()
    bar = page.get_by_role("region", name="5 selected")
    await bar.get_by_role("button", name="Disable").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text(f"{mark} 00")
    await expect(dialog).to_contain_text("5")
    await visitor.picture("tasks-bulk")
    await visitor.is_accessible(within=".ant-modal")
    await dialog.get_by_role("button", name="Disable", exact=True).click()

    progress = page.get_by_role("status", name="Progress of the bulk job")
    await expect(progress).to_contain_text("Done")
    off = await admin.ask("GET", "/task-list", params={"q": f"{mark} enabled:false"})
    assert off["total"] == 5
    await progress.get_by_role("button", name="Undo").click()
    await expect(progress).to_contain_text("(undo)")
    await expect(progress).to_contain_text("Done")
    on = await admin.ask("GET", "/task-list", params={"q": f"{mark} enabled:true"})
    assert on["total"] == 5


async def test_a_view_is_saved_and_opened_again(visit: Visit, admin: Admin) -> None:
    mark = await herd(admin, 1)
    visitor = await visit("zh-TW")
    page = visitor.page
    await visitor.go(f"/tasks?q={mark}&sort=name")

    await page.get_by_role("button", name="檢視", exact=False).first.click()
    await page.get_by_role("button", name="儲存目前的檢視…").click()
    await page.get_by_role("dialog").get_by_label("名稱").fill(f"我的 {mark}")
    await page.get_by_role("dialog").get_by_role("button", name="儲存").click()
    await expect(page.get_by_role("button", name=f"我的 {mark}")).to_be_visible()
    await visitor.go("/tasks")
    await page.get_by_role("button", name="檢視", exact=False).first.click()
    await page.get_by_role("link", name=f"我的 {mark}").click()

    await expect(page).to_have_url(re.compile(f"q={mark}"))
    await expect(page.locator("[data-task]")).to_have_count(1)


async def test_a_task_is_run_and_seen_from_all_sides(visit: Visit, admin: Admin) -> None:
    name = f"seen {uuid4().hex[:8]}"
    task = await make(admin, name, task_type="scheduled", schedule_config=HOURLY)
    await make(admin, f"after {name}", depends_on={"tasks": [task["id"]]})
    visitor = await visit("zh-TW")
    page = visitor.page
    await visitor.go(f"/tasks/{task['id']}")
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)

    await page.get_by_role("button", name="立即執行", exact=True).click()
    ended = page.locator("#content li").filter(has_text="成功")
    await expect(ended.first).to_be_visible()
    tabs = page.get_by_role("tablist").first.get_by_role("tab")
    await expect(tabs).to_have_count(len(TABS))
    for place, tab in enumerate(TABS):
        await tabs.nth(place).click()
        await expect(page).to_have_url(re.compile(f"tab={tab}" if place else task["id"]))
        await visitor.settle()
        await visitor.is_accessible()
        await visitor.picture(f"task-{tab}")
        if tab == "dependencies":
            await expect(page.get_by_role("link", name=f"after {name}")).to_be_visible()
        if tab == "occurrences":
            await expect(page.get_by_text("已執行").first).to_be_visible()


async def test_past_fires_are_run_again(visit: Visit, admin: Admin) -> None:
    task = await make(
        admin, f"back {uuid4().hex[:8]}", task_type="scheduled", schedule_config=HOURLY
    )
    visitor = await visit("en")
    page = visitor.page
    await visitor.go(f"/tasks/{task['id']}?tab=backfills")

    await page.get_by_role("button", name="Backfill…").click()
    dialog = page.get_by_role("dialog", name="Backfill past fires")
    await expect(dialog.get_by_text(re.compile("2[34] runs, from"))).to_be_visible()
    await visitor.picture("task-backfill")
    await dialog.get_by_role("button", name="Start").click()

    await expect(page.get_by_text(re.compile(r"(\d+) / \1$"))).to_be_visible(timeout=60_000)


async def test_deleting_tells_first_what_depends_on_it(visit: Visit, admin: Admin) -> None:
    name = f"gone {uuid4().hex[:8]}"
    task = await make(admin, name)
    await make(admin, f"after {name}", depends_on={"tasks": [task["id"]]})
    visitor = await visit("en")
    page = visitor.page
    await visitor.go(f"/tasks/{task['id']}")

    await page.get_by_role("button", name="More", exact=True).click()
    await page.get_by_role("menuitem", name="Delete…").click()
    dialog = page.get_by_role("dialog", name=f"Delete “{name}”?")
    await expect(dialog.get_by_role("link", name=f"after {name}")).to_be_visible()
    await dialog.get_by_role("button", name="Delete", exact=True).click()

    await expect(page).to_have_url(re.compile("/tasks$"))
    await page.goto(f"{visitor.url}/tasks/{task['id']}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("There is no such task")


async def test_a_viewer_is_offered_nothing_that_would_be_refused(
    visit: Visit, admin: Admin
) -> None:
    mark = await herd(admin, 1)
    visitor = await visit("en", role="viewer")
    page = visitor.page
    await visitor.go(f"/tasks?q={mark}")
    await expect(page.locator("[data-task]")).to_have_count(1)

    rows = page.locator("[data-task]")
    await expect(rows.get_by_role("button", name=re.compile("^Run"))).to_have_count(0)
    await expect(page.locator("[data-task] input[type=checkbox]")).to_have_count(0)
    await row(page, mark).get_by_role("link").first.click()
    await expect(page.get_by_role("button", name="Run now", exact=True)).to_be_disabled()
    await expect(page.get_by_role("tab", name="History")).to_have_count(0)


async def test_any_number_of_tasks_is_a_screenful_of_document(visit: Visit, admin: Admin) -> None:
    mark = f"many-{uuid4().hex[:8]}"
    for number in range(MANY):
        await make(admin, f"{mark} {number:03}", enabled=False)
    visitor = await visit("en")
    page = visitor.page
    await visitor.go(f"/tasks?q={mark}&sort=name")
    await expect(row(page, f"{mark} 000")).to_be_visible()

    last = row(page, f"{mark} {MANY - 1}")
    async with asyncio.timeout(PATIENCE / 1_000):
        while not await last.count():
            await page.mouse.wheel(0, 4_000)

    await expect(last).to_be_visible()
    assert await page.locator("[data-task]").count() < 60
