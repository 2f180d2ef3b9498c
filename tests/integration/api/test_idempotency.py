"""The same request twice is one change, and both hear the same."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from services.api.bus.forget import Forgetter
from services.api.store.database import Database
from shared.contracts.runs import RunsRequested
from tests.integration.api.client import BASE, TASKS, Api, a_task, bearer, client_of
from tests.support.cases import cases

RUNS = f"{BASE}/automation-runs"
KEY = {"Idempotency-Key": "order 66"}


async def test_a_repeated_create_makes_one_task(api: Api) -> None:
    first = await api.http.post(TASKS, json=a_task(), headers=KEY)
    second = await api.http.post(TASKS, json=a_task(), headers=KEY)

    assert second.status_code == first.status_code == 201
    assert second.content == first.content
    assert second.headers["etag"] == first.headers["etag"]
    assert second.headers["location"] == first.headers["location"]
    assert second.headers["idempotency-replayed"] == "true"
    assert await api.count("api.tasks") == await api.count("api.outbox") == 1


async def test_a_repeated_change_and_delete_happen_once(api: Api) -> None:
    task = await api.create()
    path = f"{TASKS}/{task['id']}"

    changes = [
        await api.http.put(path, json={"name": "b"}, headers={"Idempotency-Key": "1"})
        for _ in range(2)
    ]
    deletes = [await api.http.delete(path, headers={"Idempotency-Key": "2"}) for _ in range(2)]

    assert [answer.json()["version"] for answer in changes] == [2, 2]
    assert [answer.status_code for answer in deletes] == [204, 204]
    assert await api.count("api.outbox") == 3


async def test_a_key_belongs_to_one_request(api: Api) -> None:
    await api.http.post(TASKS, json=a_task(), headers=KEY)

    other = await api.http.post(TASKS, json=a_task(name="other"), headers=KEY)

    assert (other.status_code, other.json()["code"]) == (422, "idempotency.other_body")
    assert await api.count("api.tasks") == 1


async def test_a_key_belongs_to_one_token(api: Api) -> None:
    await api.http.post(TASKS, json=a_task(), headers=KEY)
    other = await api.token("tasks:write")

    async with client_of(api.app, bearer(other)) as client:
        answer = await client.post(TASKS, json=a_task(name="other"), headers=KEY)

    assert answer.status_code == 201
    assert await api.count("api.tasks") == 2


async def test_a_refused_request_may_be_mended_under_its_key(api: Api) -> None:
    wrong = await api.http.post(TASKS, json=a_task(name=""), headers=KEY)
    right = await api.http.post(TASKS, json=a_task(), headers=KEY)

    assert (wrong.status_code, right.status_code) == (422, 201)


async def test_while_the_first_is_in_hand_the_second_is_told_to_wait(api: Api) -> None:
    async with api.pool.acquire() as connection, connection.transaction():
        token_id = await connection.fetchval("SELECT id FROM api.tokens")
        await connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 1))",
            token_id,
            KEY["Idempotency-Key"],
        )

        answer = await api.http.post(TASKS, json=a_task(), headers=KEY)

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency.in_hand")
    assert answer.headers["retry-after"] == "1"
    assert (await api.http.post(TASKS, json=a_task(), headers=KEY)).status_code == 201


async def test_many_at_once_make_one_task(api: Api) -> None:
    answers = await asyncio.gather(
        *(api.http.post(TASKS, json=a_task(), headers=KEY) for _ in range(10))
    )

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert await api.count("api.tasks") == 1


async def test_an_odd_key_is_refused(shared_api: Api) -> None:
    for case in cases(["", " ", "a" * 256, "a" * 10_000, "ключ", "a\x7fb"]):
        with case as key:
            headers = {b"idempotency-key": key.encode()}

            answer = await shared_api.http.post(TASKS, json=a_task(), headers=headers)

            assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.key")


async def test_a_run_under_a_key_is_one_run(api: Api) -> None:
    task = await api.create()

    answers = [await api.http.post(f"{TASKS}/{task['id']}/run", headers=KEY) for _ in range(2)]
    other = await api.http.post(f"{TASKS}/{task['id']}/run")

    assert answers[0].json() == answers[1].json()
    assert other.json()["run_id"] != answers[0].json()["run_id"]
    ids = await api.pool.fetch("SELECT message_id FROM api.outbox WHERE subject LIKE 'run.%'")
    assert len({row[0] for row in ids}) == 2


async def test_answers_are_forgotten_after_a_day(api: Api) -> None:
    await api.http.post(TASKS, json=a_task(), headers=KEY)
    await api.pool.execute(
        "UPDATE api.idempotency SET created_at = created_at - interval '25 hours'"
    )

    again = await api.http.post(TASKS, json=a_task(name="other"), headers=KEY)
    assert again.status_code == 201

    await api.pool.execute(
        "UPDATE api.idempotency SET created_at = created_at - interval '25 hours'"
    )
    await Forgetter(Database(api.own)).step()
    assert await api.count("api.idempotency") == 0


async def _requested(api: Api) -> list[Any]:
    rows = await api.pool.fetch(
        "SELECT payload FROM api.outbox WHERE subject = 'run.request.api' ORDER BY id"
    )
    return [RunsRequested.decode(row["payload"]) for row in rows]


async def test_many_runs_are_asked_for_in_one_call(api: Api) -> None:
    tasks = [await api.create() for _ in range(2)]
    body = {
        "runs": [
            {"task_id": tasks[0]["id"], "count": 700},
            {"task_id": tasks[1]["id"], "count": 500},
            {"task_id": tasks[1]["id"]},
        ]
    }

    answer = await api.http.post(RUNS, json=body)

    ids = answer.json()["run_ids"]
    messages = await _requested(api)
    requests = [each for message in messages for each in message.requests]
    assert answer.status_code == 202
    assert len(set(ids)) == 1201
    assert [str(each.run_id) for each in requests] == ids
    assert [str(each.task_id) for each in requests].count(tasks[1]["id"]) == 501
    assert [len(message.requests) for message in messages] == [500, 500, 201]
    assert {each.requested_by for each in requests} == {"admin"}


async def test_one_unknown_task_stops_all_runs(api: Api) -> None:
    task = await api.create()
    unknown = "00000000-0000-4000-8000-000000000000"

    answer = await api.http.post(
        RUNS, json={"runs": [{"task_id": task["id"]}, {"task_id": unknown}, {"task_id": "abc"}]}
    )

    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} <= {
        "/runs/1/task_id",
        "/runs/2/task_id",
    }
    assert await _requested(api) == []


async def test_runs_under_a_key_are_the_same_runs(api: Api) -> None:
    task = await api.create()
    body = {"runs": [{"task_id": task["id"], "count": 3}, {"task_id": task["id"]}]}

    first = await api.http.post(RUNS, json=body, headers=KEY)
    await api.pool.execute("DELETE FROM api.idempotency")  # even if the answer were lost
    second = await api.http.post(RUNS, json=body, headers=KEY)

    assert first.json() == second.json()
    assert len(set(first.json()["run_ids"])) == 4


async def test_an_items_own_key_gives_the_run_of_the_single_call(api: Api) -> None:
    task = await api.create()

    single = await api.http.post(f"{TASKS}/{task['id']}/run", headers=KEY)
    bulk = await api.http.post(
        RUNS,
        json={"runs": [{"task_id": task["id"], "idempotency_key": KEY["Idempotency-Key"]}]},
    )

    assert bulk.json()["run_ids"] == [single.json()["run_id"]]


async def test_odd_bulk_requests_are_refused(shared_api: Api) -> None:
    table: list[tuple[list[dict[str, Any]], str]] = [
        ([], "/runs"),
        ([{"task_id": "x"}] * 1001, "/runs"),
        ([{"task_id": "x", "count": 0}], "/runs/0/count"),
        ([{"task_id": "x", "count": 1001}], "/runs/0/count"),
        ([{"task_id": "x", "count": 1000}] * 11, "/runs"),
        ([{"task_id": "x", "idempotency_key": ""}], "/runs/0/idempotency_key"),
        ([{"task_id": 5}], "/runs/0/task_id"),
        ([{}], "/runs/0/task_id"),
        ([{"task_id": "x", "force": True}], "/runs/0/force"),
    ]
    for case in cases(table):
        with case as (runs, pointer):
            answer = await shared_api.http.post(
                RUNS,
                content=json.dumps({"runs": runs}),
                headers={"Content-Type": "application/json"},
            )

            assert answer.status_code == 422
            assert pointer in {error["pointer"] for error in answer.json()["errors"]}
