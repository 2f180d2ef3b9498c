"""Runs are cancelled over the API: what it answers is what the tables say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from nats.aio.client import Client

from services.api.bus.scheduler_line import BusLine
from services.api.documented import runs as documented_runs
from tests.integration.api.client import BASE, TASKS, Api
from tests.integration.api.standing import (
    answering_scheduler,
    lease,
    logged,
    minute,
    occurrence,
    reach,
)
from tests.support.cases import cases

RUNS = f"{BASE}/automation-runs"


@pytest_asyncio.fixture(loop_scope="session")
async def scheduled(api: Api, bus: Client, nats_url: str) -> AsyncIterator[Api]:
    """Serve the API with a scheduler that answers it."""
    del bus  # has the streams made
    async with answering_scheduler(api, nats_url):
        yield api


async def cancel(api: Api, run_id: UUID, **body: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = await api.http.post(f"{RUNS}/{run_id}/cancel", json={"wait_seconds": 0, **body})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    documented_runs.Cancelled.model_validate(told)
    return told


async def told_to_stop(api: Api) -> None:
    """Wait until an executor would hear that it must stop a run."""
    async with asyncio.timeout(20):
        while True:
            if await api.pool.fetchval("SELECT count(*) FROM scheduler.executor_cancels"):
                return
            await asyncio.sleep(0.01)


async def cancel_many(api: Api, **body: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = await api.http.post(f"{RUNS}/cancel", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    documented_runs.CancelledMany.model_validate(told)
    return told


@pytest.mark.parametrize("held", [True, False], ids=["held", "ordered"])
async def test_a_run_that_has_not_begun_never_will(scheduled: Api, held: bool) -> None:  # noqa: FBT001
    task = await scheduled.create()
    run_id = await occurrence(scheduled, task["id"], held=held)

    told = await cancel(scheduled, run_id, reason="not today")

    assert told == {"run_id": str(run_id), "state": "cancelled", "status": "cancelled"}
    row = await scheduled.pool.fetchrow(
        "SELECT outcome, settled, cancel_reason FROM scheduler.occurrences"
    )
    assert row is not None
    assert tuple(row) == ("cancelled", True, "admin: not today")
    shown = (await scheduled.http.get(f"{RUNS}/{run_id}")).json()
    assert (shown["status"], shown["cancel_reason"]) == ("cancelled", "admin: not today")


async def test_no_body_is_needed(scheduled: Api) -> None:
    task = await scheduled.create()
    run_id = await occurrence(scheduled, task["id"])

    answer = await scheduled.http.post(f"{RUNS}/{run_id}/cancel")

    assert answer.json()["state"] == "cancelled"


async def test_a_live_run_is_told_to_stop(scheduled: Api) -> None:
    task = await scheduled.create()
    run_id = await occurrence(scheduled, task["id"])
    await lease(scheduled, run_id, task["id"])

    told = await cancel(scheduled, run_id)

    assert told == {"run_id": str(run_id), "state": "cancelling", "status": None}
    assert await scheduled.pool.fetchval("SELECT count(*) FROM scheduler.executor_cancels") == 1


@pytest.mark.parametrize(
    ("status", "state"), [("cancelled", "cancelled"), ("success", "ended"), ("failure", "ended")]
)
async def test_the_end_of_a_live_run_is_waited_for(scheduled: Api, status: str, state: str) -> None:
    task = await scheduled.create()
    run_id = await occurrence(scheduled, task["id"])
    await lease(scheduled, run_id, task["id"])
    asking = asyncio.create_task(cancel(scheduled, run_id, wait_seconds=30))
    await told_to_stop(scheduled)

    await logged(scheduled, run_id, task["id"], status="running", final=False)
    await logged(scheduled, run_id, task["id"], status=status)

    told = await asking
    assert told == {"run_id": str(run_id), "state": state, "status": status}


async def test_a_run_between_two_attempts_is_stopped_by_an_executor(scheduled: Api) -> None:
    task = await scheduled.create()
    run_id = await occurrence(scheduled, task["id"], attempt=2, held=True, waits_for="retry")
    await lease(scheduled, run_id, task["id"], outcome="retry", finished_at=minute(1))

    told = await cancel(scheduled, run_id)

    assert told["state"] == "cancelling"


@pytest.mark.parametrize("in_ledger", [True, False], ids=["lately", "long ago"])
async def test_how_a_run_ended_is_told_from_the_log(scheduled: Api, in_ledger: bool) -> None:  # noqa: FBT001
    task = await scheduled.create()
    run_id = await occurrence(scheduled, task["id"]) if in_ledger else uuid4()
    await logged(scheduled, run_id, task["id"], status="timed_out")

    told = await cancel(scheduled, run_id)

    assert told == {"run_id": str(run_id), "state": "ended", "status": "timed_out"}


async def test_a_run_that_nobody_asked_for_is_not_there(scheduled: Api) -> None:
    answer = await scheduled.http.post(f"{RUNS}/{uuid4()}/cancel")

    assert (answer.status_code, answer.json()["code"]) == (404, "run.not_found")


async def test_a_run_that_is_on_its_way_is_waited_for(scheduled: Api) -> None:
    task = await scheduled.create()
    run_id = (await scheduled.http.post(f"{TASKS}/{task['id']}/run")).json()["run_id"]

    early = await scheduled.http.post(f"{RUNS}/{run_id}/cancel", json={"wait_seconds": 0})
    asking = asyncio.create_task(cancel(scheduled, UUID(run_id), wait_seconds=30))
    await occurrence(scheduled, task["id"], run_id=UUID(run_id))

    assert (early.status_code, early.json()["code"]) == (409, "run.on_its_way")
    assert early.headers["retry-after"] == "1"
    assert (await asking)["state"] == "cancelled"


async def test_without_a_scheduler_nothing_is_promised(api: Api, bus: Client) -> None:
    reach(api, BusLine(bus, seconds=0.2))
    task = await api.create()
    run_id = await occurrence(api, task["id"])

    one = await api.http.post(f"{RUNS}/{run_id}/cancel")
    many = await api.http.post(f"{RUNS}/cancel", json={"run_ids": [str(run_id)]})

    for answer in (one, many):
        assert (answer.status_code, answer.json()["code"]) == (503, "scheduler.unavailable")
        assert answer.headers["retry-after"] == "2"


async def test_many_are_cancelled_each_with_its_own_answer(scheduled: Api) -> None:
    task = await scheduled.create()
    waiting = await occurrence(scheduled, task["id"])
    live = await occurrence(scheduled, task["id"], at=minute(1))
    await lease(scheduled, live, task["id"])
    ended = await occurrence(scheduled, task["id"], at=minute(2))
    await logged(scheduled, ended, task["id"], status="failure")
    ids = [waiting, live, ended, uuid4(), waiting]

    told = await cancel_many(scheduled, run_ids=[str(each) for each in ids])

    assert [(each["run_id"], each["state"], each["status"]) for each in told["items"]] == [
        (str(ids[0]), "cancelled", None),
        (str(ids[1]), "cancelling", None),
        (str(ids[2]), "ended", "failure"),
        (str(ids[3]), "unknown", None),
    ]
    assert told["more"] is False


async def test_all_of_a_task_or_a_queue_are_cancelled(scheduled: Api) -> None:
    task, other = await scheduled.create(), await scheduled.create()
    mine = await occurrence(scheduled, task["id"])
    slow = await occurrence(scheduled, task["id"], queue="slow")
    live = await occurrence(scheduled, task["id"], queue="slow")
    await lease(scheduled, live, task["id"])
    await occurrence(scheduled, other["id"])

    both = await cancel_many(scheduled, task_id=task["id"], queue="slow", waiting_only=True)
    rest = await cancel_many(scheduled, task_id=task["id"])
    none = await cancel_many(scheduled, queue="nobody's")

    assert [each["run_id"] for each in both["items"]] == [str(slow)]
    assert {(each["run_id"], each["state"]) for each in rest["items"]} == {
        (str(mine), "cancelled"),
        (str(live), "cancelling"),
    }
    assert none == {"items": [], "more": False}
    assert await scheduled.pool.fetchval(
        "SELECT array_agg(task_id) FROM scheduler.occurrences WHERE outcome = 'fired'"
        " AND cancel_requested_at IS NULL"
    ) == [UUID(other["id"])]


async def test_more_than_a_thousand_are_cancelled_in_turns(scheduled: Api) -> None:
    task = await scheduled.create()
    await scheduled.pool.execute(
        "INSERT INTO scheduler.occurrences (run_id, task_id, trigger, scheduled_for, moment,"
        " due_at, outcome, version, queue, priority, settled, held) SELECT gen_random_uuid(), $1,"
        " 'manual', now(), n::text, now(), 'fired', 1, 'default', 3, false, true"
        " FROM generate_series(1, 1001) AS n",
        UUID(task["id"]),
    )

    turns = [await cancel_many(scheduled, task_id=task["id"]) for _ in range(2)]

    assert [(len(each["items"]), each["more"]) for each in turns] == [(1000, True), (1, False)]


SENSELESS = [
    ({"wait_seconds": 31}, "/wait_seconds", "field.at_most"),
    ({"wait_seconds": -1}, "/wait_seconds", "field.at_least"),
    ({"wait_seconds": "5"}, "/wait_seconds", "field.number"),
    ({"wait_seconds": True}, "/wait_seconds", "field.number"),
    ({"reason": ""}, "/reason", "text.empty"),
    ({"reason": "a\u202eb"}, "/reason", "text.bidi"),
    ({"reason": "a\nb"}, "/reason", "text.control"),
    ({"reason": "x" * 501}, "/reason", "text.too_long"),
    ({"reason": 5}, "/reason", "field.string"),
    ({"force": True}, "/force", "field.unknown"),
]
SENSELESS_CHOICES = [
    ({}, "", "runs.choice"),
    ({"waiting_only": True}, "", "runs.choice"),
    ({"run_ids": [str(UUID(int=1))], "queue": "default"}, "", "runs.choice"),
    ({"run_ids": []}, "/run_ids", "field.too_few"),
    ({"run_ids": [str(UUID(int=1))] * 1001}, "/run_ids", "field.too_many"),
    ({"run_ids": ["x"]}, "/run_ids/0", "run.not_found"),
    ({"run_ids": [5]}, "/run_ids/0", "field.string"),
    ({"run_ids": "x"}, "/run_ids", "field.array"),
    ({"task_id": "x"}, "/task_id", "task.unknown"),
    ({"queue": ""}, "/queue", "field.too_short"),
    ({"queue": "q", "waiting_only": "yes"}, "/waiting_only", "field.boolean"),
]


async def test_a_senseless_wish_is_refused(shared_api: Api) -> None:
    for case in cases(SENSELESS):
        with case as (body, pointer, code):
            answer = await shared_api.http.post(f"{RUNS}/{uuid4()}/cancel", json=body)

            assert answer.status_code == 422
            assert {"pointer": pointer, "code": code}.items() <= answer.json()["errors"][0].items()


async def test_a_senseless_choice_is_refused(shared_api: Api) -> None:
    for case in cases(SENSELESS_CHOICES):
        with case as (body, pointer, code):
            answer = await shared_api.http.post(f"{RUNS}/cancel", json=body)

            assert answer.status_code == 422
            assert {"pointer": pointer, "code": code}.items() <= answer.json()["errors"][0].items()
