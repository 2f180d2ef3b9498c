"""Our own services are killed and frozen under load.

Two schedulers, two executors, and a short lease so that a frozen executor need not be waited for.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from tests.faults.stage import Stage, stage

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

LEASE = 4  # seconds; the default of 10 s is met in test_every_process.py
#: Promise 6: nothing is later than this if a scheduler dies and another one lives.
FAILOVER = 3  # seconds
#: Promise 6: runs of a dead executor start again within their lease and this.
RESCUE = 5  # seconds

HOLDS = """
SELECT count(*) FROM executor.leases l JOIN executor.executors e USING (executor_id)
WHERE e.instance = $1 AND l.outcome IS NULL AND l.claimed_at < clock_timestamp() - interval '0.2 s'
"""

SEEN = "SELECT count(*) FROM executor.executors WHERE instance = $1 AND seen_at > $2"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here() -> AsyncIterator[Stage]:
    """Run two of each that there can be two of."""
    env = {
        "AUTOMATION_SCHEDULERS": "2",
        "AUTOMATION_EXECUTORS": "2",
        "AUTOMATION_LEASE_SECONDS": str(LEASE),
    }
    async with stage(env) as system:
        yield system


async def until_count(here: Stage, query: str, *arguments: object, least: int, what: str) -> None:
    """Wait until a query counts enough."""
    connection = await here.witness.connect()
    try:
        deadline = time.monotonic() + 30
        while await connection.fetchval(query, *arguments) < least:
            assert time.monotonic() < deadline, what
            await asyncio.sleep(0.02)
    finally:
        await connection.close()


async def in_the_middle_of_actions(here: Stage, executor: str) -> None:
    """Wait until an executor has calls under way."""
    await until_count(here, HOLDS, executor, least=2, what=f"{executor} does nothing")


async def test_a_scheduler_is_killed_and_the_other_carries_on(here: Stage) -> None:
    for name in ("scheduler-1", "scheduler-2") * 2:
        await here.kill(name)
        await here.steady(0.5)
    figures = await here.judge("scheduler (one of two)")

    assert not figures.twice
    assert figures.latest < FAILOVER


async def test_a_scheduler_is_killed_with_requests_for_runs_in_its_hands(here: Stage) -> None:
    task = here.load.tasks[1]
    for name in ("scheduler-1", "scheduler-2"):
        here.system.kill(name, by=signal.SIGSTOP)  # what is delivered to it now, it has in hand
        for _ in range(6):
            await here.operator.run(task)
        await here.kill(name)
    await here.steady()
    figures = await here.judge("scheduler with requests in hand")

    assert not figures.twice
    assert figures.latest < FAILOVER


async def test_a_scheduler_freezes_and_its_late_commit_changes_nothing(here: Stage) -> None:
    for name in ("scheduler-1", "scheduler-2") * 2:
        with here.fault("SIGSTOP", name):
            pid = here.system.kill(name, by=signal.SIGSTOP)
            await here.steady(3)
            os.kill(pid, signal.SIGCONT)
    figures = await here.judge("scheduler frozen 3 s")

    assert not figures.twice
    assert figures.latest < FAILOVER + 1  # its locks are freed after 2 s


async def test_an_executor_is_killed_in_the_middle_of_actions(here: Stage) -> None:
    for name in ("executor-1", "executor-2"):
        await in_the_middle_of_actions(here, name)
        await here.kill(name)
        await here.steady()
        figures = await here.judge(f"{name} in the middle of actions")

        assert 0 < figures.twice <= figures.under_way
        assert figures.redone < LEASE + RESCUE


async def test_an_executor_freezes_past_its_lease_and_its_late_result_changes_nothing(
    here: Stage,
) -> None:
    name = "executor-2"
    await in_the_middle_of_actions(here, name)
    with here.fault("SIGSTOP", name):
        pid = here.system.kill(name, by=signal.SIGSTOP)
        stopped_at = datetime.now(UTC)
        await here.witness.sink.wait(
            lambda calls: any(call.attempt > 1 and call.at > stopped_at for call in calls) or None,
            within=timedelta(seconds=LEASE + RESCUE),
            what="another executor takes over",
        )
        assert not await here.drained(stopped_at)
        await here.history()  # remembers what is final now
        os.kill(pid, signal.SIGCONT)
        await until_count(here, SEEN, name, datetime.now(UTC), least=1, what=f"{name} is awake")
    await here.steady()
    figures = await here.judge("executor frozen past its lease")

    assert figures.redone < LEASE + RESCUE + 1


async def test_the_log_writer_is_killed_and_no_end_is_lost_or_written_twice(here: Stage) -> None:
    for _ in range(3):
        await here.kill("log-writer")
        await here.steady(0.5)
    figures = await here.judge("log writer")

    assert not figures.twice


async def test_every_service_is_restarted_one_after_the_other(here: Stage) -> None:
    for name in sorted(set(here.system.names()) - {"postgres", "nats"}):
        await here.stop(name)
    await here.steady()
    figures = await here.judge("rolling restart")

    assert not figures.twice, "a stop is no excuse for doing anything twice"


async def test_the_api_is_killed_while_a_client_creates_tasks_and_insists(here: Stage) -> None:
    names = [f"insisted {number}" for number in range(60)]
    queue = iter(names)

    async def client() -> None:
        for name in queue:
            await here.operator.create(
                name=name,
                key=f"key of {name}",
                task_action="http_request",
                action_config={"url": here.sink.url},
            )

    async with asyncio.TaskGroup() as clients:
        for _ in range(4):
            clients.create_task(client())
        for _ in range(2):
            await here.kill("api")
    figures = await here.judge("api, while tasks are created")

    connection = await here.witness.connect()
    try:
        made = await connection.fetch(
            "SELECT name FROM api.tasks WHERE name LIKE 'insisted %' ORDER BY seq"
        )
    finally:
        await connection.close()
    assert sorted(row["name"] for row in made) == sorted(names)
    assert here.operator.repeated, "no request was cut off"
    assert not figures.twice
