"""The task form: one schedule in several views, review, conflicts; nothing typed is lost."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.web.conftest import Visit
from tests.web.people import Admin
from tests.web.visitor import NARROW, Visitor

CRON = "/schedule_config/cron"
TASKS = "/automation-tasks"
TAIPEI = {"cron": "0 9 * * *", "timezone": "Asia/Taipei"}


async def a_task(admin: Admin, name: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a task
    """Create a task over the API."""
    body = {"name": name, "task_type": "manual", "task_action": "noop", **fields}
    made: dict[str, Any] = await admin.ask("POST", TASKS, json=body)
    return made


async def open_form(visitor: Visitor, path: str = "/tasks/new") -> Page:
    """Open the form and wait until its preview is there."""
    await visitor.go(path)
    page = visitor.page
    await page.locator("#section-when").wait_for()
    return page


def at(page: Page, pointer: str) -> Any:  # noqa: ANN401 - a locator
    """Return the field of a pointer."""
    return page.locator(f"[data-pointer='{pointer}']").first


async def choose_view(page: Page, visitor: Visitor, zh: str, en: str) -> None:
    """Look at the schedule in another way."""
    views = page.get_by_role("radiogroup", name=visitor.say("設定方式", "Set it by"))
    await views.get_by_text(visitor.say(zh, en), exact=True).click()


async def review(page: Page) -> Any:  # noqa: ANN401 - a locator
    """Ask for what the change does; return the dialog."""
    await page.keyboard.press("Control+s")
    dialog = page.get_by_role("dialog")
    await dialog.wait_for()
    return dialog


async def test_a_task_is_written_reviewed_and_created(visit: Visit, admin: Admin) -> None:
    visitor = await visit("zh-TW", role="editor")
    page = await open_form(visitor)
    name = f"form {uuid4().hex[:6]}"

    await page.get_by_label(re.compile("^名稱")).fill(name)
    preview = page.get_by_role("region", name="接下來的執行時間", exact=True)
    await expect(preview.locator("tbody tr")).to_have_count(10)
    await page.locator("#section-what").get_by_text("noop", exact=True).click()
    await visitor.picture("task-form", whole=True)
    dialog = await review(page)
    await expect(dialog.get_by_text("將會建立任務")).to_be_visible()
    await visitor.picture("task-form-plan")
    await dialog.get_by_role("button", name="建立任務").click()

    await expect(page).to_have_url(re.compile("/tasks/[0-9a-f-]{36}$"))
    made = await admin.ask("GET", f"{TASKS}/{page.url.rsplit('/', 1)[1]}")
    assert (made["name"], made["task_action"]) == (name, "noop")
    assert made["schedule_config"] == TAIPEI


async def test_views_of_a_schedule_switch_without_loss_and_show_what_is_refused(
    visit: Visit,
) -> None:
    visitor = await visit()
    page = await open_form(visitor)
    odd = "7-53/9 9-17 L jan-mar 1#2,5L"
    text = at(page, CRON).get_by_role("textbox")

    await choose_view(page, visitor, "cron 運算式", "Cron")
    await text.fill(odd)
    await choose_view(page, visitor, "點選", "Grid")
    month = page.get_by_role("group", name=re.compile("^Month:"))
    pressed = month.get_by_role("button", pressed=True)
    await expect(pressed).to_have_count(3)
    await choose_view(page, visitor, "固定間隔", "Interval")
    await choose_view(page, visitor, "常用", "Presets")
    await choose_view(page, visitor, "cron 運算式", "Cron")
    await expect(text).to_have_value(odd)

    await choose_view(page, visitor, "點選", "Grid")
    hour = page.get_by_role("group", name=re.compile("^Hour:"))
    await hour.get_by_role("button", name="12", exact=True).click()
    await expect(hour.get_by_role("button", name="12", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )
    await visitor.picture("task-form-grid", whole=True)
    await choose_view(page, visitor, "cron 運算式", "Cron")

    # Only the field that was clicked is written anew.
    await expect(text).to_have_value("7-53/9 9-11,13-17 L jan-mar 1#2,5L")

    # What the server refuses is shown at its field.
    await text.fill("61 * * * *")
    await page.keyboard.press("Control+s")
    summary = page.get_by_role("alert").filter(has_text="need to be put right")
    await expect(summary).to_be_visible()
    await expect(at(page, CRON)).to_contain_text("out of range")
    await visitor.picture("task-form-problems", whole=True)
    await visitor.is_accessible(within="#content")

    # Each line of the summary leads to its field ...
    await summary.get_by_role("button", name=re.compile("^Schedule")).click()
    await expect(text).to_be_focused()
    # ... and goes away when the field is right.
    await text.fill("1 * * * *")
    await expect(at(page, CRON)).not_to_contain_text("out of range")


async def test_a_line_of_a_crontab_becomes_schedule_and_command(visit: Visit) -> None:
    visitor = await visit("zh-TW")
    page = await open_form(visitor)

    await page.get_by_role("button", name="貼上 crontab").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox").fill(
        "CRON_TZ=Europe/Berlin\n30 2 * * * root /usr/bin/copy --all # to tape\n99 * * * * oops\n"
    )
    await expect(dialog.get_by_text("超出範圍")).to_be_visible()
    await visitor.picture("task-form-crontab")
    await dialog.get_by_role("button", name="使用第 2 行").click()

    await expect(at(page, CRON).get_by_role("textbox")).to_have_value("30 2 * * *")
    await expect(page.get_by_label(re.compile("^名稱"))).to_have_value("to tape")
    await expect(page.locator("#section-when")).to_contain_text("Europe/Berlin")
    # Berlin has summer time: what becomes of the hour that does not exist is asked.
    await expect(at(page, "/schedule_config/dst_gap")).to_be_visible()
    command = page.locator("#section-what input[value='/usr/bin/copy --all']")
    await expect(command).to_be_visible()


async def test_two_who_edit_a_task_lose_nothing(visit: Visit, admin: Admin) -> None:
    task = await a_task(admin, "rivals", task_type="scheduled", schedule_config=TAIPEI, queue="old")
    visitor = await visit("zh-TW")
    page = await open_form(visitor, f"/tasks/{task['id']}/edit")
    name = page.get_by_label(re.compile("^名稱"))
    await name.fill("mine")
    await page.get_by_role("radio", name="全部排隊").check()
    theirs = {"name": "theirs", "queue": "reports"}
    await admin.ask("PUT", f"{TASKS}/{task['id']}", json=theirs)

    await page.keyboard.press("Control+s")
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("兩個版本")
    row = dialog.get_by_role("row").filter(has_text="兩方都改過")
    await expect(row).to_have_count(1)
    await visitor.picture("task-form-conflict")
    await visitor.is_accessible(within="[role=dialog]")
    await row.get_by_role("radio", name=re.compile("我的$")).check()
    await dialog.get_by_role("button", name="套用並繼續").click()
    await expect(dialog).to_be_hidden()
    plan = await review(page)
    await plan.get_by_role("button", name="儲存變更").click()
    await expect(page).to_have_url(re.compile(f"/tasks/{task['id']}$"))

    after = await admin.ask("GET", f"{TASKS}/{task['id']}")
    assert (after["name"], after["overlap"], after["queue"]) == ("mine", "buffer_all", "reports")


async def test_what_was_typed_survives_a_reload_and_is_not_left_by_accident(
    visit: Visit, admin: Admin
) -> None:
    task = await a_task(admin, "kept")
    visitor = await visit()
    page = await open_form(visitor, f"/tasks/{task['id']}/edit")
    name = page.get_by_label(re.compile("^Name"))
    await name.fill("half done")

    page.on("dialog", lambda dialog: dialog.accept())
    await page.reload()
    await expect(name).to_have_value("half done")
    await expect(page.get_by_text("was restored")).to_be_visible()
    await page.get_by_role("link", name="Queues", exact=True).click()
    asked = page.get_by_role("dialog")
    await expect(asked).to_contain_text("Leave this page?")
    await asked.get_by_role("button", name="Stay").click()
    await expect(name).to_have_value("half done")
    await page.get_by_role("link", name="Queues", exact=True).click()
    await page.get_by_role("button", name="Discard and leave").click()
    await expect(page).to_have_url(re.compile("/queues$"))

    await open_form(visitor, f"/tasks/{task['id']}/edit")
    await expect(name).to_have_value("kept")


async def test_form_and_json_are_one_value(visit: Visit) -> None:
    visitor = await visit("en")
    page = await open_form(visitor)
    await page.get_by_label(re.compile("^Name")).fill("as json")

    await page.get_by_text("JSON", exact=True).first.click()
    editor = page.get_by_role("textbox", name="The task as JSON")
    await expect(editor).to_contain_text('"as json"')
    await editor.click()
    await page.keyboard.press("Control+a")
    await page.keyboard.insert_text('{"name": "typed", "colour": 1}')
    await expect(page.get_by_text("There is no such field.").first).to_be_visible()
    await page.keyboard.press("Control+a")
    await page.keyboard.insert_text('{"name": "typed", "task_type": "manual", "priority": 1}')
    await page.get_by_text("Form", exact=True).click()

    await expect(page.get_by_label(re.compile("^Name"))).to_have_value("typed")
    await expect(page.get_by_role("radio", name=re.compile("^Manual"))).to_be_checked()


async def test_a_copy_begins_disabled_and_leaves_the_first_alone(
    visit: Visit, admin: Admin
) -> None:
    task = await a_task(admin, "first", description="kept", queue="reports")
    visitor = await visit("en")
    page = await open_form(visitor, f"/tasks/new?from={task['id']}")

    await expect(page.get_by_label(re.compile("^Name"))).to_have_value("first (copy)")
    dialog = await review(page)
    await dialog.get_by_role("button", name="Create the task").click()
    await expect(page).to_have_url(re.compile("/tasks/[0-9a-f-]{36}$"))

    copy = await admin.ask("GET", f"{TASKS}/{page.url.rsplit('/', 1)[1]}")
    assert copy["id"] != task["id"]
    assert (copy["enabled"], copy["description"], copy["queue"]) == (False, "kept", "reports")


async def test_who_may_only_look_is_told_so(visit: Visit) -> None:
    visitor = await visit("zh-TW", role="viewer")
    await visitor.go("/tasks/new")

    await expect(visitor.page.get_by_text("只能檢視任務")).to_be_visible()


async def test_everything_unfolded_is_accessible_and_fits_a_phone(visit: Visit) -> None:
    visitor = await visit("zh-TW", dark=True, size=NARROW)
    page = await open_form(visitor)
    await choose_view(page, visitor, "點選", "Grid")
    for name in (
        "失敗後自動重試",
        "上游任務結束時啟動本任務",
    ):
        await page.get_by_role("switch", name=name).click()
    await page.get_by_role("button", name="新增規則").click()
    await page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    for name in (
        "限制同時進行的次數",
        "相同的執行只留一個",
    ):
        await page.get_by_role("switch", name=name).click()
    await page.get_by_role("button", name="新增鎖").click()

    await visitor.picture("task-form-phone", whole=True)
    await visitor.is_accessible(within="#content")
    assert await visitor.overflow() <= 0
    await visitor.look(size=NARROW)
    await visitor.is_accessible(within="#content")
