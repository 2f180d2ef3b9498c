"""Accounts on the page: found, started, stopped, held; one by one and many; why one is down."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from playwright.async_api import expect

from tests.web.conftest import Visit
from tests.web.names import ends
from tests.web.people import Admin
from tests.web.visitor import NARROW

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


async def test_many_are_started_after_a_rehearsal_and_stopped_again(
    visit: Visit, admin: Admin
) -> None:
    tag = a_tag()
    first, second = await accounts(admin, tag, 2)
    visitor = await visit("zh-TW", role="operator")
    page = visitor.page
    await visitor.go(f"/accounts?tag={tag}")
    row = page.get_by_role("row").filter(has_text=first)
    await row.get_by_role("checkbox").check()
    whole = page.get_by_role("button", name="改選全部 2 個")
    await whole.click()
    bar = page.get_by_role("region", name="批次操作")
    await bar.get_by_role("button", name=ends("啟動")).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("將改變").first).to_be_visible()
    assert (await admin.ask("GET", f"/accounts/{second}"))["desired"] == "stopped"
    await visitor.is_accessible()
    await dialog.get_by_role("button", name=ends("啟動")).click()
    await expect(bar).to_be_hidden()

    for name in (first, second):
        found = page.get_by_role("row").filter(has_text=name)
        await expect(found.get_by_text("運作中")).to_be_visible()
    stop = row.get_by_role("button", name="停止")
    await stop.click()
    await expect(row.get_by_text("已停止").first).to_be_visible()
    chip = page.get_by_role("button", name="運作中 1")
    await chip.click()
    await expect(row).to_be_hidden()
    assert "state=working" in page.url
    await page.go_back()
    await expect(row).to_be_visible()


async def test_an_account_tells_why_it_does_not_run_and_what_it_said(
    visit: Visit, admin: Admin
) -> None:
    (name,) = await accounts(admin, a_tag(), 1, "--crash-after", "0.5")
    visitor = await visit(role="editor")
    page = visitor.page
    await visitor.go(f"/accounts/{name}")
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_role("alert").filter(has_text="exit code 1")).to_be_visible()

    await page.get_by_role("tab", name="History").click()
    history = page.get_by_role("tabpanel")
    await expect(history.get_by_text("Failed").first).to_be_visible()
    await expect(history.get_by_text("Created")).to_be_visible()
    await page.get_by_role("tab", name="Program output").click()
    await expect(page.get_by_text("plays").first).to_be_visible()

    await page.get_by_role("button", name=ends("Hold")).click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name=ends("Hold")).click()
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_text("Held stopped").first).to_be_visible()
    await page.get_by_role("button", name="Release hold").click()
    await expect(page.get_by_text("Held stopped")).to_have_count(0)


async def test_an_account_is_made_and_changed_and_a_stale_change_is_told(
    visit: Visit, admin: Admin
) -> None:
    name = a_tag()
    visitor = await visit("zh-TW", role="editor")
    page = visitor.page
    await visitor.go("/accounts?form=new")
    form = page.get_by_role("dialog")
    await form.get_by_label("帳號代號").fill("not allowed!")
    await form.get_by_label("顯示名稱").fill("小編")
    create = form.get_by_role("button", name="建立")
    await create.click()
    await expect(form.get_by_role("alert").first).to_be_visible()
    await form.get_by_label("帳號代號").fill(name)
    await create.click()
    await expect(page.get_by_role("heading", level=1, name="小編")).to_be_visible()
    made = await admin.ask("GET", f"/accounts/{name}")
    assert made["config"]["runtime"]["command"] == COMMAND

    await page.get_by_role("button", name=ends("編輯")).click()
    form = page.get_by_role("dialog")
    await form.get_by_label("顯示名稱").fill("小編二號")
    await visitor.is_accessible()
    await admin.ask("PUT", f"/accounts/{name}", json={"tags": ["vip"]})
    save = form.get_by_role("button", name="儲存")
    await save.click()
    said = page.get_by_text("帳號已被他人修改")
    saved = page.get_by_role("heading", level=1, name="小編二號")
    await expect(said.or_(saved).first).to_be_visible()
    assert (await admin.ask("GET", f"/accounts/{name}"))["tags"] == ["vip"] or await said.count()


async def test_a_viewer_looks_and_touches_nothing_also_on_a_phone(
    visit: Visit, admin: Admin
) -> None:
    tag = a_tag()
    (name,) = await accounts(admin, tag, 1, server_id="nowhere")
    visitor = await visit("zh-TW", role="viewer", size=NARROW)
    page = visitor.page
    await visitor.go(f"/accounts?tag={tag}")
    await expect(page.get_by_text(name, exact=True)).to_be_visible()
    assert await page.get_by_role("button", name="啟動").count() == 0
    assert await page.get_by_role("button", name="新增帳號").count() == 0
    await page.get_by_role("link", name=f"帳號 {name}").click()
    await expect(page.get_by_role("tab", name="歷程")).to_be_visible()
    assert await visitor.overflow() <= 0
    await visitor.go("/runtimes")
    await expect(page.get_by_text("從未出現").first).to_be_visible()
    await visitor.is_accessible()
