"""What really happened reaches the ledger, and what got lost is ordered again; nothing else is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import nats.errors
import pytest
import pytest_asyncio

from services.scheduler.job import Cancel
from shared.contracts.runs import RunFinished, RunStatus
from shared.domain.occurrence import Outcome
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import LEASE, MINUTE, SECOND, Desk
from tests.integration.scheduler.test_closer import Witness, closer
from tests.support.cases import table

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DELETED = Cancel(
    outcome=Outcome.SUPERSEDED, reason="task.deleted", requests_too=True, early_too=True
)


def result(run_id: UUID, attempt: int = 1) -> RunFinished:
    return RunFinished(
        run_id=run_id,
        task_id=uuid4(),
        attempt=attempt,
        trigger="schedule",
        scheduled_for=NOON,
        started_at=NOON,
        executor="executor-1",
        status=RunStatus.SUCCESS,
        completed_at=NOON,
    )


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def database_long_up(desk: Desk) -> None:
    """Let the sweeper take no silence for the restart of a database."""
    await desk.long_up()


async def take_back(desk: Desk, run_id: UUID) -> None:
    task_id = (await desk.row(run_id))["task_id"]
    async with desk.pool.acquire() as connection:
        await desk.ledger.cancel_waiting(connection, task_id, DELETED, until=utc_now())


async def test_a_run_whose_executor_went_silent_is_ordered_once_as_its_next_attempt(
    desk: Desk,
) -> None:
    lost, alive = await desk.fire(2)
    executor = desk.executor()
    await executor.claim([(lost, 1), (alive, 1)])
    await desk.js.purge_stream("DUE")  # acknowledged by the executor
    await desk.time_passes(LEASE + SECOND)
    await executor.renew([(alive, 1)])

    await desk.sweeper().step()
    await desk.sweeper().step()

    assert await desk.orders() == {(lost, 2): 1}
    assert (await desk.row(lost))["attempt"] == 2
    assert (await desk.row(alive))["attempt"] == 1


@table("table", ["executor.leases", "scheduler.occurrences"])
async def test_a_locked_row_is_passed_over_and_the_others_are_rescued(
    desk: Desk, table: str
) -> None:
    await desk.empty()
    locked, lost = await desk.fire(2)
    await desk.executor().claim([(locked, 1), (lost, 1)])
    await desk.time_passes(LEASE + SECOND)
    async with desk.pool.acquire() as somebody, somebody.transaction():
        await somebody.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await somebody.execute(f"SELECT FROM {table} WHERE run_id = $1 FOR UPDATE", locked)

        assert [order.run_id for order in await desk.ledger.take_expired()] == [lost]

    assert [order.run_id for order in await desk.ledger.take_expired()] == [locked]


async def test_each_lost_attempt_is_followed_by_the_next(desk: Desk) -> None:
    (run,) = await desk.fire()
    for attempt in range(1, 5):
        await desk.js.purge_stream("DUE")
        assert len(await desk.executor().claim([(run, attempt)])) == 1
        await desk.time_passes(LEASE + SECOND)
        await desk.sweeper().step()
        assert await desk.orders() == {(run, attempt + 1): 1}


async def test_two_sweepers_order_a_lost_run_once(desk: Desk) -> None:
    runs = await desk.fire(50)
    await desk.executor().claim([(run, 1) for run in runs])
    await desk.js.purge_stream("DUE")
    await desk.time_passes(LEASE + SECOND)

    await asyncio.gather(*(desk.sweeper().step() for _ in range(3)), return_exceptions=True)

    assert await desk.orders() == {(run, 2): 1 for run in runs}


async def test_what_an_executor_hands_back_is_ordered_at_once(desk: Desk) -> None:
    (run,) = await desk.fire()
    executor = desk.executor()
    await executor.claim([(run, 1)])
    await executor.release([(run, 1)])

    await desk.sweeper().step()

    assert (run, 2) in await desk.orders()
    assert len(await desk.executor().claim([(run, 2)])) == 1


async def test_an_order_of_a_next_attempt_that_got_lost_is_sent_again(desk: Desk) -> None:
    (run,) = await desk.fire()
    await desk.executor().claim([(run, 1)])
    await desk.time_passes(LEASE + SECOND)
    await desk.sweeper().step()
    await desk.js.purge_stream("DUE")
    await desk.time_passes(3 * SECOND)

    await desk.sweeper().step()

    assert await desk.orders() == {(run, 2): 1}


async def test_lost_orders_are_sent_again_and_then_left_alone(desk: Desk) -> None:
    runs = await desk.fire(1200)  # more than a page
    await desk.js.purge_stream("DUE")
    await desk.time_passes(3 * SECOND)

    await desk.sweeper().step()
    assert await desk.orders() == {(run, 1): 1 for run in runs}

    await desk.sweeper().step()
    assert sum((await desk.orders()).values()) == 1200


async def test_orders_lost_twice_are_sent_twice(desk: Desk) -> None:
    """The stream remembers the ids of messages that it has lost."""
    (run,) = await desk.fire()
    sweeper = desk.sweeper()
    for number in range(3):
        await desk.js.purge_stream("DUE")
        await desk.time_passes(3 * SECOND)
        sweeper._now = lambda number=number: NOON + number * MINUTE  # type: ignore[misc]  # noqa: SLF001 - ids change with time
        await sweeper.step()
        assert await desk.orders() == {(run, 1): 1}


async def test_a_single_lost_order_among_many_is_noticed(desk: Desk) -> None:
    runs = await desk.fire(20)
    state = (await desk.js.stream_info("DUE")).state
    await desk.js.delete_msg("DUE", state.first_seq + 7)
    await desk.time_passes(3 * SECOND)

    await desk.sweeper().step()

    assert set(await desk.orders()) == {(run, 1) for run in runs}


async def test_a_long_queue_is_not_sent_again(desk: Desk) -> None:
    await desk.fire(300)
    await desk.time_passes(timedelta(hours=1))

    await desk.sweeper().step()

    assert sum((await desk.orders()).values()) == 300


async def test_a_long_queue_that_is_worked_on_meanwhile_is_not_sent_again(desk: Desk) -> None:
    """Claims between the two counts must not look like losses."""
    runs = await desk.fire(100)
    await desk.time_passes(timedelta(hours=1))
    executor = desk.executor()

    async def while_an_executor_takes_ten() -> int:
        await executor.claim([(run, 1) for run in runs[:10]])
        state = (await desk.js.stream_info("DUE")).state
        for sequence in range(state.first_seq, state.first_seq + 10):
            await desk.js.delete_msg("DUE", sequence)
        return await desk.due_messages()

    await desk.sweeper(while_an_executor_takes_ten).step()

    assert sum((await desk.orders()).values()) == 90


async def test_an_order_that_may_still_be_on_its_way_is_not_missed(desk: Desk) -> None:
    await desk.fire(5)
    await desk.js.purge_stream("DUE")

    await desk.sweeper().step()

    assert not await desk.orders()


async def test_a_next_attempt_that_another_sweeper_has_just_ordered_is_not_missed(
    desk: Desk,
) -> None:
    runs = await desk.fire(3)
    await desk.executor().claim([(runs[0], 1)])
    await desk.time_passes(timedelta(hours=1))
    await desk.ledger.take_expired()  # the other one, about to publish
    await desk.js.purge_stream("DUE", keep=2)
    await desk.pool.execute("UPDATE executor.leases SET lease_until = now()")

    await desk.sweeper().step()

    assert sum((await desk.orders()).values()) == 2


async def test_without_a_bus_the_ledger_is_still_brought_up_to_date(desk: Desk) -> None:
    (run,) = await desk.fire()
    await take_back(desk, run)
    await desk.time_passes(MINUTE)

    async def no_answer() -> int:
        raise nats.errors.TimeoutError

    with pytest.raises(nats.errors.TimeoutError):
        await desk.sweeper(no_answer).step()

    assert (await desk.row(run))["cancelled_at"] is None


async def test_what_was_taken_back_before_any_claim_stays_so(desk: Desk) -> None:
    (run,) = await desk.fire()
    await take_back(desk, run)
    assert await desk.executor().claim([(run, 1)]) == []

    await desk.sweeper().step()
    assert (await desk.row(run))["cancelled_at"] is not None  # a claim may be under way

    await desk.time_passes(31 * SECOND)
    await desk.sweeper().step()
    row = await desk.row(run)
    assert (row["outcome"], row["settled"], row["cancelled_at"]) == ("superseded", True, None)


async def test_what_was_claimed_before_it_was_taken_back_did_fire(desk: Desk) -> None:
    (run,) = await desk.fire()
    assert len(await desk.executor().claim([(run, 1)])) == 1

    await take_back(desk, run)
    await desk.sweeper().step()

    row = await desk.row(run)
    assert (row["outcome"], row["settled"], row["cancelled_at"]) == ("fired", False, None)


async def test_a_claim_in_the_very_moment_of_taking_back_is_decided_by_the_lease(
    desk: Desk,
) -> None:
    (run,) = await desk.fire()
    executor = desk.executor()
    async with desk.pool.acquire() as connection, connection.transaction():
        task_id = (await desk.row(run))["task_id"]
        await desk.ledger.cancel_waiting(connection, task_id, DELETED, until=utc_now())
        assert len(await executor.claim([(run, 1)])) == 1  # does not see it yet
    assert (await desk.row(run))["outcome"] == "superseded"

    await desk.sweeper().step()
    row = await desk.row(run)
    assert (row["outcome"], row["reason"]) == ("fired", "claimed_before_cancel")
    assert (row["settled"], row["cancelled_at"]) == (False, None)

    await executor.finish([result(run)], [b"{}"])
    await closer(desk, Witness()).step()
    assert (await desk.row(run))["settled"]
