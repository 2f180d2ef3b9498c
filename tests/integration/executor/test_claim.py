"""A run that waits is one executor's, whoever looks for it and how often."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.executor.claimed import MAX_LOST, ClaimedRun
from services.scheduler.store.orders import take_back
from shared.runtime.clock import utc_now
from tests.integration.executor.floor import Floor, ended, eventually
from tests.integration.scheduler.desk import LEASE, SECOND, changed, deleted, request


async def test_a_claim_brings_all_that_is_needed_to_run(floor: Floor) -> None:
    (run,) = await floor.order(text="備份", timeout_seconds=7)
    row = await floor.desk.row(run)

    (claimed,) = await floor.leases().claim(1)

    lease = await floor.lease(run)
    assert lease is not None
    assert claimed == ClaimedRun(
        run_id=run,
        attempt=1,
        lost=0,
        task_id=row["task_id"],
        trigger="manual",
        scheduled_for=row["scheduled_for"],
        due_at=row["due_at"],
        requested_by="ops",
        missed_count=0,
        missed_since=None,
        version=1,
        name="version 1",
        action="probe",
        action_config='{"text": "備份"}',
        timeout_seconds=7,
        claimed_at=lease["claimed_at"],
    )
    assert timedelta(0) < lease["lease_until"] - utc_now() <= LEASE + SECOND
    assert lease["outcome"] is None


async def test_what_to_do_is_what_the_task_says_now(floor: Floor) -> None:
    (run,) = await floor.order()
    task = (await floor.desk.row(run))["task_id"]
    await floor.desk.applier.tasks_changed([changed(task, 2, utc_now(), task_action="other")])

    (found,) = await floor.leases().claim(1)

    assert (found.version, found.action) == (2, "other")


async def test_a_run_is_claimed_once(floor: Floor) -> None:
    (run,) = await floor.order()

    (mine,) = await floor.leases().claim(10)

    assert (mine.run_id, mine.attempt) == (run, 1)
    assert await floor.leases().claim(10) == []
    assert await floor.orders_left() == 0


async def test_no_more_is_claimed_than_is_asked_for(floor: Floor) -> None:
    runs = await floor.order(5)
    leases = floor.leases()

    taken = [await leases.claim(2) for _ in range(3)]

    assert [len(each) for each in taken] == [2, 2, 1]
    assert sorted(run.run_id for each in taken for run in each) == sorted(runs)


async def test_executors_that_claim_at_once_share_what_waits(floor: Floor) -> None:
    runs = await floor.order(400)

    answers = await asyncio.gather(*(floor.leases().claim(100) for _ in range(8)))

    assert sorted(run.run_id for answer in answers for run in answer) == sorted(runs)


@pytest.mark.parametrize(
    "ledger",
    [
        "attempt = 2",
        "held = true",
        "settled = true",
        "outcome = 'cancelled'",
        "recalled_at = now()",
    ],
)
async def test_an_order_that_the_ledger_does_not_bear_out_goes_without_a_word(
    floor: Floor, ledger: str
) -> None:
    stale, good = await floor.order(2)
    await floor.pool.execute(
        f"UPDATE scheduler.occurrences SET {ledger} WHERE run_id = $1",  # noqa: S608 - ours
        stale,
    )

    assert [run.run_id for run in await floor.leases().claim(2)] == [good]

    assert await floor.lease(stale) is None
    assert await floor.orders_left() == 0


@pytest.mark.parametrize("table", ["occurrences", "jobs"])
async def test_an_order_that_nobody_knows_the_run_or_task_of_goes_without_a_word(
    floor: Floor, table: str
) -> None:
    (run,) = await floor.order()
    await floor.pool.execute(f"DELETE FROM scheduler.{table}")  # noqa: S608 - ours

    assert await floor.leases().claim(1) == []

    assert await floor.lease(run) is None
    assert await floor.orders_left() == 0


async def test_a_run_that_was_taken_back_is_not_claimed(floor: Floor) -> None:
    (run,) = await floor.order()
    task = (await floor.desk.row(run))["task_id"]
    await floor.desk.applier.tasks_changed([deleted(task, 2, utc_now())])

    assert await floor.leases().claim(1) == []
    assert await floor.lease(run) is None


async def test_what_is_being_taken_back_is_nobody_s_until_that_is_certain(floor: Floor) -> None:
    (run,) = await floor.order()
    async with floor.desk.own.acquire() as scheduler:
        taking_back = scheduler.transaction()
        await taking_back.start()
        assert await take_back(scheduler, [run]) == [run]

        assert await floor.leases().claim(1) == []

        await taking_back.rollback()
    (found,) = await floor.leases().claim(1)
    assert found.run_id == run


async def test_what_is_being_claimed_cannot_be_taken_back(floor: Floor) -> None:
    (run,) = await floor.order()
    async with floor.pool.acquire() as owner, owner.transaction():
        await owner.fetch("SELECT FROM scheduler.take_orders('{default}', 1, '{}', NULL, 4, false)")

        async def take_it_back() -> list[object]:
            async with floor.desk.own.acquire() as scheduler, scheduler.transaction():
                return [*await take_back(scheduler, [run])]

        trying = asyncio.create_task(take_it_back())

        async def it_waits() -> object:
            return await floor.pool.fetchval("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")

        await eventually(it_waits, "it waits for the claim")
    assert await trying == []


async def test_a_run_that_ended_is_not_claimed_even_as_a_later_attempt(floor: Floor) -> None:
    (run,) = await floor.order()
    leases = floor.leases()
    (mine,) = await leases.claim(1)
    await leases.store([ended(mine)])
    await floor.desk.time_passes(10 * LEASE)

    assert [await floor.claim_attempt(run, each) for each in (1, 2, 3)] == [[], [], []]


async def test_a_lease_is_taken_over_only_by_a_later_attempt_and_only_once_it_ran_out(
    floor: Floor,
) -> None:
    (run,) = await floor.order()
    await floor.leases().claim(1)
    assert await floor.claim_attempt(run, 2) == []

    await floor.desk.time_passes(LEASE + SECOND)
    assert await floor.claim_attempt(run, 1) == []
    (second,) = await floor.claim_attempt(run, 2)
    assert (second.attempt, second.lost) == (2, 1)


async def test_a_claim_that_a_living_lease_turns_away_does_no_harm(floor: Floor) -> None:
    """Its executor was slow, was thought dead, and renewed its lease at the last moment."""
    await floor.desk.long_up()  # else leases that ran out are excused by the database's restart
    (run,) = await floor.order()
    (other,) = await floor.order()
    first = floor.leases()
    await first.claim(1)
    await floor.desk.time_passes(LEASE + SECOND)
    await floor.order_attempt(run, 2)
    assert await first.renew([(run, 1)]) == {(run, 1)}  # nobody has come meanwhile
    before = await floor.lease(run)

    assert [each.run_id for each in await floor.leases().claim(2)] == [other]
    assert await floor.lease(run) == before

    await first.release([(run, 1)])
    await floor.desk.time_passes(2 * SECOND)
    await floor.desk.sweeper().step()  # and if it dies all the same, the attempt is ordered anew
    assert (run, 2) in [(each.run_id, each.attempt) for each in await floor.leases().claim(10)]


async def test_never_more_runs_than_there_are_slots(floor: Floor) -> None:
    runs = await floor.order(12, deed="wait")
    executor = floor.executor(executor_slots=5)
    await executor.start()

    await floor.wait_until_running(5)
    executor.executor.intake.told()
    await floor.desk.client.flush()
    assert executor.executor.under_way.running == 5
    assert await floor.orders_left() == 7

    floor.probe.go_on.set()
    await floor.finished(runs)
    assert len(floor.probe.begun) == 12


async def test_a_claim_that_fails_costs_nothing(floor: Floor) -> None:
    (run,) = await floor.order()
    await floor.pool.execute("ALTER TABLE executor.leases RENAME TO leases_away")
    executor = floor.executor()
    try:
        await executor.start()
        await executor.look()
        assert await floor.orders_left() == 1
    finally:
        await floor.pool.execute("ALTER TABLE executor.leases_away RENAME TO leases")

    assert await floor.finished([run]) == {run: "success"}
    assert floor.probe.begun == [(run, 1)]


async def test_a_request_that_was_heard_twice_runs_once(floor: Floor) -> None:
    await floor.executor().start()
    task = changed(uuid4(), 1, utc_now(), task_action="probe")
    await floor.desk.applier.tasks_changed([task])
    asked = request(task.task_id)

    for _ in range(3):
        await floor.desk.applier.runs_requested([asked])

    await floor.finished([asked.run_id])
    await floor.no_order_left()
    assert floor.probe.begun == [(asked.run_id, 1)]


async def lost(floor: Floor, runs: Sequence[UUID], *, attempts: int) -> None:
    """Let runs have lost so many attempts with their executors, and be ordered once more."""
    await floor.leases().claim(len(runs))
    await floor.pool.execute(
        "UPDATE executor.leases SET lost = $1, attempt = $2, lease_until = '-infinity'",
        attempts - 1,  # the newest one is counted when the next is claimed
        attempts,
    )
    for run in runs:
        await floor.order_attempt(run, attempts + 1)


async def test_a_run_at_its_last_chance_is_beside_no_other_such(floor: Floor) -> None:
    suspects = await floor.order(2)
    await lost(floor, suspects, attempts=MAX_LOST - 1)
    (fresh,) = await floor.order()
    leases = floor.leases()

    first = await leases.claim(10)

    (left,) = {*suspects, fresh} - {run.run_id for run in first}
    assert left in suspects
    assert [run.is_last_chance for run in first if run.run_id != fresh] == [True]
    assert await leases.claim(10, no_last_chance=True) == []
    (second,) = await floor.leases().claim(10)  # another executor, or once the first is over
    assert second.run_id == left


async def test_a_run_that_is_not_at_its_last_chance_is_beside_any(floor: Floor) -> None:
    runs = await floor.order(3)
    await lost(floor, runs, attempts=MAX_LOST - 2)

    assert len(await floor.leases().claim(10, no_last_chance=True)) == len(runs)


async def test_a_run_that_is_to_be_given_up_waits_for_nobody(floor: Floor) -> None:
    runs = await floor.order(3)
    await lost(floor, runs, attempts=MAX_LOST)

    found = await floor.leases().claim(10, no_last_chance=True)

    assert [run.lost for run in found] == [MAX_LOST] * len(runs)


async def test_an_executor_takes_last_chances_one_after_the_other(floor: Floor) -> None:
    runs = await floor.order(3, deed="wait")
    await lost(floor, runs, attempts=MAX_LOST - 1)
    executor = floor.executor()
    await executor.start()
    await floor.wait_until_running(1)
    await executor.look()
    assert len(floor.probe.begun) == 1

    floor.probe.go_on.set()
    await floor.finished(runs)
    await executor.stop()

    assert floor.probe.begun == floor.probe.ended
    assert sorted(floor.probe.begun) == sorted((run, MAX_LOST) for run in runs)
