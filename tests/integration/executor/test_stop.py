"""A run that somebody wants stopped ends as cancelled, once, unless it has ended before."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from shared.bus import topology
from shared.contracts.cancel import CancelOrder
from shared.contracts.policy import Retry, TaskPolicy
from shared.contracts.runs import RunFinished, RunStatus
from shared.runtime.clock import utc_now
from tests.integration.executor.floor import (
    Floor,
    RunningExecutor,
    Stubborn,
    eventually,
)

LEASE_SECONDS = 600  # so long that only a message or the test makes it look
REASON = "stopped by ops"


async def want_stopped(floor: Floor, *runs: UUID) -> None:
    """Do as the scheduler does when somebody cancels live runs: mark them."""
    await floor.pool.execute(
        "UPDATE scheduler.occurrences SET cancel_requested_at = clock_timestamp(),"
        " cancel_reason = $2 WHERE run_id = ANY($1::uuid[])",
        runs,
        REASON,
    )


async def tell(floor: Floor, *runs: UUID) -> None:
    """Hurry the executors, as the scheduler does after the commit."""
    await floor.desk.client.publish(topology.RUN_CANCEL, CancelOrder(run_ids=runs).encode())


async def look(executor: RunningExecutor) -> timedelta:
    return await executor.executor._stopper.step()  # noqa: SLF001 - instead of waiting for it


async def said_cancelled(floor: Floor, run: UUID) -> RunFinished:
    assert await floor.finished([run]) == {run: "cancelled"}
    said = (await floor.said_of([run]))[run]
    assert said.status is RunStatus.CANCELLED
    assert (said.error_message, said.result, said.retry_at) == (REASON, None, None)
    assert (await floor.times_said())[run, said.attempt] == 1
    return said


async def test_a_running_run_is_stopped_at_once_when_it_is_told(floor: Floor) -> None:
    stopped, other = await floor.order(2, deed="wait")
    await floor.executor(lease_seconds=LEASE_SECONDS).start()
    await floor.wait_until_running(2)

    await want_stopped(floor, stopped)
    await tell(floor, stopped)

    await said_cancelled(floor, stopped)
    assert floor.probe.cancelled == [(stopped, 1)]
    floor.probe.go_on.set()
    assert (await floor.finished([other]))[other] == "success"


async def test_without_a_message_it_is_stopped_with_the_next_look(floor: Floor) -> None:
    (run,) = await floor.order(deed="wait")
    executor = floor.executor(lease_seconds=LEASE_SECONDS)
    await executor.start()
    await floor.wait_until_running(1)
    await want_stopped(floor, run)

    assert await look(executor) == timedelta(seconds=LEASE_SECONDS / 3)  # as often as it beats

    await said_cancelled(floor, run)


async def test_a_message_alone_stops_nothing(floor: Floor) -> None:
    (run,) = await floor.order(deed="wait")
    executor = floor.executor(lease_seconds=LEASE_SECONDS)
    await executor.start()
    await floor.wait_until_running(1)

    await tell(floor, run)
    await floor.desk.client.publish(topology.RUN_CANCEL, b"not json \xff")
    await floor.desk.client.flush()
    await look(executor)

    floor.probe.go_on.set()
    assert await floor.finished([run]) == {run: "success"}


async def test_what_ended_before_stays_as_it_ended(floor: Floor) -> None:
    (run,) = await floor.order()
    executor = floor.executor(lease_seconds=LEASE_SECONDS)
    await executor.start()
    await floor.finished([run])

    await want_stopped(floor, run)
    await look(executor)

    assert await floor.outcome(run) == "success"
    assert [each.status for each in (await floor.said_of([run])).values()] == [RunStatus.SUCCESS]


async def test_an_action_that_makes_another_error_of_it_was_cancelled_all_the_same(
    floor: Floor,
) -> None:
    (run,) = await floor.order(action="stubborn")
    executor = floor.executor(actions={"stubborn": Stubborn()}, lease_seconds=LEASE_SECONDS)
    await executor.start()

    async def running() -> bool:
        return executor.executor.under_way.running == 1

    await eventually(running, "it runs")
    await want_stopped(floor, run)
    await tell(floor, run)

    await said_cancelled(floor, run)


async def test_a_run_that_was_cancelled_before_it_was_claimed_never_starts(floor: Floor) -> None:
    (run,) = await floor.order()
    await want_stopped(floor, run)

    await floor.executor(lease_seconds=LEASE_SECONDS).start()

    said = await said_cancelled(floor, run)
    assert floor.probe.begun == []
    assert said.started_at == said.completed_at


async def test_a_run_that_is_cancelled_while_it_is_claimed_is_stopped_right_after(
    floor: Floor,
) -> None:
    """The claim has read that all is well, and has not ended when the message comes."""
    (run,) = await floor.order(deed="wait")
    executor = floor.executor(lease_seconds=LEASE_SECONDS)
    async with floor.held_up(run, executor.start):
        await want_stopped(floor, run)
        await tell(floor, run)
        await floor.desk.client.flush()

    await said_cancelled(floor, run)


async def test_a_run_that_is_cancelled_before_its_time_never_starts(floor: Floor) -> None:
    """It was claimed ahead of it."""
    (run,) = await floor.order()
    await floor.pool.execute(
        "UPDATE scheduler.occurrences SET due_at = clock_timestamp() + interval '1 hour'"
    )
    executor = floor.executor(lease_seconds=LEASE_SECONDS)
    await executor.start()

    async def claimed() -> object:
        return await floor.lease(run)

    await eventually(claimed, "it is claimed")
    await want_stopped(floor, run)
    await tell(floor, run)

    await said_cancelled(floor, run)
    assert floor.probe.begun == []


async def test_a_run_that_is_stopped_before_its_first_step_has_an_end(floor: Floor) -> None:
    (run,) = await floor.order()
    executor = floor.executor(lease_seconds=LEASE_SECONDS)
    await executor.executor._heartbeat.step()  # noqa: SLF001 - it reads the clock
    (claimed,) = await executor.executor.intake._leases.claim(1)  # noqa: SLF001 - as a step would

    executor.executor.under_way.start(claimed)
    executor.executor.under_way.stop(run, REASON)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await executor.executor.journal.flush(utc_now())

    await said_cancelled(floor, run)
    assert floor.probe.begun == []


async def test_a_cancelled_run_is_not_tried_again(floor: Floor) -> None:
    policy = TaskPolicy(retry=Retry(max_attempts=5))
    (run,) = await floor.order(deed="wait", policy=policy)
    await floor.executor(lease_seconds=LEASE_SECONDS).start()
    await floor.wait_until_running(1)

    await want_stopped(floor, run)
    await tell(floor, run)

    await said_cancelled(floor, run)
    await floor.order_attempt(run, 2)
    await floor.no_order_left()
    await said_cancelled(floor, run)
    assert floor.probe.begun == [(run, 1)]


async def test_a_run_that_waits_for_its_next_attempt_ends_with_it_unbegun(floor: Floor) -> None:
    policy = TaskPolicy(retry=Retry(max_attempts=5))
    (run,) = await floor.order(deed="break", policy=policy)
    await floor.executor(lease_seconds=LEASE_SECONDS).start()
    assert await floor.finished([run]) == {run: "retry"}

    await want_stopped(floor, run)
    await floor.order_attempt(run, 2)

    async def over() -> bool:
        return await floor.outcome(run) == "cancelled"

    await eventually(over, "it ends")
    assert floor.probe.begun == [(run, 1)]


async def test_a_stop_of_the_executor_hands_nothing_back_that_was_cancelled(floor: Floor) -> None:
    (run,) = await floor.order(deed="wait")
    executor = floor.executor(lease_seconds=LEASE_SECONDS, drain_seconds=0)
    await executor.start()
    await floor.wait_until_running(1)

    executor.executor.under_way.stop(run, REASON)
    await executor.stop()

    assert await floor.outcome(run) == "cancelled"
