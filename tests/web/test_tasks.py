"""Tasks on the page: found by one line, changed by the dozen and back, one seen from all sides."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.web import axe
from tests.web.conftest import Visit
from tests.web.people import Admin
from tests.web.visitor import LANGUAGES, NARROW, Language

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


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_query_is_completed_applied_and_kept_in_the_address(
    visit: Visit, admin: Admin, language: Language
) -> None:
    mark = await herd(admin, 2)
    await make(admin, f"{mark} off", enabled=False)
    visitor = await visit(language)
    page = visitor.page
    await visitor.go("/tasks")

    await page.keyboard.press("/")
    box = page.get_by_role("combobox", name=visitor.say("查詢任務", "Find tasks"))
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


@pytest.mark.parametrize("language", LANGUAGES)
async def test_what_cannot_be_read_is_marked_and_the_list_stays(
    visit: Visit, admin: Admin, language: Language
) -> None:
    mark = await herd(admin, 1)
    visitor = await visit(language)
    page = visitor.page
    await visitor.go(f"/tasks?q={mark}")
    await expect(page.locator("[data-task]")).to_have_count(1)

    await page.get_by_role("combobox", name=visitor.say("查詢任務", "Find tasks")).fill(
        f"{mark} colour:red"
    )

    alert = page.get_by_role("alert").filter(has_text="colour")
    await expect(alert.locator("mark")).to_have_text("colour")
    await expect(alert).to_contain_text(visitor.say("沒有這個欄位", "there is no such field"))
    await expect(page.locator("[data-task]")).to_have_count(1)
    await visitor.picture("tasks-wrong-query")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_all_that_fit_are_switched_off_and_back(
    visit: Visit, admin: Admin, language: Language
) -> None:
    mark = await herd(admin, 5)
    visitor = await visit(language)
    page = visitor.page
    await visitor.go(f"/tasks?q={mark}")
    await expect(page.locator("[data-task]")).to_have_count(5)

    await page.keyboard.press("j")
    await page.keyboard.press("x")
    bar = page.get_by_role("region", name=visitor.say("已選取 1 個", "1 selected"))
    await expect(bar).to_be_visible()
    await page.get_by_label(
        visitor.say("選取已載入的全部任務", "Select all that are loaded")
    ).check()
    bar = page.get_by_role("region", name=visitor.say("已選取 5 個", "5 selected"))
    await bar.get_by_role("button", name=visitor.say("停用", "Disable")).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text(f"{mark} 00")
    await expect(dialog).to_contain_text("5")
    await visitor.picture("tasks-bulk")
    assert await axe.violations(page, within=".ant-modal") == []
    await dialog.get_by_role("button", name=visitor.say("停用", "Disable"), exact=True).click()

    progress = page.get_by_role(
        "status", name=visitor.say("批次作業進度", "Progress of the bulk job")
    )
    await expect(progress).to_contain_text(visitor.say("已完成", "Done"))
    off = await admin.ask("GET", "/task-list", params={"q": f"{mark} enabled:false"})
    assert off["total"] == 5
    await progress.get_by_role("button", name=visitor.say("復原", "Undo")).click()
    await expect(progress).to_contain_text(visitor.say("（復原）", "(undo)"))
    await expect(progress).to_contain_text(visitor.say("已完成", "Done"))
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


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_task_is_run_and_seen_from_all_sides(
    visit: Visit, admin: Admin, language: Language
) -> None:
    name = f"seen {uuid4().hex[:8]}"
    task = await make(admin, name, task_type="scheduled", schedule_config=HOURLY)
    await make(admin, f"after {name}", depends_on={"tasks": [task["id"]]})
    visitor = await visit(language)
    page = visitor.page
    await visitor.go(f"/tasks/{task['id']}")
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)

    await page.get_by_role("button", name=visitor.say("立即執行", "Run now"), exact=True).click()
    ended = page.locator("#content li").filter(has_text=visitor.say("成功", "Succeeded"))
    await expect(ended.first).to_be_visible()
    for tab in TABS:
        await page.goto(f"{visitor.url}/tasks/{task['id']}?tab={tab}")
        await expect(page.get_by_role("tab", selected=True)).to_be_visible()
        await expect(page.locator(".ant-skeleton")).to_have_count(0)
        violations = await axe.violations(page)
        assert violations == [], f"{tab}\n{axe.told(violations)}"
        await visitor.picture(f"task-{tab}")
        if tab == "dependencies":
            await expect(page.get_by_role("link", name=f"after {name}")).to_be_visible()
        if tab == "occurrences":
            await expect(page.get_by_text(visitor.say("已執行", "Ran")).first).to_be_visible()


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


async def test_the_list_is_cards_on_a_phone(visit: Visit, admin: Admin) -> None:
    mark = await herd(admin, 3)
    visitor = await visit("zh-TW", size=NARROW)
    page = visitor.page
    await visitor.go(f"/tasks?q={mark}")

    await expect(page.get_by_role("listitem").filter(has_text=mark)).to_have_count(3)
    assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    violations = await axe.violations(page)
    assert violations == [], axe.told(violations)
    await visitor.picture("tasks-phone")


async def test_thousands_of_tasks_are_a_screenful_of_document(visit: Visit, admin: Admin) -> None:
    mark = f"many-{uuid4().hex[:8]}"
    for number in range(250):
        await make(admin, f"{mark} {number:03}", enabled=False)
    visitor = await visit("en")
    page = visitor.page
    await visitor.go(f"/tasks?q={mark}&sort=name")
    await expect(row(page, f"{mark} 000")).to_be_visible()

    for _ in range(40):
        await page.mouse.wheel(0, 4_000)
        await page.wait_for_timeout(50)
        if await row(page, f"{mark} 249").count():
            break

    await expect(row(page, f"{mark} 249")).to_be_visible()
    assert await page.locator("[data-task]").count() < 60
