"""`?dry_run=true`: what a change would do is told, and nothing is left of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from services.api.documented import plan as documented_plan
from tests.integration.api.client import BASE, TASKS, Api, a_task
from tests.integration.api.ledger import add_lease, add_run
from tests.support.cases import cases

DRY = {"dry_run": "true"}
HOURLY: dict[str, Any] = {
    "task_type": "scheduled",
    "schedule_config": {"cron": "0 * * * *", "timezone": "Asia/Taipei"},
}


async def trace(api: Api) -> list[object]:
    """Return everything that a change leaves behind."""
    tables = ("api.tasks", "api.outbox", "api.idempotency", "api.queues", "api.calendars")
    counts: list[object] = [await api.count(table) for table in tables]
    rows = await api.pool.fetch("SELECT * FROM api.tasks ORDER BY seq")
    return [*counts, [tuple(row.values()) for row in rows], list(api.woken)]


def plan_of(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    plan: dict[str, Any] = answer.json()
    documented_plan.TaskPlan.model_validate(plan)
    assert (plan["dry_run"], plan["valid"], plan["problems"]) == (True, True, [])
    assert "…" not in plan["summary"]
    return plan


async def test_a_creation_is_told_and_leaves_no_trace(api: Api) -> None:
    before = await trace(api)

    answer = await api.http.post(
        TASKS, json=a_task(**HOURLY), params=DRY, headers={"Idempotency-Key": "k"}
    )

    plan = plan_of(answer)
    assert await trace(api) == before
    assert plan["task"]["schedule_config"] == HOURLY["schedule_config"]
    assert (plan["fires_before"], len(plan["fires_after"])) == ([], 10)
    assert plan["fires_after"][0]["local"].endswith(":00:00+08:00")
    assert plan["fires_after"][0]["at"] == plan["task"]["next_run_at"]
    assert (plan["fires_added"], plan["fires_removed"]) == (168, 0)
    assert not plan["fires_now"]
    assert (await api.http.get(f"{TASKS}/{plan['task']['id']}")).status_code == 404


Send = Callable[[Api, str], Awaitable[httpx.Response]]


async def test_a_change_leaves_no_trace(api: Api) -> None:
    sends: list[Send] = [
        lambda api, path: api.http.put(path, json={"name": "x", "priority": 1}, params=DRY),
        lambda api, path: api.http.put(path, json={"enabled": False}, params=DRY),
        lambda api, path: api.http.delete(path, params=DRY),
    ]
    for case in cases(sends):
        with case as send:
            task = await api.create(**HOURLY)
            path = f"{TASKS}/{task['id']}"
            before = await trace(api)

            answer = await send(api, path)

            plan_of(answer)
            assert await trace(api) == before
            assert (await api.http.get(path)).json() == task


async def test_a_new_schedule_is_told_fire_by_fire(api: Api) -> None:
    task = await api.create(**HOURLY)

    answer = await api.http.put(
        f"{TASKS}/{task['id']}",
        json={"schedule_config": {"cron": "0,30 * * * *", "timezone": "Asia/Taipei"}},
        params=DRY,
    )

    plan = plan_of(answer)
    assert (plan["fires_added"], plan["fires_removed"]) == (168, 0)
    assert len({fire["at"] for fire in plan["fires_after"]}) == 10
    assert plan["task"]["version"] == task["version"] + 1
    assert plan["queued_runs_affected"] == plan["running_runs_affected"] == 0


async def test_a_pause_takes_the_fires_and_a_resume_gives_them_back(api: Api) -> None:
    task = await api.create(**HOURLY)
    path = f"{TASKS}/{task['id']}"

    pause = plan_of(await api.http.put(path, json={"enabled": False}, params=DRY))
    await api.http.put(path, json={"enabled": False})
    resume = plan_of(await api.http.put(path, json={"enabled": True}, params=DRY))

    assert (pause["fires_added"], pause["fires_removed"], pause["fires_after"]) == (0, 168, [])
    assert (resume["fires_added"], resume["fires_removed"], resume["fires_before"]) == (168, 0, [])
    assert not resume["fires_now"]


async def test_runs_in_hand_are_counted(api: Api) -> None:
    task = await api.create(**HOURLY)
    path = f"{TASKS}/{task['id']}"
    await add_run(api, task["id"], held=True, waits_for="overlap")
    await add_run(api, task["id"])
    await add_lease(api, await add_run(api, task["id"]), task["id"])
    await add_run(api, task["id"], settled=True)

    deleted = plan_of(await api.http.delete(path, params=DRY))
    changed = plan_of(await api.http.put(path, json={"priority": 1}, params=DRY))
    renamed = plan_of(await api.http.put(path, json={"description": "x"}, params=DRY))
    rule = {"notify": [{"on": ["failure"], "channels": ["ann@example.com"]}]}
    told = plan_of(await api.http.put(path, json=rule, params=DRY))

    assert (deleted["queued_runs_affected"], deleted["running_runs_affected"]) == (2, 1)
    assert (changed["queued_runs_affected"], changed["running_runs_affected"]) == (2, 1)
    for plan in (renamed, told):
        assert (plan["queued_runs_affected"], plan["running_runs_affected"]) == (0, 0)


async def test_what_waits_is_taken_back_by_switching_off_and_by_no_later_edit(api: Api) -> None:
    task = await api.create(**HOURLY)
    path, english = f"{TASKS}/{task['id']}", {"Accept-Language": "en"}
    await add_run(api, task["id"], held=True, waits_for="overlap")

    async def summary(**fields: Any) -> str:  # noqa: ANN401 - fields of a task
        plan = plan_of(await api.http.put(path, json=fields, params=DRY, headers=english))
        assert plan["queued_runs_affected"] == 1
        return str(plan["summary"])

    off = await summary(enabled=False)
    await api.http.put(path, json={"enabled": False})
    edited = await summary(priority=1)

    assert "waiting runs: 1, which would be taken back" in off
    assert "taken back" not in edited


async def test_tied_tasks_are_named(api: Api) -> None:
    below = await api.create(name="below")
    task = await api.create(dependent_tasks=[below["id"]])
    above = await api.create(name="above", dependent_tasks=[task["id"]])
    waits = await api.create(name="waits", depends_on={"tasks": [task["id"]]})

    plan = plan_of(await api.http.delete(f"{TASKS}/{task['id']}", params=DRY))

    assert plan["task"] is None
    assert {(each["id"], each["name"], each["relation"]) for each in plan["dependants"]} == {
        (below["id"], "below", "started_by_it"),
        (above["id"], "above", "starts_it"),
        (waits["id"], "waits", "waits_for_it"),
    }


async def test_fires_in_a_blackout_are_not_among_them(api: Api) -> None:
    nights = {"weekly": [{"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}]}
    nights["weekly"][0] |= {"from": "12:00", "to": "00:00"}  # type: ignore[dict-item]
    await api.http.put(f"{BASE}/calendars/afternoons", json={**nights, "timezone": "Asia/Taipei"})
    task = await api.create(**HOURLY)

    answer = await api.http.put(
        f"{TASKS}/{task['id']}", json={"blackout": {"calendars": ["afternoons"]}}, params=DRY
    )

    plan = plan_of(answer)
    assert (plan["fires_added"], plan["fires_removed"]) == (0, 84)
    assert all(int(fire["local"][11:13]) < 12 for fire in plan["fires_after"])


async def test_the_next_run_is_behind_the_blackout(api: Api) -> None:
    today = datetime.now(UTC).date()
    days = {"dates": [{"from": str(today), "to": str(today + timedelta(days=2))}]}
    await api.http.put(f"{BASE}/calendars/days", json=days)
    behind = f"{today + timedelta(days=3)}T00:00:00Z"
    config = {"cron": "30 * * * *"}

    skips = await api.create(
        task_type="scheduled", schedule_config=config, blackout={"calendars": ["days"]}
    )
    waits = await api.create(
        task_type="scheduled",
        schedule_config=config,
        blackout={"calendars": ["days"], "on_blackout": "run_at_end"},
    )
    shown = (await api.http.get(f"{TASKS}/{waits['id']}")).json()

    assert skips["next_run_at"] == behind.replace("T00:00", "T00:30")
    assert waits["next_run_at"] == shown["next_run_at"] == behind


async def test_a_fire_that_the_change_causes_at_once_is_told(api: Api) -> None:
    task = await api.create(**HOURLY)

    answer = await api.http.put(
        f"{TASKS}/{task['id']}", json={"schedule_config": {"interval_seconds": 2}}, params=DRY
    )

    plan = plan_of(answer)
    assert plan["fires_now"]
    assert plan["fires_added"] <= 2000
    assert plan["fires_counted_until"] < plan["fires_before"][-1]["at"]
    assert plan["fires_counted_until"] in plan["summary"]
    assert "7 days" not in plan["summary"]


async def test_the_summary_is_in_the_callers_language(api: Api) -> None:
    sent = a_task(**HOURLY)

    english = plan_of(await api.http.post(TASKS, json=sent, params=DRY))
    chinese = plan_of(
        await api.http.post(TASKS, json=sent, params=DRY, headers={"Accept-Language": "zh-TW"})
    )

    assert english["summary"] == (
        "The task would be created, with 168 fires more and 0 fewer within 7 days;"
        " it would not fire at once."
    )
    assert chinese["summary"] == (
        "將會建立任務，七天內增加 168 次、減少 0 次排定的執行，不會立即執行。"
    )


async def test_what_is_refused_is_refused_in_a_dry_run_too(api: Api) -> None:
    task = await api.create()
    path = f"{TASKS}/{task['id']}"
    stale = {"If-Match": '"9"'}
    nowhere = f"{TASKS}/00000000-0000-4000-8000-000000000000"

    answers = [
        await api.http.post(TASKS, json=a_task(priority=9), params=DRY),
        await api.http.put(path, json={"priority": 9}, params=DRY),
        await api.http.put(path, json={"priority": 1}, params=DRY, headers=stale),
        await api.http.delete(nowhere, params=DRY),
        await api.http.delete(path, params={"dry_run": "perhaps"}),
    ]

    assert [each.status_code for each in answers] == [422, 422, 412, 404, 400]
    assert answers[0].json()["errors"][0]["pointer"] == "/priority"
    assert (await api.http.get(path)).json() == task


async def test_no_dry_run_is_a_change(api: Api) -> None:
    for case in cases(["false", "0", ""]):
        with case as value:
            before = await api.count("api.tasks")

            answer = await api.http.post(TASKS, json=a_task(), params={"dry_run": value})

            assert answer.status_code == 201
            assert await api.count("api.tasks") == before + 1
