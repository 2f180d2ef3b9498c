"""Scripts on the page: written with findings by line, decided on, compared, published, back."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.web import axe
from tests.web.conftest import Visit
from tests.web.names import ends
from tests.web.people import Admin
from tests.web.visitor import LANGUAGES, NARROW, Language


def text(reply: str) -> str:
    return f"name: Morning\nsteps:\n  - id: hello\n    reply: {reply}\n"


async def script(admin: Admin, *replies: str, approved: bool = True) -> str:
    """Create a script with a version for each reply; the last one is approved. Return its id."""
    name = f"s{uuid4().hex[:6]}"
    first, *later = replies
    body = {"script_id": name, "name": f"早安 {name}", "yaml_content": text(first)}
    await admin.ask("POST", "/scripts", json=body)
    for each in [None, *later]:
        if each is not None:
            change = {"yaml_content": text(each), "change_summary": f"says {each}"}
            await admin.ask("PUT", f"/scripts/{name}", json=change)
        for verb in ("submit", "approve") if approved else ():
            await admin.ask("POST", f"/scripts/{name}/{verb}", json={})
    return name


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_script_is_written_looked_through_and_compared(
    visit: Visit, admin: Admin, language: Language
) -> None:
    name = await script(admin, "one", approved=False)
    visitor = await visit(language, role="editor")
    page, say = visitor.page, visitor.say
    await visitor.go(f"/scripts/{name}")
    editor = page.get_by_role("textbox", name=say("腳本內容（YAML）", "Script (YAML)"))
    await expect(page.get_by_text(say("內容沒有問題", "Nothing is wrong with it"))).to_be_visible()
    await editor.click()
    await page.keyboard.press("Control+End")
    await page.keyboard.type("    goto: nowhere\n", delay=5)
    await expect(page.get_by_text(say("1 個問題", "1 problem"))).to_be_visible()
    await expect(page.get_by_text(say("第 5 行", "line 5"))).to_be_visible()
    save = page.get_by_role("button", name=say("儲存為新版本", "Save as a new version"))
    await save.click()
    await expect(page.get_by_role("alert").first).to_be_visible()

    await editor.click()
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Delete")
    await page.keyboard.insert_text(text("two"))
    await page.get_by_label(say("這次改了什麼", "What this changes")).fill("says two")
    await save.click()
    await expect(page.get_by_text(say("第 2 版", "version 2"), exact=True).first).to_be_visible()

    for verb, done in (
        (say("送審", "Submit"), say("審核中", "In review")),
        (say("核准", "Approve"), say("已核准", "Approved")),
    ):
        await page.get_by_role("button", name=ends(verb)).click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name=ends(verb)).click()
        await expect(dialog).to_be_hidden()
        await expect(page.get_by_text(done, exact=True).first).to_be_visible()

    await page.get_by_role("tab", name=say("版本", "Versions")).click()
    old = page.get_by_role("textbox", name=say("第 1 版", "version 1"))
    new = page.get_by_role("textbox", name=say("第 2 版", "version 2"))
    await expect(old).to_contain_text("reply: one")
    await expect(new).to_contain_text("reply: two")
    violations = await axe.violations(page)
    assert violations == [], axe.told(violations)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_version_is_published_by_a_plan_and_taken_back(
    visit: Visit, admin: Admin, language: Language
) -> None:
    name = await script(admin, "one", "two")
    for number in range(4):
        account = {"account_id": f"{name}-{number}", "display_name": "x", "script_id": name}
        await admin.ask("POST", "/accounts", json=account)
    await admin.ask("POST", f"/scripts/{name}/publish", json={"params": {"version": 1}})
    visitor = await visit(language, role="editor")
    page, say = visitor.page, visitor.say
    await visitor.go(f"/scripts/{name}")
    await expect(page.get_by_text("production").first).to_be_visible()

    await page.get_by_role("button", name=say("發布…", "Publish…")).click()
    wizard = page.get_by_role("dialog")
    onward = wizard.get_by_role("button", name=say("下一步", "Next"))
    await onward.click()
    await wizard.get_by_role("radio", name=say("分批", "Waves")).check()
    for step in range(1, 5):
        hold = wizard.get_by_label(say(f"觀察秒數 {step}", f"Watch (s) {step}"))
        await hold.fill("0")
    await onward.click()
    await onward.click()
    plan = say("4 個帳號中有 4 個會改變", "4 of 4 accounts change")
    await expect(wizard.get_by_text(plan)).to_be_visible()
    violations = await axe.violations(page)
    assert violations == [], axe.told(violations)
    await wizard.get_by_role("button", name=say("開始發布", "Publish now")).click()
    progress = page.get_by_role("tabpanel")
    done = say("下次啟動生效", "With its next start")
    await expect(progress.get_by_text(done).first).to_be_visible()
    await expect(page.get_by_text(say("前一版：第 1 版", "before: version 1"))).to_be_visible()

    await page.get_by_role("button", name=say("回復上一版…", "Roll back…")).click()
    wizard = page.get_by_role("dialog")
    way = say("production：從第 2 版換成第 1 版", "production: from version 2 to version 1")
    await expect(wizard.get_by_text(way)).to_be_visible()
    await wizard.get_by_role("button", name=say("開始回復", "Roll back now")).click()
    await expect(page.get_by_text(say("前一版：第 2 版", "before: version 2"))).to_be_visible()
    pointers = await admin.ask("GET", f"/scripts/{name}/pointers")
    assert [each["version"] for each in pointers] == [1]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_whoever_may_only_look_reads_on_a_phone(
    visit: Visit, admin: Admin, language: Language
) -> None:
    name = await script(admin, "one", "two")
    visitor = await visit(language, role="viewer", size=NARROW, dark=True)
    page, say = visitor.page, visitor.say
    for path in (f"/scripts?q={name}", f"/scripts/{name}", f"/scripts/{name}?tab=versions"):
        await visitor.go(path)
        await page.wait_for_load_state("networkidle")
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= NARROW[0], path
    assert await page.get_by_role("button", name=say("發布…", "Publish…")).count() == 0
    violations = await axe.violations(page)
    assert violations == [], axe.told(violations)
