"""Accounts on the page: found, started, stopped, held; one by one and many; why one is down."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.web import axe
from tests.web.conftest import Visit
from tests.web.names import ends
from tests.web.people import Admin
from tests.web.visitor import LANGUAGES, NARROW, Language

COMMAND = ["demo-account", "--id", "{account_id}", "--port", "{port}", "--script", "{script}"]


async def accounts(admin: Admin, tag: str, count: int, *flags: str, **fields: Any) -> list[str]:  # noqa: ANN401 - JSON
    """Create demo accounts that carry *tag*; return their ids."""
    runtime = {
        "command": [*COMMAND, *flags],
        "ready": {"kind": "http"},
        "restart": {"max": 0},
    }
    names = [f"{tag}-{number}" for number in range(count)]
    for name in names:
        body = {"account_id": name, "display_name": f"帳號 {name}", "tags": [tag], **fields}
        await admin.ask("POST", "/accounts", json={**body, "config": {"runtime": runtime}})
    return names


def a_tag() -> str:
    return f"t{uuid4().hex[:6]}"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_many_are_started_after_a_rehearsal_and_stopped_again(
    visit: Visit, admin: Admin, language: Language
) -> None:
    tag = a_tag()
    first, second = await accounts(admin, tag, 2)
    visitor = await visit(language, role="operator")
    page, say = visitor.page, visitor.say
    await visitor.go(f"/accounts?tag={tag}")
    row = page.get_by_role("row").filter(has_text=first)
    await row.get_by_role("checkbox").check()
    whole = page.get_by_role("button", name=say("改選全部 2 個", "Select all 2 that match"))
    await whole.click()
    bar = page.get_by_role("region", name=say("批次操作", "Bulk actions"))
    await bar.get_by_role("button", name=ends(say("啟動", "Start"))).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text(say("將改變", "Will change")).first).to_be_visible()
    assert (await admin.ask("GET", f"/accounts/{second}"))["desired"] == "stopped"
    violations = await axe.violations(page)
    assert violations == [], axe.told(violations)
    await dialog.get_by_role("button", name=ends(say("啟動", "Start"))).click()
    await expect(bar).to_be_hidden()

    for name in (first, second):
        found = page.get_by_role("row").filter(has_text=name)
        await expect(found.get_by_text(say("運作中", "Working"))).to_be_visible()
    stop = row.get_by_role("button", name=say("停止", "Stop"))
    await stop.click()
    await expect(row.get_by_text(say("已停止", "Stopped")).first).to_be_visible()
    chip = page.get_by_role("button", name=say("運作中 1", "Working 1"))
    await chip.click()
    await expect(row).to_be_hidden()
    assert "state=working" in page.url
    await page.go_back()
    await expect(row).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_account_tells_why_it_does_not_run_and_what_it_said(
    visit: Visit, admin: Admin, language: Language
) -> None:
    (name,) = await accounts(admin, a_tag(), 1, "--crash-after", "0.5")
    visitor = await visit(language, role="editor")
    page, say = visitor.page, visitor.say
    await visitor.go(f"/accounts/{name}")
    await page.get_by_role("button", name=say("啟動", "Start")).click()
    await expect(page.get_by_role("alert").filter(has_text="exit code 1")).to_be_visible()

    await page.get_by_role("tab", name=say("歷程", "History")).click()
    history = page.get_by_role("tabpanel")
    await expect(history.get_by_text(say("失敗", "Failed")).first).to_be_visible()
    await expect(history.get_by_text(say("建立帳號", "Created"))).to_be_visible()
    await page.get_by_role("tab", name=say("程序輸出", "Program output")).click()
    await expect(page.get_by_text("plays").first).to_be_visible()

    await page.get_by_role("button", name=ends(say("鎖定", "Hold"))).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name=ends(say("鎖定", "Hold"))).click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text(say("鎖定停止", "Held stopped")).first).to_be_visible()
    await page.get_by_role("button", name=say("解除鎖定", "Release hold")).click()
    await expect(page.get_by_text(say("鎖定停止", "Held stopped"))).to_have_count(0)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_account_is_made_and_changed_and_a_stale_change_is_told(
    visit: Visit, admin: Admin, language: Language
) -> None:
    name = a_tag()
    visitor = await visit(language, role="editor")
    page, say = visitor.page, visitor.say
    await visitor.go("/accounts?form=new")
    form = page.get_by_role("dialog")
    await form.get_by_label(say("帳號代號", "Account id")).fill("not allowed!")
    await form.get_by_label(say("顯示名稱", "Display name")).fill("小編")
    create = form.get_by_role("button", name=say("建立", "Create"))
    await create.click()
    await expect(form.get_by_role("alert").first).to_be_visible()
    await form.get_by_label(say("帳號代號", "Account id")).fill(name)
    await create.click()
    await expect(page.get_by_role("heading", level=1, name="小編")).to_be_visible()
    made = await admin.ask("GET", f"/accounts/{name}")
    assert made["config"]["runtime"]["command"] == COMMAND

    await page.get_by_role("button", name=ends(say("編輯", "Edit"))).click()
    form = page.get_by_role("dialog")
    await form.get_by_label(say("顯示名稱", "Display name")).fill("小編二號")
    violations = await axe.violations(page)
    assert violations == [], axe.told(violations)
    await admin.ask("PUT", f"/accounts/{name}", json={"tags": ["vip"]})
    await page.wait_for_timeout(100)
    save = form.get_by_role("button", name=say("儲存", "Save"))
    await save.click()
    said = page.get_by_text(say("帳號已被他人修改", "Somebody else has changed the account"))
    saved = page.get_by_role("heading", level=1, name="小編二號")
    await expect(said.or_(saved).first).to_be_visible()
    assert (await admin.ask("GET", f"/accounts/{name}"))["tags"] == ["vip"] or await said.count()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_viewer_looks_and_touches_nothing_also_on_a_phone(
    visit: Visit, admin: Admin, language: Language
) -> None:
    tag = a_tag()
    (name,) = await accounts(admin, tag, 1, server_id="nowhere")
    visitor = await visit(language, role="viewer", size=NARROW)
    page, say = visitor.page, visitor.say
    await visitor.go(f"/accounts?tag={tag}")
    await expect(page.get_by_text(name, exact=True)).to_be_visible()
    assert await page.get_by_role("button", name=say("啟動", "Start")).count() == 0
    assert await page.get_by_role("button", name=say("新增帳號", "New account")).count() == 0
    await page.get_by_role("link", name=f"帳號 {name}").click()
    await expect(page.get_by_role("tab", name=say("歷程", "History"))).to_be_visible()
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= NARROW[0]
    await visitor.go("/runtimes")
    await expect(page.get_by_text(say("從未出現", "Never heard")).first).to_be_visible()
    violations = await axe.violations(page)
    assert violations == [], axe.told(violations)
