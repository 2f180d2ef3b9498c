"""Scripts on the page: written with findings by line, decided on, compared, published, back."""

from __future__ import annotations

from uuid import uuid4

from playwright.async_api import expect

from tests.web.conftest import Visit
from tests.web.names import ends
from tests.web.people import Admin
from tests.web.visitor import NARROW


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


async def test_a_script_is_written_looked_through_and_compared(visit: Visit, admin: Admin) -> None:
    name = await script(admin, "one", approved=False)
    visitor = await visit("zh-TW", role="editor")
    page = visitor.page
    await visitor.go(f"/scripts/{name}")
    editor = page.get_by_role("textbox", name="腳本內容（YAML）")
    await expect(page.get_by_text("內容沒有問題")).to_be_visible()
    await editor.click()
    await page.keyboard.press("Control+End")
    await page.keyboard.type("    goto: nowhere\n")
    await expect(page.get_by_text("1 個問題")).to_be_visible()
    await expect(page.get_by_text("第 5 行")).to_be_visible()
    save = page.get_by_role("button", name="儲存為新版本")
    await save.click()
    await expect(page.get_by_role("alert").first).to_be_visible()

    await editor.click()
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Delete")
    await page.keyboard.insert_text(text("two"))
    await page.get_by_label("這次改了什麼").fill("says two")
    await save.click()
    await expect(page.get_by_text("第 2 版", exact=True).first).to_be_visible()

    for verb, done in (("送審", "審核中"), ("核准", "已核准")):
        await page.get_by_role("button", name=ends(verb)).click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name=ends(verb)).click()
        await expect(dialog).to_be_hidden()
        await expect(page.get_by_text(done, exact=True).first).to_be_visible()

    await page.get_by_role("tab", name="版本").click()
    old = page.get_by_role("textbox", name="第 1 版")
    new = page.get_by_role("textbox", name="第 2 版")
    await expect(old).to_contain_text("reply: one")
    await expect(new).to_contain_text("reply: two")
    await visitor.is_accessible()


async def test_a_version_is_published_by_a_plan_and_taken_back(visit: Visit, admin: Admin) -> None:
    name = await script(admin, "one", "two")
    for number in range(4):
        account = {"account_id": f"{name}-{number}", "display_name": "x", "script_id": name}
        await admin.ask("POST", "/accounts", json=account)
    await admin.ask("POST", f"/scripts/{name}/publish", json={"params": {"version": 1}})
    visitor = await visit(role="editor")
    page = visitor.page
    await visitor.go(f"/scripts/{name}")
    await expect(page.get_by_text("production").first).to_be_visible()

    await page.get_by_role("button", name="Publish…").click()
    wizard = page.get_by_role("dialog")
    onward = wizard.get_by_role("button", name="Next")
    await onward.click()
    await wizard.get_by_role("radio", name="Waves").check()
    for step in range(1, 5):
        hold = wizard.get_by_label(f"Watch (s) {step}")
        await hold.fill("0")
    await onward.click()
    await onward.click()
    plan = "4 of 4 accounts change"
    await expect(wizard.get_by_text(plan)).to_be_visible()
    await visitor.is_accessible()
    await wizard.get_by_role("button", name="Publish now").click()
    progress = page.get_by_role("tabpanel")
    done = "With its next start"
    await expect(progress.get_by_text(done).first).to_be_visible()
    await expect(page.get_by_text("before: version 1")).to_be_visible()

    await page.get_by_role("button", name="Roll back…").click()
    wizard = page.get_by_role("dialog")
    way = "production: from version 2 to version 1"
    await expect(wizard.get_by_text(way)).to_be_visible()
    await wizard.get_by_role("button", name="Roll back now").click()
    await expect(page.get_by_text("before: version 2")).to_be_visible()
    pointers = await admin.ask("GET", f"/scripts/{name}/pointers")
    assert [each["version"] for each in pointers] == [1]


async def test_who_may_only_look_reads_on_a_phone(visit: Visit, admin: Admin) -> None:
    name = await script(admin, "one", "two")
    visitor = await visit("zh-TW", role="viewer", size=NARROW, dark=True)
    page = visitor.page
    for path in (f"/scripts?q={name}", f"/scripts/{name}", f"/scripts/{name}?tab=versions"):
        await visitor.go(path)
        await visitor.settle()
        assert await visitor.overflow() <= 0, path
    assert await page.get_by_role("button", name="發布…").count() == 0
    await visitor.is_accessible()
