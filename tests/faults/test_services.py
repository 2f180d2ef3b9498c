"""Our own services are killed, frozen and stopped under load: each of them, and all at once."""

from __future__ import annotations

import asyncio
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.platform_stage import Fleet, succeeds
from tests.faults.stage import LEASE, RESCUE, Stage

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

SCHEDULERS = ("scheduler-1", "scheduler-2")
#: Promise 6: nothing is later than this if a scheduler dies and another one lives.
FAILOVER = 3  # seconds
#: What the next scheduler does before it fires, if none lives: claim, publish, and sweep up what
#: the last one had committed and not published.
STARTS_IN = 3  # seconds, from ready
#: After all services were killed: from their return until all that was due has started.
COMES_BACK = 20  # seconds

SERVERS = {"postgres", "nats"}
#: Services that are harmed in a way of their own below.
HARMED = {*SCHEDULERS, "executor-1", "executor-2", "log-writer", "api", "account-runtime"}

HOLDS = """
SELECT count(*) >= 2 FROM executor.leases l JOIN executor.executors e USING (executor_id)
WHERE e.instance = $1 AND l.outcome IS NULL AND l.claimed_at < clock_timestamp() - interval '0.2 s'
"""
SEEN = "SELECT count(*) FROM executor.executors WHERE instance = $1 AND seen_at > $2"
HOLDER = """
SELECT e.instance FROM executor.leases l JOIN executor.executors e USING (executor_id)
WHERE l.run_id = $1 AND l.outcome IS NULL
"""
INSISTED = "SELECT array_agg(name ORDER BY seq) FROM api.tasks WHERE name LIKE 'insisted %'"


async def in_the_middle_of_actions(here: Stage, executor: str) -> None:
    """Wait until an executor has calls under way."""
    await here.until_value(HOLDS, executor, what=f"{executor} does something")


async def test_a_scheduler_is_killed_with_requests_for_runs_in_its_hands(here: Stage) -> None:
    task = here.load.tasks[1]
    for name in SCHEDULERS:
        here.system.kill(name, by=signal.SIGSTOP)  # what is delivered to it now, it has in hand
        for _ in range(6):
            await here.operator.run(task)
        await here.kill(name)
    await here.steady(1)
    figures = await here.judge("scheduler (one of two) with requests in hand")

    assert not figures.twice
    assert figures.latest < FAILOVER


async def test_both_schedulers_are_killed(here: Stage) -> None:
    down = max(await asyncio.gather(*map(here.kill, SCHEDULERS)))
    await here.steady(1)
    figures = await here.judge("both schedulers")

    assert not figures.twice
    assert figures.latest < down + STARTS_IN


async def test_a_scheduler_freezes_and_its_late_commit_changes_nothing(here: Stage) -> None:
    for name in SCHEDULERS:
        with here.fault("SIGSTOP", name), here.frozen(name):
            await here.steady(3)
    figures = await here.judge("scheduler frozen 3 s")

    assert not figures.twice
    assert figures.latest < FAILOVER + 1  # its locks are freed after 2 s


async def test_an_executor_is_killed_in_the_middle_of_actions(here: Stage) -> None:
    await in_the_middle_of_actions(here, "executor-1")
    await here.kill("executor-1")
    figures = await here.judge("executor in the middle of actions")

    assert 0 < figures.twice <= figures.under_way
    assert figures.redone < LEASE + RESCUE


async def test_an_executor_freezes_past_its_lease_and_its_late_result_changes_nothing(
    here: Stage,
) -> None:
    name = "executor-2"
    await in_the_middle_of_actions(here, name)
    with here.fault("SIGSTOP", name):
        with here.frozen(name):
            stopped_at = datetime.now(UTC)
            await here.witness.sink.wait(
                lambda calls: any(call.attempt > 1 and call.at > stopped_at for call in calls),
                within=timedelta(seconds=LEASE + RESCUE),
                what="another executor takes over",
            )
            assert not await here.drained(stopped_at)
            await here.history()  # remembers what is final now
        await here.until_value(SEEN, name, datetime.now(UTC), what=f"{name} is awake")
    await here.steady(1)
    figures = await here.judge("executor frozen past its lease")

    assert figures.redone < LEASE + RESCUE + 1


async def test_the_log_writer_is_killed_and_no_run_notices(here: Stage) -> None:
    for _ in range(2):
        await here.kill("log-writer")
        await here.steady(0.5)
    figures = await here.judge("log writer")

    assert not figures.twice


async def test_the_api_is_killed_while_a_client_creates_tasks_and_insists(here: Stage) -> None:
    names = [f"insisted {number:02}" for number in range(60)]
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
        await here.kill("api")
    figures = await here.judge("api, while tasks are created")

    assert sorted(await here.value(INSISTED)) == names
    assert here.operator.repeated, "no request was cut off"
    assert not figures.twice


async def test_the_account_runtime_and_an_executor_are_killed_while_accounts_are_started(
    here: Stage,
) -> None:
    fleet = await Fleet.of(here, "killed", 6)
    async with fleet.census() as census:
        run = await fleet.start()
        await fleet.until_working(1)
        await here.kill("account-runtime")
        await fleet.until_working(3)
        await here.kill(await here.until_value(HOLDER, run, what="an executor starts them"))
        result = await succeeds(here, run)
        before = await fleet.are_as_told()
        await here.kill("account-runtime")
        await here.steady(1)
        assert await fleet.are_as_told() == before, "they run on without it"
    assert {each["id"] for each in result["targets"]} == set(fleet.ids)
    assert {each["outcome"] for each in result["targets"]} <= {"done", "noop"}
    assert all(len(census.ever[each]) == 1 for each in fleet.ids), census.ever
    await fleet.retire()
    await here.judge("account runtime and executor, while 6 accounts start")


async def test_every_other_service_is_killed(here: Stage) -> None:
    others = sorted(set(here.system.names()) - SERVERS - HARMED)
    for name in others:
        await here.kill(name)
    await here.steady(1)
    figures = await here.judge(" and ".join(others))

    assert not figures.twice


async def test_every_service_is_restarted_one_after_the_other(here: Stage) -> None:
    names = set(here.system.names()) - SERVERS
    firsts, seconds = ({name for name in names if name.endswith(end)} for end in ("-1", "-2"))
    for group in (firsts, seconds, names - firsts - seconds):
        await asyncio.gather(*map(here.stop, group))
    await here.steady(1)
    figures = await here.judge("rolling restart")

    assert not figures.twice, "a stop is no excuse for doing anything twice"


async def test_all_services_are_killed_at_once(here: Stage) -> None:
    await asyncio.gather(*map(here.kill, set(here.system.names()) - SERVERS))
    await here.steady(1)
    began = time.monotonic()
    figures = await here.judge("all services at once")

    assert figures.twice <= figures.under_way
    assert time.monotonic() - began < COMES_BACK
