"""Of a run that waits for others one can read which these are."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from services.api.documented import runs as documented_runs
from tests.integration.api.client import BASE, Api
from tests.integration.api.standing import lease, logged, minute, occurrence

LOCKED = {"locks": ["account:{{ params.account }}"]}


async def held_by(api: Api, run_id: UUID) -> list[dict[str, Any]]:
    answer = await api.http.get(f"{BASE}/automation-runs/{run_id}")
    assert answer.status_code == 200, answer.text
    run: dict[str, Any] = answer.json()
    documented_runs.RunDetail.model_validate(run)
    found: list[dict[str, Any]] = run["held_by"]
    return found


async def admitted(api: Api, task: dict[str, Any], **columns: Any) -> UUID:  # noqa: ANN401 - columns
    return await occurrence(api, task["id"], slot="", admitted_at=minute(1), **columns)


async def waiting(api: Api, task: dict[str, Any], code: str, **columns: Any) -> UUID:  # noqa: ANN401 - columns
    return await occurrence(api, task["id"], held=True, waits_for=code, **columns)


def runs(found: list[dict[str, Any]]) -> set[str]:
    return {each["run_id"] for each in found}


async def test_the_live_runs_of_its_task(api: Api) -> None:
    task, other = await api.create(name="mine"), await api.create()
    live = await admitted(api, task)
    await lease(api, live, task["id"])
    between = await waiting(api, task, "retry", attempt=2)
    await logged(api, await admitted(api, task), task["id"])
    await admitted(api, other)

    found = await held_by(api, await waiting(api, task, "overlap"))

    assert runs(found) == {str(live), str(between)}
    assert {"task_id": task["id"], "task_name": "mine"}.items() <= found[0].items()


async def test_the_runs_with_its_locks_whatever_their_tasks(api: Api) -> None:
    task, other = await api.create(**LOCKED), await api.create()
    lock = json.dumps(["account:7", "x"])
    holder = await admitted(api, other, locks=lock)
    await admitted(api, other, locks=json.dumps(["account:8"]))
    await waiting(api, other, "retry", attempt=2, locks=lock)  # has nothing just now
    params = json.dumps({"account": 7})

    found = await held_by(api, await waiting(api, task, "lock", params=params))

    assert runs(found) == {str(holder)}


@pytest.mark.parametrize("full", [True, False])
async def test_the_runs_in_its_slots_or_else_in_its_queue(api: Api, full: bool) -> None:  # noqa: FBT001
    limit = {"key": "{{ params.account }}", "limit": 2}
    task, other = await api.create(concurrency=limit), await api.create()
    mine = [
        await occurrence(api, task["id"], slot="7", admitted_at=minute(number))
        for number in range(2 if full else 1)
    ]
    another = await occurrence(api, task["id"], slot="8", admitted_at=minute(3))
    foreign = await admitted(api, other)
    params = json.dumps({"account": 7})

    found = await held_by(api, await waiting(api, task, "concurrency", params=params))

    assert runs(found) == {str(each) for each in (mine if full else [*mine, another, foreign])}


async def test_nobody_is_in_the_way_of_what_waits_for_a_time(api: Api) -> None:
    task = await api.create()
    await admitted(api, task)

    assert await held_by(api, await waiting(api, task, "rate_limit")) == []
    assert await held_by(api, await admitted(api, task)) == []
