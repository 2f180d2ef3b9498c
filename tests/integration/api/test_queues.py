"""Queues over HTTP: limits, what waits and runs, pauses; and the pause of everything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.api.documented import queues as documented_queues
from tests.integration.api.client import BASE, TASKS, Api
from tests.integration.api.ledger import add_executor, add_lease, add_run
from tests.support.cases import cases

QUEUES = f"{BASE}/queues"

SENSELESS: list[tuple[dict[str, Any], str, str]] = [
    ({"paused": 1}, "/paused", "field.boolean"),
    ({"paused": None}, "/paused", "field.null"),
    ({"concurrency": 0}, "/concurrency", "field.at_least"),
    ({"concurrency": True}, "/concurrency", "field.integer"),
    ({"rate_limit": 5}, "/rate_limit", "field.object"),
    ({"rate_limit": {"limit": 5}}, "/rate_limit/period_seconds", "field.required"),
    ({"rate_limit": {"limit": 0, "period_seconds": 1}}, "/rate_limit/limit", "field.at_least"),
    ({"max_depth": -1}, "/max_depth", "field.at_least"),
    ({"waiting": 0}, "/waiting", "field.unknown"),
]


async def test_the_default_queue_is_always_there(api: Api) -> None:
    (queue,) = (await api.http.get(QUEUES)).json()

    documented_queues.Queue.model_validate(queue)
    assert queue == {
        "name": "default",
        "description": None,
        "paused": False,
        "pause": None,
        "concurrency": None,
        "override": None,
        "rate_limit": None,
        "max_depth": None,
        "state": "no_executor",
        "waiting": 0,
        "running": 0,
        "retrying": 0,
        "held": {},
        "oldest_waiting_seconds": None,
        "started_per_minute": 0.0,
        "executors": 0,
        "slots": 0,
        "tasks": 0,
        "updated_at": None,
        "updated_by": None,
    }


async def test_a_queue_counts_what_waits_and_what_runs(api: Api) -> None:
    task = (await api.create(queue="reports"))["id"]
    await add_run(api, task, queue="reports", held=True, waits_for="concurrency")
    await add_run(api, task, queue="reports", late=timedelta(minutes=5))
    await add_lease(api, await add_run(api, task, queue="reports"), task)
    retried = await add_run(api, task, queue="reports", held=True, waits_for="retry")
    await add_lease(api, retried, task, outcome="retry")
    await add_run(api, task, queue="reports", settled=True)
    await add_run(api, task)

    reports = (await api.http.get(f"{QUEUES}/reports")).json()
    listed = (await api.http.get(QUEUES)).json()

    assert (reports["waiting"], reports["running"], reports["tasks"]) == (3, 1, 1)
    assert 300 <= reports["oldest_waiting_seconds"] < 330
    assert [(each["name"], each["waiting"]) for each in listed] == [("default", 1), ("reports", 3)]


async def test_only_executors_that_live_and_take_a_queue_count(api: Api) -> None:
    await add_executor(api, "default", "reports")
    await add_executor(api, "default")
    await add_executor(api, "reports", silent=timedelta(minutes=1))
    await add_executor(api, "reports", draining=True)

    await api.http.put(f"{QUEUES}/reports", json={})
    await api.http.put(f"{QUEUES}/nobodys", json={})
    queues = {each["name"]: each for each in (await api.http.get(QUEUES)).json()}

    assert {name: (each["executors"], each["state"]) for name, each in queues.items()} == {
        "default": (2, "ready"),
        "reports": (1, "ready"),
        "nobodys": (0, "no_executor"),
    }


async def test_a_put_changes_the_given_fields_and_null_lifts_a_limit(api: Api) -> None:
    path = f"{QUEUES}/reports"
    rate = {"limit": 10, "period_seconds": 60}

    wished = {"concurrency": 2, "rate_limit": rate, "max_depth": 0}
    made = (await api.http.put(path, json=wished)).json()
    described = (await api.http.put(path, json={"description": "報表"})).json()
    lifted = (await api.http.put(path, json={"rate_limit": None})).json()

    assert (made["concurrency"], made["rate_limit"], made["max_depth"]) == (2, rate, 0)
    assert (described["description"], described["rate_limit"]) == ("報表", rate)
    assert (lifted["concurrency"], lifted["rate_limit"]) == (2, None)
    row = await api.pool.fetchrow("SELECT * FROM api.scheduler_queues")
    assert dict(row or {}) == {
        "name": "reports",
        "paused": False,
        "concurrency": 2,
        "rate_limit": None,
        "rate_period_seconds": None,
        "max_depth": 0,
    }


async def test_a_pause_and_its_end_leave_the_limits_alone(api: Api) -> None:
    path = f"{QUEUES}/reports"
    await api.http.put(path, json={"concurrency": 2})

    paused = (await api.http.post(f"{path}/pause")).json()
    resumed = (await api.http.post(f"{path}/resume")).json()

    assert (paused["paused"], paused["state"], paused["concurrency"]) == (True, "paused", 2)
    assert (resumed["paused"], resumed["concurrency"]) == (False, 2)


async def test_a_queue_that_was_never_set_up_can_be_paused(api: Api) -> None:
    paused = await api.http.post(f"{QUEUES}/reports/pause")

    assert (paused.status_code, paused.json()["paused"]) == (200, True)


async def test_a_deleted_queue_has_no_limits(api: Api) -> None:
    path = f"{QUEUES}/reports"
    await api.http.put(path, json={"concurrency": 2})
    await api.create(queue="reports")

    deleted = await api.http.delete(path)
    again = await api.http.delete(path)
    left = (await api.http.get(path)).json()

    assert (deleted.status_code, again.status_code) == (204, 404)
    assert (left["concurrency"], left["tasks"]) == (None, 1)


async def test_a_senseless_queue_is_refused_by_name(shared_api: Api) -> None:
    for case in cases(SENSELESS):
        with case as (fields, pointer, code):
            answer = await shared_api.http.put(f"{QUEUES}/reports", json=fields)

            assert answer.status_code == 422
            assert (pointer, code) in [
                (each["pointer"], each["code"]) for each in answer.json()["errors"]
            ]
            assert await shared_api.count("api.queues") == 0


async def test_everything_is_paused_and_resumed(api: Api) -> None:
    before = (await api.http.get(f"{BASE}/pause")).json()
    paused = (await api.http.post(f"{BASE}/pause")).json()
    again = (await api.http.post(f"{BASE}/pause")).json()
    stored = await api.pool.fetchval("SELECT paused FROM api.scheduler_switches")
    (queue,) = (await api.http.get(QUEUES)).json()
    resumed = (await api.http.post(f"{BASE}/resume")).json()

    documented_queues.Pause.model_validate(paused)
    unset = dict.fromkeys(["changed_at", "changed_by", "reason", "until"])
    assert before == {"paused": False, **unset}
    assert paused["paused"]
    assert (queue["state"], queue["paused"]) == ("paused", False)
    assert stored
    assert paused["changed_at"]
    assert again == paused
    assert not resumed["paused"]


async def test_queues_have_rights_of_their_own(api: Api) -> None:
    reader = {"Authorization": f"Bearer {await api.token('queues:read')}"}
    stranger = {"Authorization": f"Bearer {await api.token('tasks:write')}"}

    assert (await api.http.get(QUEUES, headers=reader)).status_code == 200
    assert (await api.http.get(f"{BASE}/pause", headers=reader)).status_code == 200
    assert (await api.http.post(f"{BASE}/pause", headers=reader)).status_code == 403
    assert (await api.http.put(f"{QUEUES}/a", json={}, headers=reader)).status_code == 403
    assert (await api.http.get(QUEUES, headers=stranger)).status_code == 403


async def test_a_task_in_an_unknown_queue_makes_it_known(api: Api) -> None:
    task = await api.create(queue="reports")
    await api.http.put(f"{TASKS}/{task['id']}", json={"queue": None})

    assert (await api.http.get(f"{QUEUES}/reports")).status_code == 404
