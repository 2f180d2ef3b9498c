"""Flow: a change is told before it is made, and then the ledger shows just that."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.e2e.place import Place

BASE = "/api/v1/group-ai"
YEARLY = {"cron": "0 0 1 1 *", "timezone": "Asia/Taipei"}


async def test_the_fires_that_a_dry_run_tells_get_into_the_ledger(place: Place) -> None:
    task = await place.calling("told", task_type="scheduled", schedule_config=YEARLY)
    often = {"schedule_config": {"interval_seconds": 2}}
    plan = await call(place, "PUT", f"/automation-tasks/{task}?dry_run=true", often)
    assert plan["fires_now"]
    assert (plan["queued_runs_affected"], plan["running_runs_affected"]) == (0, 0)

    await place.operator.edit(task, **often)
    await place.called("told", 3)
    fires = {each["scheduled_for"] for each in await occurrences(place, task)}

    told = [each["at"] for each in plan["fires_after"]]
    assert set(told[1:3]) <= fires, "the first one may have passed before the change was made"
    assert {at for at in fires if at <= told[-1]} <= set(told)


async def test_the_runs_that_a_dry_run_counts_are_those_that_are_taken_back(place: Place) -> None:
    schedule = {"schedule_config": {"interval_seconds": 1}, "overlap": "buffer_all"}
    task = await place.calling("delay/10/held", task_type="scheduled", **schedule)

    async def three_wait() -> dict[str, Any] | None:
        plan = await call(place, "DELETE", f"/automation-tasks/{task}?dry_run=true")
        return plan if plan["queued_runs_affected"] >= 3 and plan["running_runs_affected"] else None

    plan = await place.eventually(three_wait, what="three runs wait behind one")
    assert plan["running_runs_affected"] == 1
    assert plan["fires_after"] == []

    await place.operator.edit(task, enabled=False)

    async def taken() -> dict[str, Any] | None:
        after = await call(place, "DELETE", f"/automation-tasks/{task}?dry_run=true")
        # An edit within 300 ms of a fire comes too late for it: that one stays.
        return after if after["queued_runs_affected"] <= 1 else None

    after = await place.eventually(taken, what="what waited is taken back")
    taken_back = [
        each for each in await occurrences(place, task) if each["reason_code"] == "task.disabled"
    ]
    left = after["queued_runs_affected"]
    assert len(taken_back) + left >= plan["queued_runs_affected"]
    assert len(taken_back) >= 2
    running = await call(place, "GET", f"/automation-runs?task_id={task}")
    for each in running["items"]:
        await place.operator.call("POST", f"{BASE}/automation-runs/{each['id']}/cancel", json={})


async def occurrences(place: Place, task: UUID) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (
        await call(place, "GET", f"/automation-tasks/{task}/occurrences?limit=100")
    )["items"]
    return items


async def call(place: Place, method: str, path: str, body: Any = None) -> dict[str, Any]:  # noqa: ANN401 - JSON
    answer = await place.operator.call(method, f"{BASE}{path}", json=body)
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told
