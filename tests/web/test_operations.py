"""The operators' pages: overview, dependency graph, queues, executors, what could not be ended."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.support.system import System
from tests.web import axe
from tests.web.conftest import Visit
from tests.web.people import Admin
from tests.web.visitor import LANGUAGES, NARROW, Language, Visitor

#: Fails at once, twice, so that its run counts as dead.
FAILS = {
    "action_config": {"fail": True, "message": "第 14 列：價格不是數字"},
    "retry": {"max_attempts": 2, "initial_interval_seconds": 0.1, "max_interval_seconds": 0.1},
}
PATIENT = 60.0


async def make(admin: Admin, name: str, **fields: Any) -> str:  # noqa: ANN401 - fields of a task
    task = {"name": name, "task_type": "manual", "task_action": "noop", **fields}
    return str((await admin.ask("POST", "/automation-tasks", json=task))["id"])


async def run(admin: Admin, task: str) -> str:
    """Run a task and wait until it has ended."""
    run_id = str((await admin.ask("POST", f"/automation-tasks/{task}/run"))["run_id"])
    async with asyncio.timeout(PATIENT):
        while True:
            found = (await admin.ask("GET", f"/automation-runs/{run_id}"))["status"]
            if found not in ("waiting", "running", "retrying"):
                return run_id
            await asyncio.sleep(0.2)


async def dead(admin: Admin, task: str) -> str:
    """Let a run of a task die; return it once it is listed."""
    run_id = await run(admin, task)
    async with asyncio.timeout(PATIENT):
        while True:
            found = await admin.ask("GET", "/dead-runs", params={"task_id": task})
            if run_id in [each["run_id"] for each in found["items"]]:
                return run_id
            await asyncio.sleep(0.2)


def row(page: Page, text: str) -> Locator:
    return page.locator(".ant-table-row").filter(has_text=text)


async def is_accessible(visitor: Visitor) -> None:
    # The frame around every page is looked at in `test_feel.py`.
    found = await axe.violations(visitor.page, without=(".ant-layout-header",))
    assert found == [], axe.told(found)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_overview_answers_what_fails_and_leads_there(
    visit: Visit, admin: Admin, language: Language
) -> None:
    name = f"fails {uuid4().hex[:6]}"
    task = await make(admin, name, **FAILS)
    await run(admin, task)
    visitor = await visit(language, dark=language == "en")
    page = visitor.page

    await visitor.go("/")

    failing = page.get_by_role("region", name=visitor.say("哪些失敗", "What fails"))
    entry = failing.get_by_role("listitem").filter(has_text=name)
    await expect(entry).to_contain_text(visitor.say("從未成功", "never succeeded"))
    await is_accessible(visitor)
    await visitor.picture("overview", whole=True)
    await entry.get_by_role("link", name=name, exact=True).click()
    await expect(page).to_have_url(re.compile(f"/tasks/{task}"))

    await visitor.go("/")
    await page.get_by_role("link", name=visitor.say("失敗中的任務", "Failing tasks")).click()
    await expect(page).to_have_url(re.compile(r"/tasks\?q=failing"))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_empty_system_teaches_the_first_steps(visit: Visit, language: Language) -> None:
    visitor = await visit(language)

    async def without_tasks(route: Route) -> None:
        answer = await route.fetch()
        board = await answer.json()
        board["counts"]["tasks"] = 0
        await route.fulfill(response=answer, body=json.dumps(board))

    await visitor.page.route("**/group-ai/dashboard", without_tasks)
    await visitor.go("/")

    steps = visitor.page.get_by_role("heading", name=visitor.say("開始使用", "First steps"))
    await expect(steps).to_be_visible()
    await is_accessible(visitor)
    await visitor.picture("overview-empty")
    await visitor.page.get_by_role("link", name=visitor.say("瀏覽範本", "Browse templates")).click()
    await expect(visitor.page).to_have_url(re.compile("/templates$"))
    await visitor.page.unroute_all(behavior="ignoreErrors")


async def test_the_heat_map_is_added_up_by_weekday_and_the_address_knows(visit: Visit) -> None:
    visitor = await visit("en")
    await visitor.go("/")

    await visitor.page.get_by_text("Weekday × hour").click()

    await expect(visitor.page).to_have_url(re.compile("heat=weekdays"))
    await expect(visitor.page.get_by_role("img", name=re.compile("Failures of 30"))).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_queue_is_paused_with_a_reason_and_an_end_and_that_is_undone(
    visit: Visit, admin: Admin, language: Language
) -> None:
    name = f"pause-{uuid4().hex[:6]}"
    await admin.ask("PUT", f"/queues/{name}", json={"concurrency": 3})
    visitor = await visit(language)
    page = visitor.page
    await visitor.go("/queues")

    pause = visitor.say("暫停", "Pause")
    await row(page, name).get_by_role("button", name=f"{pause} {name}").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label(visitor.say("原因", "Reason")).fill("資料庫維護")
    await dialog.get_by_role("combobox").click()
    await page.get_by_title(visitor.say("1 小時", "1 hour"), exact=True).click()
    await is_accessible(visitor)
    await visitor.picture("queue-pause")
    await dialog.get_by_role("button", name=pause).click()

    await expect(row(page, name)).to_contain_text("資料庫維護")
    shown = await admin.ask("GET", f"/queues/{name}")
    assert shown["paused"]
    ends = datetime.fromisoformat(shown["pause"]["until"])
    began = datetime.fromisoformat(shown["pause"]["paused_at"])
    assert 3_500 < (ends - began).total_seconds() < 3_700
    await visitor.picture("queues")
    await page.get_by_role("button", name=visitor.say("復原", "Undo")).click()
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
        await visitor.go("/")
        await expect(page.get_by_text("整個系統已暫停")).to_be_visible()
        await visitor.go("/queues")
        await page.get_by_role("button", name="全部恢復").click()
        await expect(page.get_by_text("機房搬遷")).to_be_hidden()
    finally:
        await admin.ask("POST", "/resume")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_executor_is_drained_and_resumed(
    visit: Visit, admin: Admin, language: Language
) -> None:
    visitor = await visit(language, dark=language == "zh-TW")
    page = visitor.page
    await visitor.go("/executors")
    drain = page.get_by_role("button", name=re.compile(visitor.say("^排空 ", "^Drain "))).first
    try:
        await drain.click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label(visitor.say("原因", "Reason")).fill("更換磁碟")
        await is_accessible(visitor)
        await dialog.get_by_role("button", name=visitor.say("排空", "Drain"), exact=True).click()

        drained = row(page, visitor.say("已排空", "Drained"))
        await expect(drained).to_contain_text("更換磁碟", timeout=30_000)
        await visitor.picture("executors")
        await drained.get_by_role("button").first.click()
        await expect(page.get_by_role("dialog")).to_contain_text(
            visitor.say("手上沒有執行", "It has nothing in hand")
        )
        await is_accessible(visitor)
        resume = page.get_by_role("dialog").get_by_role(
            "button", name=re.compile(visitor.say("^恢復接單", "^Resume"))
        )
        await resume.click()
        await expect(drained).to_have_count(0, timeout=30_000)
    finally:
        for each in await admin.ask("GET", "/executors"):
            await admin.ask("PUT", f"/executors/{each['executor_id']}/resume")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_graph_tells_why_a_dependant_did_not_run(
    visit: Visit, admin: Admin, language: Language
) -> None:
    mark = uuid4().hex[:6]
    after = await make(admin, f"load {mark}")
    first = await make(admin, f"extract {mark}", **FAILS, dependent_tasks=[after])
    await run(admin, first)
    visitor = await visit(language, dark=language == "en")
    page = visitor.page
    await visitor.go("/graph")

    label = visitor.say("搜尋任務名稱", "Search by name")
    await page.get_by_role("textbox", name=label).fill(mark)
    await expect(page).to_have_url(re.compile(f"q={mark}"))
    nodes = page.locator(".react-flow__node")
    await expect(nodes).to_have_count(2)
    await is_accessible(visitor)
    await visitor.picture("graph-found")
    await page.locator(".graph-edge-label").click()
    reason = visitor.say("上游沒有成功", "The upstream task did not succeed")
    details = page.get_by_role("dialog")
    await expect(details).to_contain_text(reason)
    await visitor.picture("graph-why")
    await is_accessible(visitor)
    await page.keyboard.press("Escape")

    fold = visitor.say("收合「extract", "Collapse what comes after extract")
    await page.get_by_role("button", name=re.compile(fold)).click()
    await expect(nodes).to_have_count(1)

    await page.get_by_text(visitor.say("清單", "List"), exact=True).click()
    listed = page.get_by_role("listitem").filter(has_text=f"load {mark}").first
    await expect(listed).to_contain_text(reason)
    await is_accessible(visitor)


async def test_the_graph_is_walked_with_the_keyboard(visit: Visit, admin: Admin) -> None:
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


async def test_on_a_phone_the_graph_is_a_list(visit: Visit, admin: Admin) -> None:
    mark = uuid4().hex[:6]
    after = await make(admin, f"after {mark}")
    await make(admin, f"before {mark}", dependent_tasks=[after])
    visitor = await visit("zh-TW", size=NARROW)
    await visitor.go(f"/graph?q={mark}")

    await expect(visitor.page.get_by_role("heading", name=f"before {mark}")).to_be_visible()
    assert await visitor.page.locator(".react-flow").count() == 0
    await visitor.picture("graph-phone", whole=True)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_dead_runs_are_tried_anew_with_other_parameters(
    visit: Visit, admin: Admin, language: Language
) -> None:
    mark = uuid4().hex[:6]
    task = await make(admin, f"dies {mark}", **FAILS)
    run_ids = [await dead(admin, task) for _ in range(2)]
    visitor = await visit(language)
    page = visitor.page
    await visitor.go(f"/dead-letters?q={mark}")

    await expect(row(page, mark)).to_have_count(2)
    await page.get_by_role(
        "button", name=visitor.say("選取所有符合的待決定項目", "Select all open ones that match")
    ).click()
    await page.get_by_role(
        "button", name=visitor.say("改參數後重新排入…", "Requeue with other parameters…")
    ).click()
    editor = page.get_by_role("dialog").locator(".cm-content")
    await editor.click()
    await page.keyboard.press("Control+a")
    await page.keyboard.insert_text('{"message": "anew"}')
    await page.get_by_role("button", name=visitor.say("檢查並預覽", "Check")).click()
    plan = page.get_by_role("dialog")
    await expect(plan).to_contain_text(visitor.say("2 次新的執行", "2 new runs"))
    await is_accessible(visitor)
    await visitor.picture("dead-runs-plan")
    found = await admin.ask("GET", "/dead-runs", params={"task_id": task, "state": "open"})
    assert len(found["items"]) == 2, "a rehearsal changes nothing"
    await plan.get_by_role("button", name=visitor.say("重新排入", "Requeue"), exact=True).click()

    await expect(row(page, mark)).to_have_count(0)
    found = await admin.ask("GET", "/dead-runs", params={"task_id": task, "state": "requeued"})
    assert {each["run_id"] for each in found["items"]} == set(run_ids)
    new = await admin.ask("GET", f"/automation-runs/{found['items'][0]['new_run_id']}")
    assert new["params"] == {"message": "anew"}


async def test_a_dead_run_is_looked_at_and_discarded(visit: Visit, admin: Admin) -> None:
    mark = uuid4().hex[:6]
    task = await make(admin, f"dies {mark}", **FAILS)
    run_id = await dead(admin, task)
    visitor = await visit("en", dark=True)
    page = visitor.page
    await visitor.go(f"/dead-letters?q={mark}")

    await row(page, mark).get_by_role("button", name=f"dies {mark}").click()
    drawer = page.get_by_role("dialog", name=f"dies {mark}")
    await expect(drawer).to_contain_text("價格不是數字")
    await is_accessible(visitor)
    await visitor.picture("dead-run")
    await drawer.get_by_role("button", name="Discard").click()
    await (
        page.get_by_role("dialog", name="Discard 1 run")
        .get_by_role("button", name="Discard")
        .click()
    )

    await expect(row(page, mark)).to_have_count(0)
    found = await admin.ask("GET", "/dead-runs", params={"task_id": task})
    assert [(each["run_id"], each["state"]) for each in found["items"]] == [(run_id, "discarded")]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_dead_letter_is_read_and_sent_again_only_where_that_is_safe(
    visit: Visit, system: System, language: Language
) -> None:
    mark = uuid4().hex[:6]
    order = json.dumps({"v": 1, "run_id": str(uuid4()), "attempt": 1}).encode()
    safe = await bury(system, "DUE", f"task.due.default.3.{mark}", order)
    unsafe = await bury(system, "TASKS", f"task.updated.{mark}", b"{}")
    visitor = await visit(language)
    page = visitor.page
    await visitor.go(f"/dead-letters?tab=letters&q={mark}")
    await expect(row(page, mark)).to_have_count(2)

    await visitor.go(f"/dead-letters?tab=letters&q={mark}&open={unsafe}")
    again = visitor.say("重送", "Send again")
    await expect(page.get_by_role("alert")).to_contain_text(
        visitor.say("不能重送", "cannot be sent again")
    )
    assert await page.get_by_role("button", name=again).count() == 0
    await visitor.go(f"/dead-letters?tab=letters&q={mark}&open={safe}")
    await is_accessible(visitor)
    await visitor.picture("dead-letter")
    await page.get_by_role("button", name=again).click()
    await page.get_by_role("dialog").last.get_by_role("button", name=again).click()

    await expect(row(page, mark)).to_have_count(1)


async def bury(system: System, stream: str, subject: str, payload: bytes) -> int:
    """Keep a message as the log writer keeps what nobody could handle."""
    connection = await asyncpg.connect(system.dsn)
    try:
        number: int = await connection.fetchval(
            "INSERT INTO log.dead_letters (fingerprint, stream, subject, reason, payload)"
            " VALUES ($1, $2, $3, 'not handled by anybody in 5 deliveries', $4) RETURNING id",
            uuid4().hex,
            stream,
            subject,
            payload,
        )
        return number
    finally:
        await connection.close()


async def test_who_only_looks_finds_no_switches(visit: Visit, admin: Admin) -> None:
    await admin.ask("PUT", "/queues/looked-at", json={})
    visitor = await visit("en", role="viewer")
    page = visitor.page

    await visitor.go("/queues")
    await expect(row(page, "looked-at")).to_be_visible()
    assert await page.get_by_role("button", name=re.compile("^Pause")).count() == 0
    await visitor.go("/executors")
    await expect(page.locator(".ant-table-row").first).to_be_visible()
    assert await page.get_by_role("button", name=re.compile("^Drain")).count() == 0
