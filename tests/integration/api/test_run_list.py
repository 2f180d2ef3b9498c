"""All runs in one list: those of the log and those that wait, newest first, page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.api.documented import runs as documented_runs
from services.api.store import run_list
from tests.integration.api.client import BASE, Api
from tests.integration.api.standing import logged, minute, occurrence
from tests.support.cases import cases

RUNS = f"{BASE}/automation-runs"


async def page(api: Api, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - query parameters
    answer = await api.http.get(RUNS, params=params)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    documented_runs.ListedRuns.model_validate(shown)
    return shown


async def ids(api: Api, **params: Any) -> list[str]:  # noqa: ANN401 - query parameters
    return [each["run_id"] for each in (await page(api, **params))["items"]]


async def ran(api: Api, task_id: str, number: int, **columns: Any) -> str:  # noqa: ANN401
    """Have a run begin at a minute."""
    run_id = await occurrence(api, task_id, at=minute(number), settled=True)
    await logged(api, run_id, task_id, started_at=minute(number), **columns)
    return str(run_id)


async def test_the_log_and_what_waits_are_one_list(api: Api) -> None:
    task = await api.create()
    first = await ran(api, task["id"], 1)
    waiting = await occurrence(api, task["id"], at=minute(2), held=True, waits_for="overlap")
    live = await ran(api, task["id"], 3, status="running", final=False)
    await api.pool.execute("UPDATE scheduler.occurrences SET settled = false")
    last = await ran(api, task["id"], 4)

    shown = (await page(api))["items"]

    assert [each["run_id"] for each in shown] == [last, live, str(waiting), first]
    assert [each["status"] for each in shown] == ["success", "running", "waiting", "success"]


async def test_pages_lead_through_all_runs_once(api: Api) -> None:
    task = await api.create()
    # Several at the same instant: the id tells them apart.
    made = [await ran(api, task["id"], number // 3) for number in range(8)]
    made += [str(await occurrence(api, task["id"], at=minute(number // 2))) for number in range(3)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        shown = await page(api, limit=2, cursor=cursor)
        seen += [each["run_id"] for each in shown["items"]]
        cursor = shown["next"]

    assert sorted(seen) == sorted(made)
    assert seen == await ids(api)


async def test_runs_are_filtered(api: Api) -> None:
    task, other = await api.create(), await api.create()
    success = await ran(api, task["id"], 1)
    failure = await ran(api, task["id"], 2, status="failure")
    scheduled = await ran(api, task["id"], 3, trigger="schedule")
    theirs = await ran(api, other["id"], 4)
    waiting = str(await occurrence(api, task["id"], at=minute(5), queue="slow"))

    assert await ids(api, task_id=other["id"]) == [theirs]
    assert await ids(api, status="failure") == [failure]
    assert await ids(api, status="waiting") == [waiting]
    assert await ids(api, status="retrying") == []
    assert await ids(api, trigger="schedule") == [scheduled]
    assert await ids(api, queue="slow") == [waiting]
    assert await ids(api, queue="default") == [theirs, scheduled, failure, success]
    bounds = {"from": "2026-01-01T00:02:00Z", "to": "2026-01-01T00:04:00Z"}
    assert await ids(api, **bounds) == [scheduled, failure]
    assert await ids(api, task_id=str(uuid4())) == []


async def test_several_words_of_a_filter_are_any_of_them(api: Api) -> None:
    task = await api.create()
    success = await ran(api, task["id"], 1)
    failure = await ran(api, task["id"], 2, status="failure", trigger="schedule")
    timed_out = await ran(api, task["id"], 3, status="timed_out", trigger="event")
    waiting = str(await occurrence(api, task["id"], at=minute(4)))

    assert await ids(api, status="failure,timed_out") == [timed_out, failure]
    assert await ids(api, status="waiting,success") == [waiting, success]
    assert await ids(api, trigger="schedule,event") == [timed_out, failure]


async def test_runs_are_found_by_what_is_said_of_them(api: Api) -> None:
    task, other = await api.create(name="夜間備份"), await api.create(task_action="greet")
    full = await ran(api, task["id"], 1, error_message="disk 100% full", status="failure")
    slow = await ran(api, other["id"], 2, duration_seconds=90.5, executor="two", result="greeted")
    waiting = str(await occurrence(api, task["id"], at=minute(3)))

    assert await ids(api, q="備份") == [waiting, full]
    assert await ids(api, q="00% F") == [full]
    assert await ids(api, error="0% full") == [full]
    assert await ids(api, error="100_ full") == []
    assert await ids(api, q="GREETED") == [slow]
    assert await ids(api, q=slow) == [slow]
    assert await ids(api, q=waiting) == [waiting]
    assert await ids(api, q=task["id"]) == [waiting, full]
    assert await ids(api, executor="two") == [slow]
    assert await ids(api, min_seconds=90) == [slow]
    assert await ids(api, min_seconds=91) == []
    assert await ids(api, action="greet") == [waiting, slow, full]
    assert await ids(api, action="other") == []


async def test_a_search_goes_on_where_a_page_had_looked_enough(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_list, "LOOKED_AT", 3)
    task = await api.create()
    made = [
        await ran(api, task["id"], number, executor="two" if number % 5 == 0 else "one")
        for number in range(12)
    ]
    waiting = str(await occurrence(api, task["id"], at=minute(4.5)))
    found: list[str] = []
    cursor: str | None = ""
    pages = 0
    while cursor is not None:
        shown = await page(api, executor="two", limit=5, cursor=cursor)
        found += [each["run_id"] for each in shown["items"]]
        cursor, pages = shown["next"], pages + 1
    named: list[str] = []
    cursor = ""
    while cursor is not None:
        shown = await page(api, q="a task", limit=2, cursor=cursor)
        named += [each["run_id"] for each in shown["items"]]
        cursor = shown["next"]

    assert found == [made[10], made[5], made[0]]
    assert 3 <= pages <= 6
    assert named == [*made[:4:-1], waiting, *made[4::-1]]


async def test_runs_are_counted_if_asked(api: Api) -> None:
    task = await api.create()
    for number in range(3):
        await ran(api, task["id"], number, status="failure" if number else "success")
    await occurrence(api, task["id"], at=minute(4))

    assert (await page(api))["total"] is None
    assert (await page(api, total="true", limit=1))["total"] == 4
    assert (await page(api, total="true", status="failure"))["total"] == 2
    assert (await page(api, total="true", status="waiting"))["total"] == 1


async def test_a_row_tells_why_the_run_is_there_and_how_it_waited(api: Api) -> None:
    task, upstream = await api.create(name="report"), await api.create(name="fetch")
    run_id = await occurrence(
        api,
        task["id"],
        at=minute(1),
        trigger="dependency",
        settled=True,
        origin=f'{{"run_id":"{uuid4()}","causes":["{upstream["id"]}"]}}',
    )
    later = minute(1) + timedelta(seconds=30)
    await logged(api, run_id, task["id"], trigger="dependency", started_at=later)
    schedule = await ran(api, task["id"], 3, trigger="schedule", scheduled_for=minute(2))

    api.http.headers["accept-language"] = "zh-TW"
    first, second = (await page(api))["items"]
    detail = (await api.http.get(f"{RUNS}/{run_id}")).json()

    assert first["run_id"] == schedule
    assert (first["why"], first["late_seconds"]) == ("依排程執行。", 60.0)
    assert (second["task_name"], second["task_action"]) == ("report", "greet")
    assert (second["why"], second["wait_seconds"]) == ("上游任務「fetch」結束後執行。", 30.0)
    assert second["late_seconds"] is None
    assert {name: detail[name] for name in second} == second


async def test_a_run_names_those_that_it_caused(api: Api) -> None:
    task = await api.create(name="fetch")
    cause = await ran(api, task["id"], 1)
    caused = await occurrence(
        api,
        task["id"],
        at=minute(2),
        trigger="dependency",
        origin=f'{{"run_id":"{cause}","causes":["{task["id"]}"]}}',
    )

    before = (await api.http.get(f"{RUNS}/{cause}")).json()
    after = (await api.http.get(f"{RUNS}/{caused}")).json()

    assert [(each["run_id"], each["status"]) for each in before["caused"]] == [
        (str(caused), "waiting")
    ]
    assert after["caused_by"]["run_id"] == cause
    assert UUID(after["caused_by"]["task_id"]) == UUID(task["id"])
    assert before["caused_by"] is None


async def test_an_odd_question_is_refused(shared_api: Api) -> None:
    for case in cases(
        [
            ("status=broken", "/query/status"),
            ("status=success,broken", "/query/status"),
            ("min_seconds=x", "/query/min_seconds"),
            ("q=" + "q" * 201, "/query/q"),
            ("q=a%00b", "/query/q"),
            ("task_id=x", "/query/task_id"),
            ("from=yesterday", "/query/from"),
            ("to=2026-01-01T00:00:00", "/query/to"),
            ("limit=0", "/query/limit"),
            ("limit=501", "/query/limit"),
            ("limit=1_0", "/query/limit"),
            ("cursor=x", "/query/cursor"),
            ("queue=" + "q" * 65, "/query/queue"),
            ("trigger=a%00b", "/query/trigger"),
            ("status=success&status=failure", "/query/status"),
        ]
    ):
        with case as (query, pointer):
            answer = await shared_api.http.get(f"{RUNS}?{query}")

            assert answer.status_code == 400
            assert pointer in [each["pointer"] for each in answer.json()["errors"]]
