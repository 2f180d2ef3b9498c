"""A run that somebody was told is asked for stays asked for until the ledger has it."""

from __future__ import annotations

from uuid import UUID

from services.api.bus.announce import OUTBOX
from services.api.bus.insist import Insister
from services.api.store.database import Database
from shared.bus.publisher import Outgoing
from shared.contracts.runs import RunsRequested
from tests.integration.api.client import TASKS, Api

RUNS = "/api/v1/group-ai/automation-runs"


async def publish(api: Api) -> list[Outgoing]:
    """Do as the relay does when JetStream acknowledges everything."""
    async with api.pool.acquire() as connection, connection.transaction():
        rows = await OUTBOX.take(connection, 100)
        await OUTBOX.published(connection, [row.id for row in rows])
    return [row.message for row in rows]


async def seconds_pass(api: Api, seconds: int) -> None:
    await api.pool.execute(
        "UPDATE api.outbox SET sent_at = sent_at - make_interval(secs => $1)", seconds
    )


async def insist(api: Api) -> list[str]:
    """Return which wake-ups of the relay followed."""
    woken: list[str] = []
    await Insister(Database(api.own), lambda: woken.append("relay")).step()
    return woken


async def enter(api: Api, run: UUID, task: str) -> None:
    """Do as the scheduler does when it hears of the request."""
    await api.pool.execute(
        "INSERT INTO scheduler.occurrences (run_id, task_id, trigger, scheduled_for, moment,"
        " due_at, outcome, version, queue, priority, settled)"
        " VALUES ($1::uuid, $2, 'manual', now(), $1::text, now(), 'fired', 1, 'default', 3, false)",
        str(run),
        task,
    )


async def asked(api: Api) -> tuple[str, list[UUID]]:
    """Have two runs asked for in one message; return their task and them."""
    task = (await api.create())["id"]
    await publish(api)
    answer = await api.http.post(RUNS, json={"runs": [{"task_id": task, "count": 2}]})
    return task, [UUID(run) for run in answer.json()["run_ids"]]


async def left(api: Api) -> int:
    count: int = await api.pool.fetchval("SELECT count(*) FROM api.outbox")
    return count


async def test_a_change_of_a_task_is_forgotten_once_it_is_published(api: Api) -> None:
    await api.create()

    assert len(await publish(api)) == 1
    assert await left(api) == 0


async def test_a_request_is_forgotten_only_when_its_runs_are_in_the_ledger(api: Api) -> None:
    task, runs = await asked(api)
    await publish(api)
    await seconds_pass(api, 2)

    assert await insist(api) == []
    assert await left(api) == 1

    for run in runs:  # in one transaction, whoever enters them
        await enter(api, run, task)
    assert await insist(api) == []
    assert await left(api) == 0


async def test_a_request_that_the_stream_lost_is_said_again_under_another_id(api: Api) -> None:
    _, runs = await asked(api)
    (first,) = await publish(api)
    assert await publish(api) == []
    await seconds_pass(api, 4)

    assert await insist(api) == ["relay"]
    (again,) = await publish(api)

    assert again.message_id != first.message_id  # the stream remembers the ids of what it lost
    assert [each.run_id for each in RunsRequested.decode(again.payload).requests] == runs


async def test_each_repetition_waits_longer(api: Api) -> None:
    await asked(api)
    for pause in (3, 6, 12, 24):
        await publish(api)
        await seconds_pass(api, pause - 1)
        assert await insist(api) == []
        await seconds_pass(api, 2)
        assert await insist(api) == ["relay"]


async def test_a_single_run_is_insisted_on_as_well(api: Api) -> None:
    task = (await api.create())["id"]
    await publish(api)
    await api.http.post(f"{TASKS}/{task}/run")
    await publish(api)
    await seconds_pass(api, 4)

    assert await insist(api) == ["relay"]
