"""Leases live as long as the work does; who loses one stops."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID

import pytest_asyncio

from shared.runtime.clock import utc_now
from tests.integration.executor.floor import Floor, RunningExecutor, ended, eventually
from tests.integration.scheduler.desk import SECOND

#: So long that only the test beats.
LEASE_SECONDS = 600
EXPIRED = timedelta(seconds=LEASE_SECONDS + 1)


@pytest_asyncio.fixture(loop_scope="session")
async def executor(floor: Floor) -> RunningExecutor:
    executor = floor.executor(lease_seconds=LEASE_SECONDS, executor_slots=20)
    await executor.start()
    return executor


async def beat(executor: RunningExecutor) -> timedelta:
    return await executor.executor._heartbeat.step()  # noqa: SLF001 - instead of waiting for it


async def lease_left(floor: Floor, run: UUID) -> timedelta:
    lease = await floor.lease(run)
    assert lease is not None
    left: timedelta = lease["lease_until"] - utc_now()
    return left


async def test_it_beats_three_times_in_a_lease(floor: Floor, executor: RunningExecutor) -> None:
    assert floor.executors == [executor]
    assert await beat(executor) == timedelta(seconds=LEASE_SECONDS / 3)


async def test_what_runs_keeps_its_lease(floor: Floor, executor: RunningExecutor) -> None:
    (run,) = await floor.order(1, deed="wait")
    await floor.wait_until_running(1)
    await floor.desk.time_passes(timedelta(seconds=500))
    assert await lease_left(floor, run) < timedelta(seconds=101)

    await beat(executor)

    assert await lease_left(floor, run) > timedelta(seconds=590)


async def test_a_lease_that_ran_out_while_nobody_came_is_kept(
    floor: Floor, executor: RunningExecutor
) -> None:
    (run,) = await floor.order(1, deed="wait")
    await floor.wait_until_running(1)
    await floor.desk.time_passes(EXPIRED)

    await beat(executor)
    floor.probe.go_on.set()

    assert await floor.finished([run]) == {run: "success"}
    assert floor.probe.cancelled == []


async def test_a_lost_lease_stops_the_run_without_a_result(floor: Floor) -> None:
    executor = floor.executor(lease_seconds=LEASE_SECONDS, executor_slots=2)
    await executor.start()
    lost, kept = await floor.order(2, deed="wait")
    await floor.wait_until_running(2)  # it is full: what is ordered now is for another
    await floor.desk.time_passes(EXPIRED)
    assert len(await floor.claim_attempt(lost, 2)) == 1

    await beat(executor)

    async def stopped() -> bool:
        return executor.executor.under_way.running == 1

    await eventually(stopped, "the lost one stops")
    assert floor.probe.cancelled == [(lost, 1)]
    floor.probe.go_on.set()
    await floor.finished([kept])
    assert await floor.outcome(lost) is None
    await floor.said_of([kept])
    assert {run.run_id for run in await floor.said()} == {kept}
    assert await floor.pool.fetchval("SELECT count(*) FROM executor.superseded") == 0


async def test_an_executor_that_got_its_own_run_again_goes_on_with_the_newer_attempt(
    floor: Floor, executor: RunningExecutor
) -> None:
    """It was frozen; the next attempt was the first thing that it claimed."""
    (run,) = await floor.order(1, deed="wait")
    await floor.wait_until_running(1)
    await floor.desk.time_passes(EXPIRED)
    await floor.order_attempt(run, 2)
    await floor.wait_until_running(2)

    await beat(executor)

    async def old_one_stopped() -> bool:
        return floor.probe.cancelled == [(run, 1)]

    await eventually(old_one_stopped, "the old attempt stops")
    assert executor.executor.under_way.held() == [(run, 2)]
    floor.probe.go_on.set()
    await floor.finished([run])
    assert floor.probe.ended == [(run, 2)]
    assert [each.attempt for each in (await floor.said_of([run])).values()] == [2]


async def test_what_ended_keeps_its_lease_until_the_result_is_stored(floor: Floor) -> None:
    executor = floor.executor(lease_seconds=LEASE_SECONDS)  # its loops do not run
    (run,) = await floor.order()
    (claimed,) = await executor.executor.journal._leases.claim(1)  # noqa: SLF001 - as the intake would
    executor.executor.journal.ended(ended(claimed))
    await floor.desk.time_passes(EXPIRED)

    await beat(executor)

    assert await lease_left(floor, run) > timedelta(seconds=590)


async def test_presence_says_how_busy_it_is(floor: Floor, executor: RunningExecutor) -> None:
    await floor.order(3, deed="wait")
    await floor.wait_until_running(3)

    await beat(executor)

    row = await floor.pool.fetchrow("SELECT * FROM executor.executors")
    assert row is not None
    assert (row["executor_id"], row["instance"]) == (executor.id, "executor-1")
    assert (row["running"], row["slots"], row["draining"]) == (3, 20, False)
    assert row["actions"] == ["probe"]
    assert utc_now() - row["seen_at"] < 5 * SECOND


async def test_times_are_told_by_the_database_s_clock(floor: Floor) -> None:
    executor = floor.executor()
    clock = executor.executor._clock  # noqa: SLF001 - what the runner goes by
    clock._stopwatch = lambda: time.monotonic() - 10_000  # noqa: SLF001 - it counts from anywhere

    await executor.start()
    (run,) = await floor.order()
    said = (await floor.said_of([run]))[run]

    assert abs(utc_now() - said.started_at) < 5 * SECOND
    assert said.completed_at >= said.started_at
