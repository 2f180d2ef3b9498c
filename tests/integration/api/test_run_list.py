"""All runs in one list: those of the log and those that wait, newest first, page by page."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from services.api.documented import runs as documented_runs
from tests.integration.api.client import BASE, Api
from tests.integration.api.standing import logged, minute, occurrence

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


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("status=broken", "/query/status"),
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
    ],
)
async def test_an_odd_question_is_refused(shared_api: Api, query: str, pointer: str) -> None:
    answer = await shared_api.http.get(f"{RUNS}?{query}")

    assert answer.status_code == 400
    assert pointer in [each["pointer"] for each in answer.json()["errors"]]
