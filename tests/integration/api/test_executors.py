"""Executors over HTTP: who is there, what they have in hand, drained and resumed by operators."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.api.documented import operations as documented
from tests.integration.api.client import BASE, Api, bearer, client_of
from tests.integration.api.standing import executor, lease

EXECUTORS = f"{BASE}/executors"
ONE = UUID(int=11)


async def listed(api: Api) -> dict[str, dict[str, Any]]:
    found = (await api.http.get(EXECUTORS)).json()
    for each in found:
        documented.Executor.model_validate(each)
    return {each["executor_id"]: each for each in found}


async def test_an_executor_tells_what_it_takes_and_how_it_stands(api: Api) -> None:
    await executor(
        api,
        executor_id=ONE,
        running=3,
        queues=["default", "slow"],
        labels={"region": "eu"},
        version="1.2.3",
        clock_offset=0.25,
    )
    silent = uuid4()
    await executor(api, executor_id=silent, seen_at=datetime.now(UTC) - timedelta(minutes=1))
    stopping = uuid4()
    await executor(api, executor_id=stopping, draining=True)

    found = await listed(api)

    one = found[str(ONE)]
    assert (one["state"], one["slots"], one["running"]) == ("active", 16, 3)
    assert (one["queues"], one["labels"]) == (["default", "slow"], {"region": "eu"})
    assert (one["version"], one["clock_offset_seconds"]) == ("1.2.3", 0.25)
    assert found[str(silent)]["state"] == "silent"
    assert found[str(stopping)]["state"] == "stopping"


async def test_it_shows_what_it_has_in_hand(api: Api) -> None:
    task = (await api.create(name="long"))["id"]
    await executor(api, executor_id=ONE)
    mine, other = uuid4(), uuid4()
    progress = '{"percent": 40, "message": "half", "at": "2026-01-01T00:00:00Z"}'
    await lease(api, mine, task, executor_id=ONE, progress=progress)
    await lease(api, other, task, executor_id=uuid4())
    await lease(api, uuid4(), task, executor_id=ONE, outcome="retry")

    one = (await api.http.get(f"{EXECUTORS}/{ONE}")).json()

    documented.ExecutorDetail.model_validate(one)
    (run,) = one["runs"]
    assert (run["run_id"], run["task_name"], run["percent"]) == (str(mine), "long", 40)


async def test_an_executor_is_drained_until_it_is_resumed(api: Api) -> None:
    await executor(api, executor_id=ONE, running=1)

    asked = await api.http.put(f"{EXECUTORS}/{ONE}/drain", json={"reason": "磁碟快滿了"})
    again = await api.http.put(f"{EXECUTORS}/{ONE}/drain")
    assert (asked.status_code, asked.json()["state"]) == (200, "draining")
    assert again.json()["drain"]["reason"] == "磁碟快滿了"  # the first word stays
    assert await api.pool.fetchval("SELECT executor_id FROM api.executor_drains") == ONE

    await api.pool.execute("UPDATE executor.executors SET cordoned = true, running = 0")
    assert (await listed(api))[str(ONE)]["state"] == "drained"

    resumed = await api.http.put(f"{EXECUTORS}/{ONE}/resume")
    assert (resumed.json()["drain"], resumed.json()["state"]) == (None, "active")
    noted = (await api.http.get(f"{BASE}/audit", params={"verb": "executor."})).json()["items"]
    assert [each["verb"] for each in noted] == ["executor.resumed", "executor.drained"]


async def test_a_drained_executor_does_not_count_for_its_queue(api: Api) -> None:
    await executor(api, executor_id=ONE, cordoned=True)

    (queue,) = (await api.http.get(f"{BASE}/queues")).json()

    assert (queue["executors"], queue["state"]) == (0, "no_executor")


async def test_unknown_executors_cannot_be_drained(api: Api) -> None:
    for path in (f"{uuid4()}/drain", "no-id/drain", f"{uuid4()}/resume"):
        answer = await api.http.put(f"{EXECUTORS}/{path}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "executor.not_found"


async def test_draining_needs_the_right_to_steer_queues(api: Api) -> None:
    await executor(api, executor_id=ONE)
    token = await api.token("executors:read")

    async with client_of(api.app, headers=bearer(token)) as http:
        assert (await http.get(f"{EXECUTORS}/{ONE}")).status_code == 200
        assert (await http.put(f"{EXECUTORS}/{ONE}/drain")).status_code == 403


async def test_what_was_said_of_executors_long_gone_is_forgotten(api: Api) -> None:
    await api.pool.execute(
        "INSERT INTO api.drains (executor_id, instance, drained_at)"
        " VALUES ($1, 'gone', now() - interval '2 days')",
        uuid4(),
    )
    await executor(api, executor_id=ONE)

    await api.http.put(f"{EXECUTORS}/{ONE}/drain")

    assert await api.pool.fetchval("SELECT array_agg(executor_id) FROM api.drains") == [ONE]
