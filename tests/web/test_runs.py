"""Runs on the page: found, explained, stopped, run again; their logs, live; the axis of time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import asyncpg
from playwright.async_api import Page, expect

from tests.support.system import System
from tests.web.conftest import Visit
from tests.web.people import Admin
from tests.web.visitor import NARROW, PATIENCE, Visitor

LIVE = ("waiting", "running", "retrying")
#: Log, attempts, result, parameters, course, related runs.
SIDES = 6


async def make(admin: Admin, name: str, **fields: Any) -> str:  # noqa: ANN401 - fields of a task
    task = {"name": name, "task_type": "manual", "task_action": "noop", **fields}
    return str((await admin.ask("POST", "/automation-tasks", json=task))["id"])


async def run(admin: Admin, task: str, *, until: tuple[str, ...] = ()) -> str:
    """Run a task and wait until its run has ended, or stands as told."""
    started = await admin.ask("POST", f"/automation-tasks/{task}/run")
    run_id = str(started["run_id"])
    async with asyncio.timeout(60):
        while True:
            found = (await admin.ask("GET", f"/automation-runs/{run_id}"))["status"]
            if found in until or (not until and found not in LIVE):
                return run_id
            await asyncio.sleep(0.2)


async def write(system: System, run_id: str, first: int, *texts: str, level: str = "info") -> None:
    """Have a run write lines, as the log writer stores them."""
    rows = [
        (UUID(run_id), 1, first + place, datetime.now(UTC), level, text)
        for place, text in enumerate(texts)
    ]
    connection = await asyncpg.connect(system.dsn)
    try:
        await connection.executemany("INSERT INTO log.lines VALUES ($1, $2, $3, $4, $5, $6)", rows)
    finally:
        await connection.close()


async def be_traced(system: System, run_id: str, trace: str) -> None:
    """Have a run belong to a trace, as where traces are sent somewhere."""
    connection = await asyncpg.connect(system.dsn)
    try:
        done = await connection.execute(
            "UPDATE scheduler.occurrences SET traceparent = $2 WHERE run_id = $1",
            UUID(run_id),
            f"00-{trace}-00f067aa0ba902b7-01",
        )
        assert done == "UPDATE 1"
    finally:
        await connection.close()


def in_table(page: Page, text: str) -> Any:  # noqa: ANN401 - Playwright's locator
    return page.locator(".ant-table-row").filter(has_text=text)


def line(page: Page, place: int) -> Any:  # noqa: ANN401 - Playwright's locator
    return page.locator(f".log-row[data-place='{place}']")


def run_again(visitor: Visitor) -> Any:  # noqa: ANN401 - Playwright's locator
    # Its icon has a name, too, which comes first.
    name = re.compile(visitor.say("再執行一次$", "Run again$"))
    return visitor.page.get_by_role("button", name=name)


async def ended(visitor: Visitor, count: str) -> None:
    foot = visitor.page.locator(".log-foot")
    text = visitor.say(f"已結束，共 {count} 行", f"Ended, {count} lines")
    await expect(foot).to_contain_text(text, timeout=4 * PATIENCE)


async def test_the_list_is_what_its_address_says(visit: Visit, admin: Admin) -> None:
    mark = f"list-{uuid4().hex[:8]}"
    good = await make(admin, f"{mark} good")
    bad = await make(
        admin, f"{mark} bad", action_config={"fail": True, "message": "disk 100% full"}
    )
    await run(admin, good)
    failed = await run(admin, bad)
    visitor = await visit("zh-TW")
    page = visitor.page
    await visitor.go("/runs")

    await page.keyboard.press("/")
    await page.keyboard.type(mark)
    await expect(in_table(page, mark)).to_have_count(2)
    await page.get_by_text("未成功", exact=True).click()
    await expect(in_table(page, mark)).to_have_count(1)
    await expect(in_table(page, "disk 100% full")).to_have_count(1)
    for part in (f"q={mark}", "status=failure"):
        await expect(page).to_have_url(re.compile(re.escape(part)))
    await visitor.picture("runs")
    await page.reload()
    await expect(in_table(page, mark)).to_have_count(1)
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")

    await expect(page).to_have_url(re.compile(f"/runs/{failed}$"))
    await page.go_back()
    await page.get_by_role("button", name="清除篩選").click()
    await expect(page).to_have_url(re.compile("/runs$"))


async def test_a_failed_run_says_why_and_is_run_again(
    visit: Visit, admin: Admin, system: System
) -> None:
    name = f"report {uuid4().hex[:8]}"
    config = {"fail": True, "message": "row 14: no number"}
    task = await make(admin, name, action_config=config)
    failed = await run(admin, task)
    await write(system, failed, 1, "begin")
    await write(system, failed, 2, "row 14 is wrong", level="error")
    visitor = await visit()
    page = visitor.page
    await visitor.go(f"/runs/{failed}")

    answer = page.get_by_role("status").filter(has_text="row 14: no number")
    await expect(answer).to_contain_text("It failed")
    await page.get_by_role("link", name="See the first error in the log").click()
    await expect(page).to_have_url(re.compile("#L2$"))
    await expect(line(page, 2)).to_have_class(re.compile("log-marked"))
    await visitor.picture("run-failed", whole=True)
    await run_again(visitor).click()
    await expect(page).not_to_have_url(re.compile(failed))
    again = page.url.rpartition("/")[2]
    await page.get_by_role("tab", name=re.compile("Related runs")).click()

    await expect(page.locator(f"a[href='/runs/{failed}']")).to_be_visible()
    assert (await admin.ask("GET", f"/automation-runs/{again}"))["origin_run_id"] == failed


async def test_a_live_run_is_stopped_and_says_so(visit: Visit, admin: Admin) -> None:
    task = await make(admin, f"long {uuid4().hex[:8]}", action_config={"seconds": 300})
    run_id = await run(admin, task, until=("running",))
    visitor = await visit("zh-TW", role="operator")
    page = visitor.page
    await visitor.go(f"/runs/{run_id}")

    await expect(page.get_by_role("progressbar")).to_be_visible()
    await visitor.picture("run-live")
    await page.get_by_role("button", name="取消執行").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox").fill("enough")
    await dialog.get_by_role("button", name="取消執行").click()

    answer = page.get_by_role("status").filter(has_text="已取消")
    await expect(answer.first).to_be_visible()
    assert (await admin.ask("GET", f"/automation-runs/{run_id}"))["status"] == "cancelled"


async def test_every_side_of_a_run_is_accessible(
    visit: Visit, admin: Admin, system: System
) -> None:
    run_id = await run(admin, await make(admin, f"sides {uuid4().hex[:8]}"))
    await write(system, run_id, 1, "::group::Install", "\x1b[32mok\x1b[0m", "::endgroup::", "done")
    await write(system, run_id, 5, "mind the gap", level="warning")
    await write(system, run_id, 6, "no route", level="error")
    visitor = await visit("zh-TW")
    await visitor.go(f"/runs/{run_id}")
    await ended(visitor, "6")
    tabs = visitor.page.get_by_role("tablist").first.get_by_role("tab")
    await expect(tabs).to_have_count(SIDES)
    for side in range(SIDES):
        await tabs.nth(side).click()
        await expect(tabs.nth(side)).to_have_attribute("aria-selected", "true")
        for dark in (False, True):
            await visitor.look(dark=dark)
            await visitor.settle()
            await visitor.is_accessible()
    await tabs.first.click()  # while all of them are in sight
    await visitor.look(size=NARROW)
    await ended(visitor, "6")
    await visitor.picture("run-narrow", whole=True)

    assert await visitor.overflow() <= 0


async def test_what_a_run_writes_is_text_and_nothing_else(
    visit: Visit, admin: Admin, system: System
) -> None:
    run_id = await run(admin, await make(admin, f"hostile {uuid4().hex[:8]}"))
    evil = "<img src=x onerror=\"document.title='hit'\"> <script>document.title='hit'</script>"
    hidden = "\x1b]8;;javascript:alert(1)\x07click\x1b]8;;\x07 \x1b[2J\x1b[31mred\x1b[0m"
    await write(system, run_id, 1, evil, hidden, "10%\r100%", "\u202egnp.exe", "x" * 8_000)
    visitor = await visit("en")
    page = visitor.page
    await visitor.go(f"/runs/{run_id}")
    await ended(visitor, "5")

    await expect(line(page, 1).locator(".log-text")).to_have_text(evil)
    await expect(line(page, 2).locator(".log-text")).to_have_text("click red")
    await expect(line(page, 2).locator(".ansi-fg-red")).to_have_text("red")
    await expect(line(page, 3).locator(".log-text")).to_have_text("100%")
    assert await page.locator(".log img, .log script, .log a[href^=javascript]").count() == 0
    assert "hit" not in await page.title()


async def test_a_hundred_thousand_lines_are_searched_and_scrolled(
    visit: Visit,
    admin: Admin,
    system: System,
    record_property: Callable[[str, object], None],
) -> None:
    run_id = await run(admin, await make(admin, f"large {uuid4().hex[:8]}"))
    connection = await asyncpg.connect(system.dsn)
    await connection.execute(
        "INSERT INTO log.lines SELECT $1, 1, n, now(), CASE n % 10000 WHEN 0 THEN 'error'"
        " ELSE 'info' END, 'row ' || n || ' ' || md5(n::text) FROM generate_series(1, 100000) n",
        UUID(run_id),
    )
    await connection.close()
    visitor = await visit("en")
    page = visitor.page
    await page.add_init_script(
        "window.long = 0; new PerformanceObserver((list) => { for (const each of"
        " list.getEntries()) window.long = Math.max(window.long, each.duration); })"
        ".observe({ type: 'longtask' });"
    )
    await visitor.go(f"/runs/{run_id}#L50000")
    await ended(visitor, "100,000")
    await expect(line(page, 50_000)).to_be_visible()
    loading = await page.evaluate("window.long")

    await page.evaluate("window.long = 0")
    await page.locator(".log-scroll").hover()
    for _ in range(20):
        await page.mouse.wheel(0, 4_000)
    # The wheel goes on turning the list for a while.
    await page.wait_for_function(
        "() => { const at = document.querySelector('.log-scroll').scrollTop;"
        " window.still = at === window.at ? (window.still ?? 0) + 1 : 0; window.at = at;"
        " return window.still > 20; }"
    )
    scrolling = await page.evaluate("window.long")
    await page.keyboard.press("n")
    await expect(line(page, 10_000)).to_have_class(re.compile("log-now"))
    await page.get_by_role("textbox", name="Search the log").fill("row 99999")
    await page.keyboard.press("Enter")
    await expect(line(page, 99_999)).to_be_visible()
    await visitor.picture("log-large")

    record_property("longest_task_loading_ms", round(loading))
    record_property("longest_task_scrolling_ms", round(scrolling))
    assert await page.locator(".log-row").count() < 200
    assert await page.evaluate("performance.memory?.usedJSHeapSize ?? 0") < 300e6


async def test_past_and_future_are_on_one_axis(visit: Visit, admin: Admin) -> None:
    name = f"axis {uuid4().hex[:8]}"
    schedule = {"cron": "*/20 * * * *", "timezone": "Asia/Taipei"}
    task = await make(admin, name, task_type="scheduled", schedule_config=schedule)
    run_id = await run(admin, task)
    visitor = await visit()
    page = visitor.page
    await visitor.go(f"/timeline?q={quote(name)}")

    axis = page.locator(".axis")
    await expect(axis.locator(".axis-row")).to_have_count(1)
    await expect(axis.locator(".axis-fire").first).to_be_visible()
    await expect(axis.locator(".axis-bar")).to_have_count(1)
    await visitor.picture("timeline")
    await page.keyboard.press("-")
    await expect(page).to_have_url(re.compile("from=.*to="))
    await axis.focus()
    await page.keyboard.press("ArrowRight")
    await expect(axis.get_by_role("status")).to_contain_text(name)
    await page.keyboard.press("Enter")

    await expect(page).to_have_url(re.compile(f"/runs/{run_id}"))


async def test_a_day_of_the_year_leads_to_its_runs(visit: Visit, admin: Admin) -> None:
    task = await make(admin, f"year {uuid4().hex[:8]}", action_config={"fail": True})
    await run(admin, task)
    visitor = await visit("zh-TW", dark=True)
    page = visitor.page
    await visitor.go(f"/timeline?view=calendar&task_id={task}")

    await page.locator(".year-4").first.wait_for()
    await visitor.picture("calendar")
    await page.locator(".year-scroll").focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")

    await expect(page).to_have_url(re.compile(f"/runs.*task_id={task}"))
    await expect(page.locator(".ant-table-row")).to_have_count(1)


async def test_the_trace_of_a_run_is_copied_and_led_to(
    visit: Visit, admin: Admin, system: System
) -> None:
    run_id = await run(admin, await make(admin, "traced"))
    trace = uuid4().hex
    await be_traced(system, run_id, trace)
    visitor = await visit(role="viewer")
    page = visitor.page
    await visitor.go(f"/runs/{run_id}")

    # Who may only look is not offered more.
    await expect(run_again(visitor)).to_be_disabled()
    link = page.get_by_role("link", name=trace)
    await expect(link).to_have_attribute("href", f"https://tracing.example/trace/{trace}")
    await expect(link).to_have_attribute("rel", "noopener noreferrer")
    await page.get_by_role("button", name="Copy the trace id").click()

    await expect(page.get_by_text("The trace id is copied")).to_be_visible()
    assert await page.evaluate("navigator.clipboard.readText()") == trace
    await visitor.picture("run-trace")
