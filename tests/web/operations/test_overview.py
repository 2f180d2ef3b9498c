"""The overview: what fails, what is late, what to do first."""

from __future__ import annotations

import json
import re
from uuid import uuid4

from playwright.async_api import Route, expect

from tests.web.conftest import Visit
from tests.web.operations.desk import FAILS, make, row, run
from tests.web.people import Admin


async def test_the_overview_answers_what_fails_and_leads_there(visit: Visit, admin: Admin) -> None:
    name = f"fails {uuid4().hex[:6]}"
    task = await make(admin, name, **FAILS)
    await run(admin, task)
    visitor = await visit(dark=True)
    page = visitor.page

    await visitor.go("/")

    failing = page.get_by_role("region", name="What fails")
    entry = failing.get_by_role("listitem").filter(has_text=name)
    await expect(entry).to_contain_text("never succeeded")
    await visitor.is_accessible()
    await visitor.picture("overview", whole=True)
    await entry.get_by_role("link", name=name, exact=True).click()
    await expect(page).to_have_url(re.compile(f"/tasks/{task}"))
    await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()

    await visitor.turn("/")
    await page.get_by_text("Weekday × hour").click()
    await expect(page).to_have_url(re.compile("heat=weekdays"))
    await expect(page.get_by_role("img", name=re.compile("Failures of 30"))).to_be_visible()
    await page.get_by_role("link", name="Failing tasks").click()
    await expect(page).to_have_url(re.compile(r"/tasks\?q=failing"))


async def test_an_empty_system_teaches_the_first_steps(visit: Visit) -> None:
    visitor = await visit("zh-TW")

    async def without_tasks(route: Route) -> None:
        answer = await route.fetch()
        board = await answer.json()
        board["counts"]["tasks"] = 0
        await route.fulfill(response=answer, body=json.dumps(board))

    await visitor.page.route("**/group-ai/dashboard", without_tasks)
    await visitor.go("/")

    steps = visitor.page.get_by_role("heading", name="開始使用")
    await expect(steps).to_be_visible()
    await visitor.is_accessible()
    await visitor.picture("overview-empty")
    await visitor.page.get_by_role("link", name="瀏覽範本").click()
    await expect(visitor.page).to_have_url(re.compile("/templates$"))
    await visitor.page.unroute_all(behavior="ignoreErrors")


async def test_who_only_looks_finds_no_switches(visit: Visit, admin: Admin) -> None:
    await admin.ask("PUT", "/queues/looked-at", json={})
    visitor = await visit("en", role="viewer")
    page = visitor.page

    await visitor.go("/queues")
    await expect(row(page, "looked-at")).to_be_visible()
    assert await page.get_by_role("button", name=re.compile("^Pause")).count() == 0
    await visitor.turn("/executors")
    await expect(page.locator(".ant-table-row").first).to_be_visible()
    assert await page.get_by_role("button", name=re.compile("^Drain")).count() == 0
