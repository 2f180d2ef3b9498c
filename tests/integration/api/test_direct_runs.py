"""A run by hand that needs no rule is let go in the transaction that asks for it, no other is."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.scheduler.apply import request_entry
from services.scheduler.job import Job
from shared.contracts.runs import RunRequest
from tests.integration.api.client import BASE, TASKS, Api
from tests.support.cases import table

RUNS = f"{BASE}/automation-runs"


async def known(api: Api, task: dict[str, Any], **columns: Any) -> None:  # noqa: ANN401 - columns
    """Let the scheduler know a task, as it does after `task.created`."""
    row = {"version": 1, "policy": "{}", "queue": "default", "deleted": False, **columns}
    await api.pool.execute(
        "INSERT INTO scheduler.jobs (task_id, version, deleted, enabled, name, action,"
        " action_config, timeout_seconds, queue, priority, changed_at, policy)"
        " VALUES ($1, $2, $3, true, 'a task', 'greet', '{}', 60, $4, 3, now(), $5)",
        UUID(task["id"]),
        row["version"],
        row["deleted"],
        row["queue"],
        row["policy"],
    )
    await api.pool.execute("DELETE FROM api.outbox")


async def run_now(api: Api, task: dict[str, Any], **more: Any) -> UUID:  # noqa: ANN401 - of httpx
    answer = await api.http.post(f"{TASKS}/{task['id']}/run", **more)
    assert answer.status_code == 200, answer.text
    return UUID(answer.json()["run_id"])


async def ordered(api: Api) -> set[UUID]:
    return {row["run_id"] for row in await api.pool.fetch("SELECT run_id FROM scheduler.orders")}


async def test_it_is_ordered_once_it_is_answered_as_the_scheduler_would_enter_it(api: Api) -> None:
    task = await api.create()
    await known(api, task)
    run = await run_now(api, task)

    assert await ordered(api) == {run}
    assert await api.count("api.outbox") == 0
    row = await api.pool.fetchrow("SELECT * FROM scheduler.occurrences WHERE run_id = $1", run)
    assert row is not None
    job = await api.pool.fetchrow("SELECT * FROM scheduler.jobs")
    assert job is not None
    request = RunRequest(
        run_id=run,
        task_id=UUID(task["id"]),
        requested_at=row["scheduled_for"],
        requested_by="admin",
        version=1,
    )
    entry = request_entry(request, Job(*(job[name] for name in Job._fields)))._asdict()
    assert {name: row[name] for name in entry} == entry


async def test_many_are_entered_together_and_each_once(api: Api) -> None:
    plain, limited = await api.create(), await api.create()
    await known(api, plain)
    await known(api, limited, policy='{"concurrency": {"limit": 1}}')
    wished = {
        "runs": [
            {"task_id": plain["id"], "count": 3, "params": {"greeting": "hi"}},
            {"task_id": limited["id"], "count": 2},
        ]
    }
    key = {"Idempotency-Key": "once"}
    first = (await api.http.post(RUNS, json=wished, headers=key)).json()["run_ids"]
    again = (await api.http.post(RUNS, json=wished, headers=key)).json()["run_ids"]

    assert first == again
    assert await ordered(api) == {UUID(each) for each in first[:3]}
    params = await api.pool.fetch("SELECT params FROM scheduler.occurrences")
    assert [json.loads(row["params"]) for row in params] == [{"greeting": "hi"}] * 3
    awaited = await api.pool.fetchval("SELECT awaits FROM api.outbox")
    assert awaited == [UUID(each) for each in first[3:]]


async def test_the_same_key_is_the_same_run(api: Api) -> None:
    task = await api.create()
    await known(api, task)
    key = {"Idempotency-Key": "one"}

    assert await run_now(api, task, headers=key) == await run_now(api, task, headers=key)
    assert await api.count("scheduler.occurrences") == await api.count("scheduler.orders") == 1


@table(
    "columns",
    [
        {"policy": '{"concurrency": {"limit": 1}}'},
        {"policy": '{"rate_limit": {"limit": 1, "period_seconds": 1}}'},
        {"policy": '{"locks": [{"name": "x"}]}'},
        {"policy": '{"unique": {}}'},
        {"policy": '{"overlap": "skip"}'},
        {"queue": "paused"},
        {"queue": "limited"},
        {"version": 0},
        {"deleted": True},
    ],
)
async def test_what_needs_a_rule_goes_to_the_scheduler(api: Api, columns: dict[str, Any]) -> None:
    await api.pool.execute(
        "INSERT INTO api.queues (name, paused, concurrency)"
        " VALUES ('paused', true, NULL), ('limited', false, 3)"
        " ON CONFLICT DO NOTHING"
    )
    task = await api.create()
    await known(api, task, **columns)
    run = await run_now(api, task)

    assert await ordered(api) == set()
    assert await api.pool.fetchval("SELECT awaits FROM api.outbox") == [run]


async def test_nothing_goes_round_a_pause_of_everything(api: Api) -> None:
    task = await api.create()
    await known(api, task)
    await api.pool.execute("UPDATE api.switches SET paused = true")
    try:
        await run_now(api, task)
    finally:
        await api.pool.execute("UPDATE api.switches SET paused = false")

    assert await ordered(api) == set()


async def test_a_task_that_the_scheduler_has_in_hand_is_not_waited_for(api: Api) -> None:
    task = await api.create()
    await known(api, task)
    async with api.pool.acquire() as scheduler, scheduler.transaction():
        await scheduler.execute("SELECT FROM scheduler.jobs FOR UPDATE")
        await run_now(api, task)

    assert await ordered(api) == set()


async def test_while_it_is_entered_its_task_cannot_be_deleted_in_the_scheduler(api: Api) -> None:
    task = await api.create()
    await known(api, task)
    async with api.own.acquire() as asking, asking.transaction():
        await asking.execute(
            "SELECT scheduler.enter_requests(ARRAY[gen_random_uuid()], ARRAY[$1::uuid], ARRAY[1],"
            " ARRAY[now()], ARRAY[NULL::text], 'admin')",
            UUID(task["id"]),
        )
        with pytest.raises(asyncpg.LockNotAvailableError):
            await api.pool.execute("SELECT FROM scheduler.jobs FOR UPDATE NOWAIT")
