"""Channels on the page: made, tested with what really went out and came back, told, told again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest_asyncio
from playwright.async_api import expect

from tests.support.http_sink import HttpSink
from tests.web.conftest import Visit
from tests.web.people import Admin
from tests.web.visitor import NARROW


@pytest_asyncio.fixture(loop_scope="session")
async def sink(tmp_path: Path) -> AsyncIterator[HttpSink]:
    """Run an HTTP server that writes down every call."""
    async with HttpSink(tmp_path) as server:
        yield server


async def test_a_channel_is_made_and_tested_and_its_secret_is_never_shown_again(
    visit: Visit, admin: Admin, sink: HttpSink
) -> None:
    visitor = await visit("zh-TW")
    page = visitor.page
    name = f"hook-{uuid4().hex[:6]}"
    await visitor.go("/channels")
    await page.get_by_role("button", name="新增管道").first.click()
    drawer = page.get_by_role("dialog")
    await visitor.is_accessible()
    await drawer.get_by_label("名稱", exact=True).fill(name)
    await drawer.get_by_label("網址", exact=True).fill(f"{sink.url}/status/403/secret-path")
    await visitor.picture("channel-form")
    await drawer.get_by_role("button", name="儲存並測試").click()

    test = page.get_by_role("dialog", name=f"測試「{name}」")
    await expect(test.get_by_role("alert")).to_contain_text("HTTP 403")
    await expect(test.get_by_text("403", exact=True)).to_be_visible()
    await test.get_by_role("tab", name="實際送出的請求").click()
    await expect(test).to_contain_text(f"POST {sink.url}/…")
    await expect(test).to_contain_text('"event": "test"')
    await expect(test).not_to_contain_text("secret-path")
    await visitor.is_accessible()
    await visitor.picture("channel-test")
    await test.get_by_role("button", name="關閉").last.click()

    card = page.locator(".ant-card").filter(has_text=name)
    await card.get_by_role("button", name="編輯").click()
    edit = page.get_by_role("dialog")
    await expect(edit.get_by_label("網址", exact=True)).to_have_value("")
    await edit.get_by_label("說明").fill("of the tests")
    await edit.get_by_role("button", name="儲存", exact=True).click()
    await expect(card).to_contain_text("of the tests")
    assert (await admin.ask("GET", f"/channels/{name}"))["has_secret"] is True

    await card.get_by_role("button", name="刪除").click()
    sure = page.get_by_role("dialog").get_by_role("button", name="刪除")
    await expect(sure).to_be_enabled()
    await sure.click()
    await expect(card).to_be_hidden()


async def test_what_was_told_is_in_the_log_and_is_told_again(
    visit: Visit, admin: Admin, sink: HttpSink
) -> None:
    name = f"told-{uuid4().hex[:6]}"
    await admin.ask(
        "PUT",
        f"/channels/{name}",
        json={"kind": "webhook", "secret": {"url": f"{sink.url}/{name}"}},
    )
    task = await admin.ask(
        "POST",
        "/automation-tasks",
        json={
            "name": f"fails for {name}",
            "task_type": "manual",
            "task_action": "http_request",
            "action_config": {"url": f"{sink.url}/status/500/x"},
            "notify_recipients": [name],
            "retry": {"max_attempts": 1},
        },
    )
    await admin.ask("POST", f"/automation-tasks/{task['id']}/run")
    visitor = await visit()
    page = visitor.page
    await visitor.go(f"/channels?tab=log&channel={name}")
    sent = page.get_by_role("row").filter(has_text=f"fails for {name}")
    await expect(sent).to_contain_text("Sent", timeout=60_000)
    await visitor.is_accessible()

    await sent.get_by_role("button", name="Send again").click()

    await expect(sent).to_have_count(2, timeout=30_000)
    await expect(sent.filter(has_text="Sent")).to_have_count(2)
    assert len(sink.calls(f"/{name}")) == 2
    await visitor.picture("delivery-log")

    await visitor.go("/channels?tab=incidents")
    await expect(page.get_by_role("row").filter(has_text=f"fails for {name}")).to_be_visible()
    await visitor.is_accessible()
    await visitor.go("/channels")
    card = page.locator(".ant-card").filter(has_text=name)
    await card.get_by_role("button", name="Delete").click()
    refused = page.get_by_role("dialog")
    await expect(refused.get_by_role("link", name=f"fails for {name}")).to_be_visible()
    await visitor.picture("channels")


async def test_the_form_of_a_chat_service_makes_its_address(visit: Visit, admin: Admin) -> None:
    visitor = await visit("en", size=NARROW)
    page = visitor.page
    name = f"line-{uuid4().hex[:6]}"
    await visitor.go("/channels?open=new")
    drawer = page.get_by_role("dialog")
    await drawer.get_by_role("radio", name="LINE").check()
    await drawer.get_by_label("Name", exact=True).fill(name)
    await drawer.get_by_label("Channel access token (long-lived)").fill("abc/def+1=")
    await drawer.get_by_label("User or group ID").fill("nobody")
    await drawer.get_by_role("button", name="Save", exact=True).click()
    await expect(drawer.get_by_text("This does not look right.")).to_be_visible()
    await visitor.picture("channel-line")
    await drawer.get_by_label("User or group ID").fill(f"C{'0' * 32}")
    await drawer.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible()

    kept = await admin.ask("GET", f"/channels/{name}")
    assert (kept["kind"], kept["target"]) == ("apprise", "line://…")
