"""Dead runs are listed, tried anew and discarded: one decision each, one by one and in bulk."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from services.api.documented import runs as documented_runs
from shared.contracts.runs import RunRequest, RunsRequested
from tests.integration.api.client import BASE, TASKS, Api
from tests.integration.api.standing import START, occurrence
from tests.support.cases import cases

DEAD = f"{BASE}/dead-runs"


async def died(api: Api, task_id: str, number: int = 0, status: str = "failure") -> str:
    """Have a dead run listed."""
    run_id = uuid4()
    await api.pool.execute(
        "INSERT INTO log.dead_runs (run_id, task_id, task_name, trigger, status, attempt,"
        " scheduled_for, died_at, error_message, executor)"
        " VALUES ($1, $2, 'a task', 'schedule', $3, 3, $4, $4, 'no route', 'one')",
        run_id,
        UUID(task_id),
        status,
        START + timedelta(minutes=number),
    )
    return str(run_id)


async def requests_of(api: Api) -> list[RunRequest]:
    rows = await api.pool.fetch(
        "SELECT payload FROM api.outbox WHERE awaits IS NOT NULL ORDER BY id"
    )
    return [each for row in rows for each in RunsRequested.decode(row["payload"]).requests]


async def listed(api: Api, **params: Any) -> list[str]:  # noqa: ANN401 - query parameters
    answer = await api.http.get(DEAD, params=params)
    documented_runs.DeadRuns.model_validate(answer.json())
    return [each["run_id"] for each in answer.json()["items"]]


async def decide(api: Api, path: str, body: Any = None) -> dict[str, Any]:  # noqa: ANN401
    answer = await api.http.post(f"{DEAD}/{path}", json=body if body is not None else {})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_dead_runs_come_page_by_page_the_latest_first(api: Api) -> None:
    task, other = await api.create(), await api.create()
    made = [await died(api, task["id"], number // 2) for number in range(5)]
    theirs = await died(api, other["id"], 9)

    first = (await api.http.get(DEAD, params={"limit": 4})).json()
    second = (await api.http.get(DEAD, params={"limit": 4, "cursor": first["next"]})).json()

    documented_runs.DeadRuns.model_validate(first)
    shown = [each["run_id"] for each in first["items"] + second["items"]]
    assert shown[0] == theirs
    assert sorted(shown) == sorted([*made, theirs])
    assert second["next"] is None
    assert await listed(api, task_id=other["id"]) == [theirs]
    item = first["items"][0]
    assert (item["state"], item["attempts"], item["error_message"]) == ("open", 3, "no route")


async def test_a_dead_run_is_tried_anew_by_a_new_run(api: Api) -> None:
    task = await api.create()
    run_id = await died(api, task["id"])
    await occurrence(
        api, task["id"], run_id=UUID(run_id), settled=True, params='{"greeting": "first"}'
    )

    told = await decide(api, f"{run_id}/requeue")

    documented_runs.Decided.model_validate(told)
    (request,) = await requests_of(api)
    assert told == {
        "run_id": run_id,
        "state": "requeued",
        "new_run_id": str(request.run_id),
        "already": False,
    }
    assert (request.trigger, request.version) == ("requeue", 1)
    assert request.origin is not None
    assert str(request.origin.run_id) == run_id
    assert request.params == {"greeting": "first"}  # as it was given
    assert len(api.woken) == 2
    assert await listed(api, state="open") == []
    assert await listed(api, state="requeued") == [run_id]
    shown = (await api.http.get(f"{BASE}/automation-runs/{told['new_run_id']}")).json()
    assert (shown["status"], shown["origin"]) == ("waiting", {"run_id": run_id})


async def test_edit_and_requeue(api: Api) -> None:
    task = await api.create()
    run_id = await died(api, task["id"])

    bad = await api.http.post(f"{DEAD}/{run_id}/requeue", json={"params": {"times": "x"}})
    await decide(api, f"{run_id}/requeue", {"params": {"greeting": "better"}})

    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/params/times")
    (request,) = await requests_of(api)
    assert request.params == {"greeting": "better"}


async def test_a_run_is_requeued_once_unless_it_is_asked_for_again(api: Api) -> None:
    task = await api.create()
    run_id = await died(api, task["id"])

    answers = await asyncio.gather(*(decide(api, f"{run_id}/requeue") for _ in range(5)))
    again = await decide(api, f"{run_id}/requeue", {"again": True})

    assert len({each["new_run_id"] for each in answers}) == 1
    assert sorted(each["already"] for each in answers) == [False, True, True, True, True]
    assert again["already"] is False
    assert again["new_run_id"] != answers[0]["new_run_id"]
    assert len(await requests_of(api)) == 2


async def test_the_same_key_decides_once(api: Api) -> None:
    task = await api.create()
    run_id = await died(api, task["id"])
    path, headers = f"{DEAD}/{run_id}/requeue", {"Idempotency-Key": "k"}

    answers = [await api.http.post(path, json={"again": True}, headers=headers) for _ in "ab"]

    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert len(await requests_of(api)) == 1


async def test_a_discarded_run_is_not_tried_anew_by_mistake(api: Api) -> None:
    task = await api.create()
    run_id = await died(api, task["id"])

    told = [await decide(api, f"{run_id}/discard") for _ in "ab"]
    refused = await api.http.post(f"{DEAD}/{run_id}/requeue")
    meant = await decide(api, f"{run_id}/requeue", {"again": True})
    late = await api.http.post(f"{DEAD}/{run_id}/discard")

    assert [(each["state"], each["already"]) for each in told] == [
        ("discarded", False),
        ("discarded", True),
    ]
    assert (refused.status_code, refused.json()["code"]) == (409, "dead_run.discarded")
    assert meant["state"] == "requeued"
    assert (late.status_code, late.json()["code"]) == (409, "dead_run.requeued")


async def test_who_decided_is_kept(api: Api) -> None:
    task = await api.create()
    run_id = await died(api, task["id"])
    await decide(api, f"{run_id}/discard")

    (item,) = (await api.http.get(DEAD)).json()["items"]

    assert (item["state"], item["decided_by"]) == ("discarded", "admin")
    assert item["decided_at"] is not None


async def test_the_run_of_a_task_that_is_gone_can_only_be_discarded(api: Api) -> None:
    task = await api.create()
    run_id = await died(api, task["id"])
    await api.http.delete(f"{TASKS}/{task['id']}")

    refused = await api.http.post(f"{DEAD}/{run_id}/requeue")
    many = await decide(api, "requeue", {"run_ids": [run_id]})

    assert (refused.status_code, refused.json()["code"]) == (409, "dead_run.task_gone")
    assert many == {"items": [], "more": False}
    assert (await decide(api, f"{run_id}/discard"))["state"] == "discarded"


async def test_all_open_ones_of_a_task_are_requeued_in_one_go(api: Api) -> None:
    task, other = await api.create(), await api.create()
    made = [await died(api, task["id"], number) for number in range(3)]
    await died(api, other["id"])
    await decide(api, f"{made[1]}/discard")

    told = await decide(api, "requeue", {"task_id": task["id"]})
    again = await decide(api, "requeue", {"task_id": task["id"]})

    documented_runs.DecidedMany.model_validate(told)
    assert [each["run_id"] for each in told["items"]] == [made[0], made[2]]
    requests = await requests_of(api)
    assert [str(each.run_id) for each in requests] == [x["new_run_id"] for x in told["items"]]
    assert again == {"items": [], "more": False}
    rows = (await api.http.get(DEAD, params={"state": "requeued"})).json()["items"]
    assert {row["new_run_id"] for row in rows} == {str(each.run_id) for each in requests}


async def test_of_several_only_the_open_ones_are_requeued(api: Api) -> None:
    task = await api.create()
    made = [await died(api, task["id"], number) for number in range(4)]
    await decide(api, f"{made[0]}/discard")
    before = await decide(api, f"{made[1]}/requeue")

    told = await decide(api, "requeue", {"run_ids": [made[3], made[1], made[0], made[2]]})

    assert [each["run_id"] for each in told["items"]] == [made[3], made[2]]
    new = [before["new_run_id"], *(each["new_run_id"] for each in told["items"])]
    assert [str(each.run_id) for each in await requests_of(api)] == new


async def test_several_are_discarded_in_one_go(api: Api) -> None:
    task = await api.create()
    made = [await died(api, task["id"], number) for number in range(3)]

    told = await decide(api, "discard", {"run_ids": [made[2], made[0], str(uuid4()), made[2]]})
    rest = await decide(api, "discard", {"task_id": task["id"]})

    assert [each["run_id"] for each in told["items"]] == [made[2], made[0]]
    assert [each["run_id"] for each in rest["items"]] == [made[1]]
    assert await requests_of(api) == []


async def test_a_thousand_at_a_time(api: Api) -> None:
    task = await api.create()
    await api.pool.execute(
        "INSERT INTO log.dead_runs (run_id, task_id, trigger, status, attempt, scheduled_for,"
        " died_at, executor) SELECT gen_random_uuid(), $1, 'manual', 'failure', 1, now(), now(),"
        " 'one' FROM generate_series(1, 1001)",
        UUID(task["id"]),
    )

    turns = [await decide(api, "requeue", {"task_id": task["id"]}) for _ in "ab"]

    assert [(len(each["items"]), each["more"]) for each in turns] == [(1000, True), (1, False)]
    assert len({each.run_id for each in await requests_of(api)}) == 1001


async def test_what_did_not_die_is_not_there(shared_api: Api) -> None:
    for act in ("requeue", "discard"):
        answer = await shared_api.http.post(f"{DEAD}/{uuid4()}/{act}")
        assert (answer.status_code, answer.json()["code"]) == (404, "dead_run.not_found")


SENSELESS = [
    ("requeue", {}, "", "dead_runs.choice"),
    ("discard", {}, "", "dead_runs.choice"),
    ("requeue", {"run_ids": [str(UUID(int=1))], "task_id": "x"}, "", "dead_runs.choice"),
    ("requeue", {"run_ids": []}, "/run_ids", "field.too_few"),
    ("discard", {"run_ids": ["x"]}, "/run_ids/0", "run.not_found"),
    ("discard", {"run_ids": [str(UUID(int=1))] * 1001}, "/run_ids", "field.too_many"),
    ("requeue", {"task_id": "x"}, "/task_id", "task.unknown"),
    ("requeue", {"queue": "x"}, "/queue", "field.unknown"),
    (f"{UUID(int=1)}/requeue", {"params": 5}, "/params", "field.object"),
    (f"{UUID(int=1)}/requeue", {"again": "yes"}, "/again", "field.boolean"),
    (f"{UUID(int=1)}/requeue", {"status": "open"}, "/status", "field.read_only"),
    (f"{UUID(int=1)}/discard", {"reason": "x"}, "/reason", "field.unknown"),
]


async def test_a_senseless_decision_is_refused(shared_api: Api) -> None:
    for case in cases(SENSELESS):
        with case as (path, body, pointer, code):
            answer = await shared_api.http.post(f"{DEAD}/{path}", json=body)

            assert answer.status_code == 422
            assert {"pointer": pointer, "code": code}.items() <= answer.json()["errors"][0].items()
            assert await shared_api.count("api.dead_run_decisions") == 0


async def test_an_odd_question_is_refused(shared_api: Api) -> None:
    for case in cases(["state=gone", "task_id=x", "cursor=x", "limit=0"]):
        with case as query:
            assert (await shared_api.http.get(f"{DEAD}?{query}")).status_code == 400


async def test_dead_runs_are_found_by_how_they_died_and_by_text(api: Api) -> None:
    task = (await api.create())["id"]
    failed = await died(api, task)
    timed_out = await died(api, task, 1, "timed_out")
    await api.pool.execute(
        "UPDATE log.dead_runs SET error_message = '逾時 ETIMEDOUT' WHERE run_id = $1",
        UUID(timed_out),
    )

    assert await listed(api, status="timed_out") == [timed_out]
    assert await listed(api, q="NO ROUTE") == [failed]
    assert await listed(api, q="逾時") == [timed_out]
    assert (await api.http.get(DEAD, params={"status": "success"})).status_code == 400


async def test_many_are_tried_anew_with_other_parameters(api: Api) -> None:
    one, other = (await api.create())["id"], (await api.create())["id"]
    dead = [await died(api, one), await died(api, other)]

    wished = {"run_ids": dead, "params": {"greeting": "anew"}}
    told = await decide(api, "requeue", wished)

    assert [each["run_id"] for each in told["items"]] == dead
    assert [each.params for each in await requests_of(api)] == [{"greeting": "anew"}] * 2


async def test_parameters_that_one_task_does_not_take_change_nothing(api: Api) -> None:
    dead = await died(api, (await api.create())["id"])

    wished = {"run_ids": [dead], "params": {"times": "often"}}
    refused = await api.http.post(f"{DEAD}/requeue", json=wished)

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/params/times")
    assert await listed(api, state="open") == [dead]
    discarding = await api.http.post(f"{DEAD}/discard", json=wished)
    assert discarding.json()["errors"][0]["code"] == "field.unknown"
