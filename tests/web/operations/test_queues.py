"""Queues and executors: paused, limited, drained, and back again."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import uuid4

from playwright.async_api import expect

from tests.web.conftest import Visit
from tests.web.operations.desk import row
from tests.web.people import Admin


async def test_a_queue_is_paused_with_a_reason_and_an_end_and_that_is_undone(
    visit: Visit, admin: Admin
) -> None:
    name = f"pause-{uuid4().hex[:6]}"
    await admin.ask("PUT", f"/queues/{name}", json={"concurrency": 3})
    visitor = await visit("zh-TW")
    page = visitor.page
    await visitor.go("/queues")

    pause = "暫停"
    await row(page, name).get_by_role("button", name=f"{pause} {name}").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("原因").fill("資料庫維護")
    await dialog.get_by_role("combobox").click()
    await page.get_by_title("1 小時", exact=True).click()
    await visitor.is_accessible()
    await visitor.picture("queue-pause")
    await dialog.get_by_role("button", name=pause).click()

    await expect(row(page, name)).to_contain_text("資料庫維護")
    shown = await admin.ask("GET", f"/queues/{name}")
    assert shown["paused"]
    ends = datetime.fromisoformat(shown["pause"]["until"])
    began = datetime.fromisoformat(shown["pause"]["paused_at"])
    assert 3_500 < (ends - began).total_seconds() < 3_700
    await visitor.picture("queues")
    await page.get_by_role("button", name="復原").click()
    await expect(row(page, name)).not_to_contain_text("資料庫維護")
    assert not (await admin.ask("GET", f"/queues/{name}"))["paused"]


async def test_limits_of_a_queue_are_set_and_relaxed_for_a_while(
    visit: Visit, admin: Admin
) -> None:
    name = f"limit-{uuid4().hex[:6]}"
    visitor = await visit("en")
    page = visitor.page
    await visitor.go("/queues")

    await page.get_by_role("button", name="Set up a queue").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Not A Name")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.locator("[aria-invalid=true]")).to_have_count(1)
    await dialog.get_by_label("Name").fill(name)
    await dialog.get_by_label("Runs at once").fill("4")
    await dialog.get_by_label("Starts").fill("10")
    await dialog.get_by_label("Per seconds").fill("60")
    await dialog.get_by_role("button", name="Save").click()
    await expect(row(page, name)).to_contain_text("4 at once")
    assert (await admin.ask("GET", f"/queues/{name}"))["rate_limit"] == {
        "limit": 10,
        "period_seconds": 60,
    }

    await row(page, name).get_by_role("button", name=f"Actions: {name}").click()
    await page.get_by_role("menuitem", name="For a while").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Runs at once").fill("9")
    await dialog.get_by_role("button", name="Save").click()

    await expect(row(page, name)).to_contain_text("9 for a while")
    shown = await admin.ask("GET", f"/queues/{name}")
    assert (shown["concurrency"], shown["override"]["concurrency"]) == (4, 9)


async def test_everything_is_paused_and_every_page_tells(visit: Visit, admin: Admin) -> None:
    visitor = await visit("zh-TW")
    page = visitor.page
    await visitor.go("/queues")
    try:
        await page.get_by_role("button", name="全部暫停").click()
        await page.get_by_role("dialog").get_by_label("原因").fill("機房搬遷")
        await page.get_by_role("dialog").get_by_role("button", name="全部暫停").click()
        await expect(page.get_by_text("機房搬遷")).to_be_visible()
        await visitor.turn("/")
        await expect(page.get_by_text("整個系統已暫停")).to_be_visible()
        await visitor.turn("/queues")
        await page.get_by_role("button", name="全部恢復").click()
        await expect(page.get_by_text("機房搬遷")).to_be_hidden()
    finally:
        await admin.ask("POST", "/resume")


async def test_an_executor_is_drained_and_resumed(visit: Visit, admin: Admin) -> None:
    visitor = await visit(dark=True)
    page = visitor.page
    await visitor.go("/executors")
    drain = page.get_by_role("button", name=re.compile("^Drain ")).first
    try:
        await drain.click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Reason").fill("更換磁碟")
        await visitor.is_accessible()
        await dialog.get_by_role("button", name="Drain", exact=True).click()

        drained = row(page, "Drained")
        await expect(drained).to_contain_text("更換磁碟", timeout=30_000)
        await visitor.picture("executors")
        await drained.get_by_role("button").first.click()
        await expect(page.get_by_role("dialog")).to_contain_text("It has nothing in hand")
        await visitor.is_accessible()
        resume = page.get_by_role("dialog").get_by_role("button", name=re.compile("^Resume"))
        await resume.click()
        await expect(drained).to_have_count(0, timeout=30_000)
    finally:
        for each in await admin.ask("GET", "/executors"):
            await admin.ask("PUT", f"/executors/{each['executor_id']}/resume")
