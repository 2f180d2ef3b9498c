"""A stop loses nothing: what runs may end, what does not is handed back, what waits goes on."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from shared.contracts.action import Action, Context, Outcome
from shared.runtime.clock import utc_now
from tests.integration.executor.floor import (
    TITLE,
    Floor,
    ProbeParams,
    RunningExecutor,
    Stubborn,
    eventually,
)
from tests.integration.scheduler.desk import SECOND


class LastMoment(Action[ProbeParams]):
    """Ends its work though it is asked to stop."""

    name = "last_moment"
    title = TITLE
    description = TITLE
    params = ProbeParams

    async def run(self, params: ProbeParams, context: Context) -> Outcome:  # noqa: ARG002 - the interface
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return Outcome("done all the same")
        return Outcome("never")


async def takes_nothing_more(executor: RunningExecutor) -> None:
    async def look() -> bool:
        return executor.executor.intake._draining  # noqa: SLF001 - what its steps go by

    await eventually(look, "the stop has come to its intake")


async def test_an_executor_with_nothing_to_do_stops_at_once(floor: Floor) -> None:
    executor = floor.executor(drain_seconds=600)
    await executor.start()

    await asyncio.wait_for(executor.stop(), timeout=5)


async def test_what_runs_may_end_and_is_reported(floor: Floor) -> None:
    runs = await floor.order(3, deed="wait")
    executor = floor.executor(drain_seconds=600)
    await executor.start()
    await floor.wait_until_running(3)

    stopping = asyncio.create_task(executor.stop())
    await floor.desk.client.flush()
    assert not stopping.done()
    floor.probe.go_on.set()
    await asyncio.wait_for(stopping, timeout=10)

    assert sorted(run for run, _ in floor.probe.ended) == sorted(runs)
    assert {run.run_id for run in await floor.said()} == set(runs)
    assert set((await floor.finished(runs)).values()) == {"success"}


async def test_what_does_not_end_in_time_is_handed_back(floor: Floor) -> None:
    slow, quick = await floor.order(1, deed="wait"), await floor.order(1)
    executor = floor.executor(drain_seconds=0.1)
    await executor.start()
    await floor.finished(quick)
    await floor.wait_until_running(2)

    await executor.stop()

    assert floor.probe.cancelled == [(slow[0], 1)]
    lease = await floor.lease(slow[0])
    assert lease is not None
    assert lease["outcome"] is None
    assert lease["lease_until"] <= utc_now()
    assert await floor.outcome(quick[0]) == "success"
    assert {run.run_id for run in await floor.said()} == set(quick)

    await floor.desk.long_up()
    await floor.desk.sweeper().step()
    (again,) = await floor.leases().claim(1)
    assert (again.run_id, again.attempt) == (slow[0], 2)


async def test_a_stop_is_not_the_run_s_failure_whatever_the_action_makes_of_it(
    floor: Floor,
) -> None:
    (run,) = await floor.order(action="stubborn")
    executor = floor.executor(actions={"stubborn": Stubborn()}, drain_seconds=0)
    await executor.start()

    async def running() -> bool:
        return executor.executor.under_way.running == 1

    await eventually(running, "it runs")
    await executor.stop()

    assert await floor.outcome(run) is None
    assert await floor.said() == []
    assert len(await floor.claim_attempt(run, 2)) == 1


async def test_what_ends_at_the_last_moment_keeps_its_lease_and_its_result(floor: Floor) -> None:
    (run,) = await floor.order(action="last_moment")
    executor = floor.executor(actions={"last_moment": LastMoment()}, drain_seconds=0)
    await executor.start()

    async def running() -> bool:
        return executor.executor.under_way.running == 1

    await eventually(running, "it runs")
    await executor.stop_telling()
    await executor.executor.under_way.leave(timedelta(0), timedelta(seconds=10))

    assert executor.executor.journal.unstored() == [(run, 1)]
    lease = await floor.lease(run)
    assert lease is not None
    assert lease["lease_until"] > utc_now()  # free for nobody while the result is on its way
    await executor.executor.journal.flush(utc_now())
    assert await floor.outcome(run) == "success"
    assert [each.result for each in await floor.said()] == ["done all the same"]


async def test_what_is_being_claimed_does_not_start_and_what_waits_goes_on_waiting(
    floor: Floor,
) -> None:
    (claiming,) = await floor.order()
    executor = floor.executor()
    async with floor.held_up(claiming, executor.start):
        waiting = await floor.order(5)
        stopping = asyncio.create_task(executor.stop())
        await takes_nothing_more(executor)
    await asyncio.wait_for(stopping, timeout=10)

    assert floor.probe.begun == []
    assert await floor.orders_left() == 5
    lease = await floor.lease(claiming)
    assert lease is not None
    assert (lease["outcome"], lease["handed_back"]) == (None, True)
    assert lease["lease_until"] <= utc_now()

    await floor.executor().start()
    await floor.finished(waiting)
    assert sorted(run for run, _ in floor.probe.begun) == sorted(waiting)


async def test_a_stopping_executor_takes_nothing_more(floor: Floor) -> None:
    old, new = floor.executor(drain_seconds=600), floor.executor()
    await old.start()
    await floor.order(1, deed="wait")
    await floor.wait_until_running(1)
    stopping = asyncio.create_task(old.stop())
    await takes_nothing_more(old)

    runs = await floor.order(10)
    await old.executor.intake.step()
    assert await floor.orders_left() == 10
    await new.start()
    await floor.finished(runs)

    assert old.executor.under_way.running == 1
    floor.probe.go_on.set()
    await stopping


async def test_presence_tells_of_the_stop_and_ends_with_it(floor: Floor) -> None:
    async def draining() -> object:
        return await floor.pool.fetchval("SELECT draining FROM executor.executors")

    executor = floor.executor(drain_seconds=600)
    await executor.start()
    assert await draining() is False
    await floor.order(1, deed="wait")
    await floor.wait_until_running(1)

    stopping = asyncio.create_task(executor.stop())
    await eventually(draining, "it says that it stops")
    await executor.executor._heartbeat.step()  # noqa: SLF001 - instead of waiting for it
    assert await draining() is True
    floor.probe.go_on.set()
    await stopping

    assert await draining() is None


async def test_a_stop_that_cannot_be_written_down_breaks_nothing_off(floor: Floor) -> None:
    (run,) = await floor.order(1, deed="wait")
    executor = floor.executor(drain_seconds=600)
    await executor.start()
    await floor.wait_until_running(1)
    await floor.pool.execute("ALTER TABLE executor.executors RENAME TO executors_away")
    try:
        stopping = asyncio.create_task(executor.stop())
        await floor.desk.client.flush()
        floor.probe.go_on.set()
        await asyncio.wait_for(stopping, timeout=10)
    finally:
        await floor.pool.execute("ALTER TABLE executor.executors_away RENAME TO executors")

    assert await floor.outcome(run) == "success"
    assert [each.run_id for each in await floor.said()] == [run]


async def test_a_dead_executor_s_runs_go_on_elsewhere_once_their_leases_ran_out(
    floor: Floor,
) -> None:
    runs = await floor.order(4, deed="wait")
    dying = floor.executor()
    await dying.start()
    await floor.wait_until_running(4)
    await dying.die()
    floor.probe.go_on.set()

    await floor.desk.long_up()
    await floor.desk.time_passes(11 * SECOND)
    await floor.desk.sweeper().step()
    await floor.executor().start()

    assert set((await floor.finished(runs)).values()) == {"success"}
    assert sorted(floor.probe.ended, key=str) == sorted(((run, 2) for run in runs), key=str)


@pytest.mark.parametrize("drain_seconds", [0, 600])
async def test_a_stop_right_after_the_start_is_a_stop(floor: Floor, drain_seconds: int) -> None:
    runs = await floor.order(20)
    first = floor.executor(drain_seconds=drain_seconds)
    await first.start()
    await asyncio.wait_for(first.stop(), timeout=10)

    await floor.desk.long_up()
    await floor.desk.time_passes(11 * SECOND)
    await floor.desk.sweeper().step()
    await floor.executor().start()
    assert set((await floor.finished(runs)).values()) == {"success"}
    await floor.no_order_left()
