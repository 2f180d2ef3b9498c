"""Which runs are listed as dead: those that ended for good, and somebody may have to see to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest_asyncio
from nats.aio.client import Client

from services.log_writer.store.dead_runs import DeadRunStore
from services.log_writer.store.runs import RunStore
from shared.bus import topology
from shared.contracts.runs import RunFinished, RunsFinished, RunStatus
from shared.db.pool import Pool, open_pool
from tests.integration.log_writer.builders import (
    EXECUTOR,
    NOON,
    all_heard,
    bear_out,
    eventually,
    finished,
    log_writer,
)
from tests.support.cases import table
from tests.support.swept import Swept

TASK = UUID(int=5)


@pytest_asyncio.fixture(loop_scope="session")
async def pool(database: str) -> AsyncIterator[Pool]:
    async with await open_pool(database, name="test") as pool:
        yield pool


async def job(pool: Pool, policy: str) -> None:
    await pool.execute(
        "INSERT INTO scheduler.jobs (task_id, version, enabled, name, action, action_config,"
        " timeout_seconds, queue, priority, changed_at, policy)"
        " VALUES ($1, 1, true, 'a task', 'greet', '{}', 60, 'default', 3, now(), $2)",
        TASK,
        policy,
    )


async def write(pool: Pool, *runs: RunFinished) -> int:
    await RunStore(pool).write_finished(runs)
    return await DeadRunStore(pool).write(runs)


@table(
    ("policy", "status", "attempt", "is_dead"),
    [
        ('{"retry": {}}', RunStatus.FAILURE, 1, True),
        ('{"retry": {}}', RunStatus.TIMED_OUT, 3, True),
        ('{"retry": {}}', RunStatus.SUCCESS, 3, False),
        ('{"retry": {}}', RunStatus.CANCELLED, 1, False),
        ("{}", RunStatus.FAILURE, 1, False),
        ("{}", RunStatus.TIMED_OUT, 1, False),
        ("{}", RunStatus.FAILURE, 2, True),
        ("{}", RunStatus.NEEDS_OPERATOR, 1, True),
    ],
)
async def test_who_is_dead(
    pool: Pool,
    kept_database: Swept,
    policy: str,
    status: RunStatus,
    attempt: int,
    *,
    is_dead: bool,
) -> None:
    await kept_database.empty()
    await job(pool, policy)

    count = await write(pool, finished(uuid4(), TASK, status, attempt=attempt))

    assert count == is_dead
    assert await pool.fetchval("SELECT count(*) FROM log.dead_runs") == is_dead


async def test_a_dead_run_is_listed_once_with_what_is_known_of_it(database: str) -> None:
    run_id = uuid4()
    dead = finished(run_id, TASK, RunStatus.NEEDS_OPERATOR, attempt=2, error_message="log in")
    async with await open_pool(database, name="test") as pool:
        await job(pool, "{}")

        assert [await write(pool, dead), await write(pool, dead)] == [1, 0]

        row = await pool.fetchrow("SELECT * FROM log.api_dead_runs")
    assert row is not None
    assert (row["run_id"], row["task_id"], row["task_name"]) == (run_id, TASK, "a task")
    assert (row["status"], row["attempt"], row["error_message"]) == ("needs_operator", 2, "log in")
    assert (row["scheduled_for"], row["died_at"]) == (NOON, dead.completed_at)


async def test_a_task_that_is_not_known_yet_has_dead_runs_as_well(database: str) -> None:
    async with await open_pool(database, name="test") as pool:
        assert await write(pool, finished(uuid4(), TASK, RunStatus.NEEDS_OPERATOR)) == 1
        assert await pool.fetchval("SELECT task_name FROM log.dead_runs") is None


async def test_an_attempt_that_is_followed_by_another_is_not_the_end(database: str) -> None:
    async with await open_pool(database, name="test") as pool:
        await job(pool, '{"retry": {}}')
        first = finished(uuid4(), TASK, RunStatus.FAILURE, retry_at=NOON)

        assert await DeadRunStore(pool).write([first]) == 0


async def test_a_late_report_of_an_older_attempt_kills_nothing(database: str) -> None:
    run_id = uuid4()
    async with await open_pool(database, name="test") as pool:
        await job(pool, '{"retry": {}}')
        await write(pool, finished(run_id, TASK, RunStatus.SUCCESS, attempt=2))

        assert await write(pool, finished(run_id, TASK, RunStatus.FAILURE, attempt=1)) == 0


async def test_what_the_bus_says_is_listed(database: str, nats_url: str, bus: Client) -> None:
    del bus
    dead = finished(uuid4(), TASK, RunStatus.NEEDS_OPERATOR)
    message = RunsFinished(runs=(dead, finished(uuid4(), TASK)))
    await bear_out(database, *message.runs)
    async with log_writer(database, nats_url) as writer:
        for number in (1, 2):
            await writer.client.jetstream().publish(
                topology.runs_finished(EXECUTOR),
                message.encode(),
                headers={"Nats-Msg-Id": str(number)},
            )

        async def is_listed() -> bool:
            count: int = await writer.pool.fetchval("SELECT count(*) FROM log.dead_runs")
            return count == 1

        await eventually(is_listed, "the dead run is listed")
        await all_heard(writer.client)
        assert await is_listed()
