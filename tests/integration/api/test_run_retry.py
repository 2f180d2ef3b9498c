"""A run that ended is run again, with its own parameters or others; a live one is not."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from tests.integration.api.client import BASE, Api, bearer
from tests.integration.api.standing import logged, occurrence
from tests.integration.api.test_dead_runs import died

RUNS = f"{BASE}/automation-runs"


async def asked(api: Api) -> list[dict[str, Any]]:
    """Return what the scheduler is asked for."""
    rows = await api.pool.fetch("SELECT payload FROM api.outbox ORDER BY id")
    return [each for row in rows for each in json.loads(row["payload"]).get("requests", ())]


async def ended(api: Api, task_id: str, **columns: Any) -> UUID:  # noqa: ANN401 - columns
    run_id = await occurrence(api, task_id, settled=True, **columns)
    await logged(api, run_id, task_id, status="failure")
    return run_id


async def test_it_takes_the_parameters_that_the_run_had(api: Api) -> None:
    task = await api.create()
    run_id = await ended(api, task["id"], params='{"times": 3}')

    answer = await api.http.post(f"{RUNS}/{run_id}/retry")

    assert answer.status_code == 200
    assert answer.json()["retry_of"] == str(run_id)
    request = (await asked(api))[-1]
    assert request["run_id"] == answer.json()["run_id"] != str(run_id)
    assert (request["trigger"], request["params"]) == ("requeue", {"times": 3})
    assert request["origin"]["run_id"] == str(run_id)
    new = (await api.http.get(f"{RUNS}/{request['run_id']}")).json()
    assert (new["origin_run_id"], new["caused_by"]["run_id"]) == (str(run_id), str(run_id))


async def test_others_can_be_given_of_the_same_shape(api: Api) -> None:
    task = await api.create()
    run_id = await ended(api, task["id"], params='{"times": 3}')

    wrong = await api.http.post(f"{RUNS}/{run_id}/retry", json={"params": {"times": "many"}})
    right = await api.http.post(f"{RUNS}/{run_id}/retry", json={"params": {"times": 4}})

    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "/params/times"
    assert right.status_code == 200
    assert [each["params"] for each in (await asked(api))[-1:]] == [{"times": 4}]


async def test_what_has_not_ended_is_refused(api: Api) -> None:
    task = await api.create()
    waiting = await occurrence(api, task["id"])
    live = await occurrence(api, task["id"])
    await logged(api, live, task["id"], status="running", final=False)
    just = (await api.http.post(f"{BASE}/automation-tasks/{task['id']}/run")).json()["run_id"]

    for run_id in (waiting, live, just):
        answer = await api.http.post(f"{RUNS}/{run_id}/retry")
        assert (answer.status_code, answer.json()["code"]) == (409, "run.live")


async def test_what_was_skipped_can_be_run(api: Api) -> None:
    task = await api.create()
    run_id = await occurrence(api, task["id"], outcome="skipped_overlap", settled=True)

    assert (await api.http.post(f"{RUNS}/{run_id}/retry")).status_code == 200


async def test_of_a_dead_run_it_is_the_requeueing(api: Api) -> None:
    task = await api.create()
    run_id = await died(api, task["id"])
    await logged(api, UUID(str(run_id)), task["id"], status="failure")

    first = (await api.http.post(f"{RUNS}/{run_id}/retry")).json()
    second = (await api.http.post(f"{RUNS}/{run_id}/retry")).json()
    dead = (await api.http.get(f"{BASE}/dead-runs")).json()["items"]

    assert first["run_id"] != second["run_id"]
    assert [(each["state"], each["new_run_id"]) for each in dead] == [
        ("requeued", second["run_id"])
    ]


async def test_the_same_key_asks_once(api: Api) -> None:
    task = await api.create()
    run_id = await ended(api, task["id"])
    key = {"Idempotency-Key": "once"}

    answers = [await api.http.post(f"{RUNS}/{run_id}/retry", headers=key) for _ in range(3)]

    assert len({each.json()["run_id"] for each in answers}) == 1
    assert len(await asked(api)) == 1


async def test_what_is_gone_cannot_be_run(api: Api) -> None:
    task = await api.create()
    run_id = await ended(api, task["id"])
    await api.http.delete(f"{BASE}/automation-tasks/{task['id']}")

    gone = await api.http.post(f"{RUNS}/{run_id}/retry")
    unknown = await api.http.post(f"{RUNS}/{uuid4()}/retry")

    assert (gone.status_code, gone.json()["code"]) == (409, "run.task_gone")
    assert unknown.status_code == 404


async def test_only_who_may_run_tasks_may(api: Api) -> None:
    task = await api.create()
    run_id = await ended(api, task["id"])
    reader = bearer(await api.token("runs:read"))

    assert (await api.http.post(f"{RUNS}/{run_id}/retry", headers=reader)).status_code == 403
