"""The dependency graph: why a dependant did not run, by keyboard, as a list."""

from __future__ import annotations

import re
from uuid import uuid4

from playwright.async_api import expect

from tests.web.conftest import Visit
from tests.web.operations.desk import FAILS, make, run
from tests.web.people import Admin
from tests.web.visitor import NARROW


async def test_the_graph_tells_why_a_dependant_did_not_run(visit: Visit, admin: Admin) -> None:
    mark = uuid4().hex[:6]
    after = await make(admin, f"load {mark}")
    first = await make(admin, f"extract {mark}", **FAILS, dependent_tasks=[after])
    await run(admin, first)
    visitor = await visit("zh-TW", dark=True)
    page = visitor.page
    await visitor.go("/graph")

    label = "搜尋任務名稱"
    await page.get_by_role("textbox", name=label).fill(mark)
    await expect(page).to_have_url(re.compile(f"q={mark}"))
    nodes = page.locator(".react-flow__node")
    await expect(nodes).to_have_count(2)
    await visitor.is_accessible()
    await visitor.picture("graph-found")
    await page.locator(".graph-edge-label").click()
    reason = "上游沒有成功"
    details = page.get_by_role("dialog")
    await expect(details).to_contain_text(reason)
    await visitor.picture("graph-why")
    await visitor.is_accessible()
    await page.keyboard.press("Escape")

    fold = "收合「extract"
    await page.get_by_role("button", name=re.compile(fold)).click()
    await expect(nodes).to_have_count(1)

    await page.get_by_text("清單", exact=True).click()
    listed = page.get_by_role("listitem").filter(has_text=f"load {mark}").first
    await expect(listed).to_contain_text(reason)
    await visitor.is_accessible()


async def test_the_graph_is_walked_with_the_keyboard_and_is_a_list_on_a_phone(
    visit: Visit, admin: Admin
) -> None:
    mark = uuid4().hex[:6]
    after = await make(admin, f"after {mark}")
    await make(admin, f"before {mark}", dependent_tasks=[after])
    visitor = await visit("en")
    page = visitor.page
    await visitor.go(f"/graph?q={mark}")

    await page.locator(".react-flow__node").filter(has_text="before").focus()
    await page.keyboard.press("Enter")
    details = page.get_by_role("dialog", name=f"before {mark}")
    await expect(details).to_be_visible()
    await details.get_by_role("button", name="Only what is around it").click()
    await expect(page).to_have_url(re.compile("focus="))

    await visitor.look(size=NARROW)
    await visitor.go(f"/graph?q={mark}")
    await expect(page.get_by_role("heading", name=f"before {mark}")).to_be_visible()
    assert await page.locator(".react-flow").count() == 0
    await visitor.picture("graph-phone", whole=True)
