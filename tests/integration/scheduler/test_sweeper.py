"""A run whose executor went silent is ordered again, and what has neither order nor executor."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
import pytest_asyncio

from services.executor.store.leases import LeaseStore
from services.scheduler.store import ledger
from shared.contracts.cancel import CancelState
from shared.contracts.runs import RunStatus
from tests.integration.scheduler import ends
from tests.integration.scheduler.desk import LEASE, MINUTE, NOON, SECOND, Desk
from tests.integration.scheduler.line import ask, begin, end, result, task
from tests.integration.scheduler.test_closer import cancel
from tests.integration.scheduler.test_one_winner import waits_for_a_lock
from tests.support.cases import table


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def database_long_up(desk: Desk) -> None:
    """Let the sweeper take no silence for the restart of a database."""
    await desk.long_up()


async def test_a_run_whose_executor_went_silent_is_ordered_once_as_its_next_attempt(
    desk: Desk,
) -> None:
    lost, alive = await desk.fire(2)
    executor = desk.executor()
    await executor.claim(2)
    await desk.time_passes(LEASE + SECOND)
    await executor.renew([(alive, 1)])

    await desk.sweeper().step()
    await desk.sweeper().step()

    assert await desk.orders() == {lost: 2}
    assert (await desk.row(lost))["attempt"] == 2
    assert (await desk.row(alive))["attempt"] == 1


@table("table", ["executor.leases", "scheduler.occurrences"])
async def test_a_locked_row_is_passed_over_and_the_others_are_rescued(
    desk: Desk, table: str
) -> None:
    await desk.empty()
    locked, lost = await desk.fire(2)
    await desk.executor().claim(2)
    await desk.time_passes(LEASE + SECOND)
    async with desk.pool.acquire() as somebody, somebody.transaction():
        await somebody.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await somebody.execute(f"SELECT FROM {table} WHERE run_id = $1 FOR UPDATE", locked)

        assert await desk.ledger.take_expired() == ["default"]
        assert await desk.orders() == {lost: 2}

    assert await desk.ledger.take_expired() == ["default"]
    assert await desk.orders() == {lost: 2, locked: 2}


async def test_each_lost_attempt_is_followed_by_the_next(desk: Desk) -> None:
    (run,) = await desk.fire()
    for attempt in range(1, 5):
        await begin(desk, run, attempt)
        await desk.time_passes(LEASE + SECOND)
        await desk.sweeper().step()
        assert await desk.orders() == {run: attempt + 1}


async def test_two_sweepers_at_once_skip_no_attempt(desk: Desk) -> None:
    runs = await desk.fire(50)
    await desk.executor().claim(50)
    await desk.time_passes(LEASE + SECOND)

    await asyncio.gather(*(desk.sweeper().step() for _ in range(3)))

    assert await desk.orders() == dict.fromkeys(runs, 2)


async def test_what_an_executor_hands_back_is_ordered_at_once(desk: Desk) -> None:
    (run,) = await desk.fire()
    executor = desk.executor()
    await executor.claim(1)
    await executor.release([(run, 1)])

    await desk.sweeper().step()

    await begin(desk, run, 2)


async def lose_orders(desk: Desk) -> None:
    """Leave runs as schedulers of before there were orders let them go."""
    await desk.pool.execute("DELETE FROM scheduler.orders")


async def test_what_was_let_go_without_an_order_is_ordered_once_bit_by_bit(desk: Desk) -> None:
    runs = await desk.fire(3)
    await lose_orders(desk)
    await desk.time_passes(MINUTE)

    assert len(await desk.ledger.repair(2)) == 2
    assert len(await desk.ledger.repair(2)) == 1
    assert await desk.ledger.repair(2) == []

    assert await desk.orders() == dict.fromkeys(runs, 1)


async def test_nothing_else_is_ordered_again(desk: Desk) -> None:
    (held,) = await ask(desk, await task(desk, concurrency={"limit": 1}))
    waiting, claimed, ended, cancelled = await desk.fire(4)
    for run in (claimed, ended):
        await begin(desk, run)
    await end(desk, ended)
    await cancel(desk, cancelled)
    await desk.time_passes(LEASE / 2)

    await desk.sweeper().step()

    assert await desk.orders() == {waiting: 1}
    assert (await desk.row(held))["held"]


async def turned_away(desk: Desk) -> tuple[LeaseStore, UUID]:
    """Give a run whose lease ran out, and was renewed before its next attempt was claimed."""
    (run,) = await desk.fire()
    executor = desk.executor()
    await executor.claim(1)
    await desk.time_passes(LEASE + SECOND)
    await desk.sweeper().step()
    assert await desk.orders() == {run: 2}
    assert await executor.renew([(run, 1)]) == {(run, 1)}
    assert await desk.claim(run) is None
    assert await desk.waiting() == 0
    return executor, run


async def test_a_run_that_was_renewed_after_all_is_left_to_its_executor(desk: Desk) -> None:
    executor, run = await turned_away(desk)
    await desk.time_passes(LEASE / 2)

    await desk.sweeper().step()

    assert await desk.waiting() == 0
    assert (await executor.store([result(run)])).attempts == {(run, 1)}


@table("how", ["retry", "snoozed", "silence"])
async def test_a_run_that_was_renewed_after_all_goes_on_when_that_attempt_is_over(
    desk: Desk, how: str
) -> None:
    await desk.empty()
    executor, run = await turned_away(desk)
    if how == "silence":
        await desk.time_passes(LEASE + 2 * SECOND)
    else:
        status = RunStatus.FAILURE if how == "retry" else RunStatus.RUNNING
        await executor.store([result(run, status, retry_at=NOON)])
        await desk.time_passes(2 * SECOND)

    await desk.sweeper().step()

    assert await desk.orders() == {run: 2}
    await begin(desk, run, 2)


async def test_a_run_that_ended_after_it_was_ordered_again_does_not_begin_again(
    desk: Desk,
) -> None:
    (run,) = await desk.fire()
    await begin(desk, run)
    await desk.time_passes(LEASE + SECOND)
    await desk.sweeper().step()
    assert await desk.orders() == {run: 2}
    await end(desk, run)

    assert await desk.claim(run) is None
    await desk.sweeper().step()

    assert await desk.orders() == {}
    assert (await desk.row(run))["settled"]


async def test_what_the_version_before_has_noted_for_dependants_is_followed(desk: Desk) -> None:
    dependant = await ends.task(desk)
    upstream = await ends.task(desk, dependant)
    skipped, fired = await ask(desk, upstream, 2)
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET outcome = 'skipped_lock', settled = true"
        " WHERE run_id = $1",
        skipped,
    )
    await desk.pool.execute(
        "INSERT INTO scheduler.runless_ends SELECT run_id, now() FROM unnest($1::uuid[]) AS run_id",
        [skipped, fired],
    )

    await desk.ledger.repair(10)
    await desk.closer().step()

    assert await ends.outcomes(desk, dependant) == [ends.NOT_MET]


async def test_what_the_version_before_left_halfway_is_brought_to_its_end(desk: Desk) -> None:
    await desk.empty()
    claimed, unclaimed, recalled, just_recalled = runs = await desk.fire(4)
    await desk.pool.execute("DELETE FROM scheduler.orders WHERE run_id <> $1", claimed)
    assert [run.run_id for run in await desk.executor().claim(4)] == [claimed]
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET outcome = 'cancelled', settled = true,"
        " cancelled_at = now() - interval '2 minutes' WHERE run_id = ANY($1::uuid[])",
        [claimed, unclaimed],
    )
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET created_at = now() - interval '2 minutes', recalled_at ="
        " now() - CASE WHEN run_id = $1 THEN interval '2 minutes' ELSE interval '1 second' END"
        " WHERE run_id = ANY($2::uuid[])",
        recalled,
        [recalled, just_recalled],
    )

    await desk.ledger.repair(10)

    rows = {run: await desk.row(run) for run in runs}
    assert (rows[claimed]["outcome"], rows[claimed]["settled"]) == ("fired", False)
    assert (rows[unclaimed]["outcome"], rows[unclaimed]["settled"]) == ("cancelled", True)
    assert rows[claimed]["cancelled_at"] is rows[unclaimed]["cancelled_at"] is None
    assert await desk.orders() == {recalled: 1}


async def test_of_two_that_repair_the_later_one_sees_that_the_run_was_claimed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = await desk.fire()
    await desk.pool.execute("DELETE FROM scheduler.orders")
    await desk.time_passes(MINUTE)
    held_up = ledger._FIND_LOST.replace(  # noqa: SLF001 - to hold it up in its middle
        "WHERE", "WHERE (SELECT pg_advisory_xact_lock(42) IS NOT NULL) AND", 1
    )
    async with desk.pool.acquire() as somebody:
        await somebody.execute("SELECT pg_advisory_lock(42)")
        with monkeypatch.context() as patched:
            patched.setattr(ledger, "_FIND_LOST", held_up)
            later = asyncio.create_task(desk.ledger.repair(10))
            while not await waits_for_a_lock(desk):
                assert not later.done()
        assert await desk.ledger.repair(10) == ["default"]
        assert len(await desk.executor().claim(1)) == 1
        await somebody.execute("SELECT pg_advisory_unlock(42)")

    assert await later == []
    assert await desk.orders() == {}
    (item,) = await cancel(desk, run)
    assert item.state is CancelState.CANCELLING
