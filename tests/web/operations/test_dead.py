"""Runs and messages that came to nothing: looked at, tried anew, discarded."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import asyncpg
from playwright.async_api import expect

from tests.support.system import System
from tests.web.conftest import Visit
from tests.web.operations.desk import FAILS, dead, make, row
from tests.web.people import Admin


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


async def test_dead_runs_are_tried_anew_with_other_parameters(visit: Visit, admin: Admin) -> None:
    mark = uuid4().hex[:6]
    task = await make(admin, f"dies {mark}", **FAILS)
    run_ids = await asyncio.gather(*(dead(admin, task) for _ in range(2)))
    visitor = await visit("zh-TW")
    page = visitor.page
    await visitor.go(f"/dead-letters?q={mark}")

    await expect(row(page, mark)).to_have_count(2)
    await page.get_by_role("button", name="選取所有符合的待決定項目").click()
    await page.get_by_role("button", name="改參數後重新排入…").click()
    editor = page.get_by_role("dialog").locator(".cm-content")
    await editor.click()
    await page.keyboard.press("Control+a")
    await page.keyboard.insert_text('{"message": "anew"}')
    await page.get_by_role("button", name="檢查並預覽").click()
    plan = page.get_by_role("dialog")
    await expect(plan).to_contain_text("2 次新的執行")
    await visitor.is_accessible()
    await visitor.picture("dead-runs-plan")
    found = await admin.ask("GET", "/dead-runs", params={"task_id": task, "state": "open"})
    assert len(found["items"]) == 2, "a rehearsal changes nothing"
    await plan.get_by_role("button", name="重新排入", exact=True).click()

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
    await visitor.is_accessible()
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


async def test_a_dead_letter_is_read_and_sent_again_only_where_that_is_safe(
    visit: Visit, system: System
) -> None:
    mark = uuid4().hex[:6]
    asked = json.dumps({"v": 1, "requests": []}).encode()
    safe = await bury(system, "REQUESTS", f"run.request.{mark}", asked)
    unsafe = await bury(system, "TASKS", f"task.updated.{mark}", b"{}")
    visitor = await visit("zh-TW")
    page = visitor.page
    await visitor.go(f"/dead-letters?tab=letters&q={mark}")
    await expect(row(page, mark)).to_have_count(2)

    await visitor.go(f"/dead-letters?tab=letters&q={mark}&open={unsafe}")
    again = "重送"
    await expect(page.get_by_role("alert")).to_contain_text("不能重送")
    assert await page.get_by_role("button", name=again).count() == 0
    await visitor.go(f"/dead-letters?tab=letters&q={mark}&open={safe}")
    await visitor.is_accessible()
    await visitor.picture("dead-letter")
    await page.get_by_role("button", name=again).click()
    # Not the last dialog: until the question is there, that is the drawer itself.
    await page.locator(".ant-modal").get_by_role("button", name=again).click()

    await expect(row(page, mark)).to_have_count(1)
