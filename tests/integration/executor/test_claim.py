"""One attempt of one run is one executor's, whoever hears of it and how often."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from uuid import uuid4

from services.executor.claimed import MAX_LOST, ClaimedRun
from services.executor.store.leases import LeaseStore
from shared.bus import topology
from shared.bus.declare import declare_on
from shared.bus.publisher import Outgoing, Publisher
from shared.contracts.runs import RunDue
from shared.runtime.clock import utc_now
from tests.integration.executor.floor import Floor, eventually, result
from tests.integration.scheduler.desk import LEASE, SECOND, changed, deleted, request


async def claimed(leases: LeaseStore, *asked: tuple[object, int]) -> list[tuple[object, int]]:
    return sorted(
        ((run.run_id, run.attempt) for run in await leases.claim(asked)),  # type: ignore[arg-type]
        key=str,
    )


async def test_a_claim_brings_all_that_is_needed_to_run(floor: Floor) -> None:
    (run,) = await floor.order(text="備份", timeout_seconds=7)
    row = await floor.desk.row(run)

    assert await floor.leases().claim([(run, 1)]) == [
        ClaimedRun(
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
        )
    ]
    lease = await floor.lease(run)
    assert lease is not None
    assert timedelta(0) < lease["lease_until"] - utc_now() <= LEASE + SECOND
    assert lease["outcome"] is None


async def test_what_to_do_is_what_the_task_says_now(floor: Floor) -> None:
    (run,) = await floor.order()
    task = (await floor.desk.row(run))["task_id"]
    await floor.desk.applier.tasks_changed([changed(task, 2, utc_now(), task_action="other")])

    (found,) = await floor.leases().claim([(run, 1)])

    assert (found.version, found.action) == (2, "other")


async def test_an_attempt_is_claimed_once(floor: Floor) -> None:
    (run,) = await floor.order()
    mine, theirs = floor.leases(), floor.leases()

    assert await claimed(mine, (run, 1)) == [(run, 1)]
    assert await claimed(theirs, (run, 1)) == []
    assert await claimed(mine, (run, 1)) == []


async def test_the_same_order_twice_in_one_batch_is_one_claim(floor: Floor) -> None:
    (run,) = await floor.order()

    assert await claimed(floor.leases(), (run, 1), (run, 1), (run, 1)) == [(run, 1)]


async def test_of_two_attempts_in_one_batch_the_later_is_claimed(floor: Floor) -> None:
    (run,) = await floor.order()

    assert await claimed(floor.leases(), (run, 2), (run, 1)) == [(run, 2)]


async def test_an_attempt_that_was_never_ordered_is_not_claimed(floor: Floor) -> None:
    (run,) = await floor.order()
    await floor.pool.execute("UPDATE scheduler.occurrences SET attempt = 1")

    assert await claimed(floor.leases(), (run, 2)) == []
    assert await claimed(floor.leases(), (run, 1)) == [(run, 1)]


async def test_nothing_asked_is_nothing_claimed(floor: Floor) -> None:
    assert await floor.leases().claim([]) == []


async def test_executors_that_ask_for_the_same_at_once_share_it_without_a_deadlock(
    floor: Floor,
) -> None:
    runs = await floor.order(400)
    dice = random.Random(7)  # noqa: S311 - a repeatable order
    batches = [[(run, 1) for run in dice.sample(runs, 300)] for _ in range(8)]

    answers = await asyncio.gather(*(floor.leases().claim(each) for each in batches))

    taken = [run.run_id for answer in answers for run in answer]
    assert sorted(taken) == sorted({run for batch in batches for run, _ in batch})


async def test_a_run_that_nobody_knows_is_not_claimed(floor: Floor) -> None:
    assert await claimed(floor.leases(), (uuid4(), 1)) == []


async def test_a_run_that_was_taken_back_is_not_claimed(floor: Floor) -> None:
    (run,) = await floor.order(ordered=1)
    task = (await floor.desk.row(run))["task_id"]
    await floor.desk.applier.tasks_changed([deleted(task, 2, utc_now())])

    assert await claimed(floor.leases(), (run, 1)) == []
    assert await floor.lease(run) is None


async def test_a_run_that_ended_is_not_claimed_even_as_a_later_attempt(floor: Floor) -> None:
    (run,) = await floor.order()
    leases = floor.leases()
    (mine,) = await leases.claim([(run, 1)])
    await leases.finish([result(mine)], [b"{}"])
    await floor.desk.time_passes(10 * LEASE)

    assert await claimed(floor.leases(), (run, 1), (run, 2), (run, 3)) == []


async def test_a_lease_is_taken_over_only_by_a_later_attempt_and_only_once_it_ran_out(
    floor: Floor,
) -> None:
    (run,) = await floor.order()
    first, second = floor.leases(), floor.leases()
    await first.claim([(run, 1)])
    assert await claimed(second, (run, 2)) == []

    await floor.desk.time_passes(LEASE + SECOND)
    assert await claimed(second, (run, 1)) == []
    assert await claimed(second, (run, 2)) == [(run, 2)]
    assert await claimed(first, (run, 2)) == []


async def test_a_lease_that_was_renewed_is_not_taken_over(floor: Floor) -> None:
    (run,) = await floor.order()
    first = floor.leases()
    await first.claim([(run, 1)])
    await floor.desk.time_passes(LEASE + SECOND)

    assert await first.renew([(run, 1)]) == {(run, 1)}  # nobody has come meanwhile
    assert await claimed(floor.leases(), (run, 2)) == []


async def test_an_attempt_fences_off_its_predecessor(floor: Floor) -> None:
    (run,) = await floor.order()
    first, second = floor.leases(), floor.leases()
    (old,) = await first.claim([(run, 1)])
    await first.release([(run, 1)])
    (new,) = await second.claim([(run, 2)])

    assert await first.renew([(run, 1)]) == set()
    assert await first.finish([result(old)], [b"old"]) == set()
    await first.release([(run, 1)])
    lease = await floor.lease(run)
    assert lease is not None
    assert lease["lease_until"] > utc_now()

    assert await second.finish([result(new)], [b"new"]) == {(run, 2)}


async def test_the_fence_holds_within_one_executor_too(floor: Floor) -> None:
    """It was frozen, and got its own run again as the next attempt."""
    (run,) = await floor.order()
    leases = floor.leases()
    (old,) = await leases.claim([(run, 1)])
    await leases.release([(run, 1)])
    (new,) = await leases.claim([(run, 2)])

    assert await leases.renew([(run, 1), (run, 2)]) == {(run, 2)}
    assert await leases.finish([result(old), result(new)], [b"old", b"new"]) == {(run, 2)}
    assert await leases.fate([(run, 1), (run, 2)]) == ({(run, 2)}, set())


async def test_a_locked_lease_is_passed_over_and_stays_ours(floor: Floor) -> None:
    locked, free = await floor.order(2)
    leases = floor.leases()
    both = await leases.claim([(locked, 1), (free, 1)])
    await floor.pool.execute("UPDATE executor.leases SET lease_until = now()")
    keys, runs = [(run.run_id, 1) for run in both], [result(run) for run in both]
    async with floor.pool.acquire() as somebody, somebody.transaction():
        await somebody.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await somebody.execute("SELECT FROM executor.leases WHERE run_id = $1 FOR UPDATE", locked)

        assert await leases.renew(keys) == set(keys)
        lease = await floor.lease(free)
        assert lease is not None
        assert lease["lease_until"] > utc_now()
        assert await leases.finish(runs, [b"{}", b"{}"]) == {(free, 1)}
        assert await leases.fate(keys) == ({(free, 1)}, {(locked, 1)})

    assert await leases.finish(runs, [b"{}", b"{}"]) == {(locked, 1)}


async def test_old_leases_and_old_evidence_are_forgotten_and_nothing_else(floor: Floor) -> None:
    ended, running = await floor.order(2)
    leases = floor.leases()
    both = {run.run_id: run for run in await leases.claim([(ended, 1), (running, 1)])}
    await leases.finish([result(both[ended])], [b"{}"])
    await leases.keep_superseded([(ended, 7)], [b"{}"])
    week = timedelta(days=7)

    assert await floor.reports().prune(week, 100) == 0
    await floor.pool.execute("UPDATE executor.leases SET finished_at = now() - $1::interval", week)
    await floor.pool.execute(
        "UPDATE executor.superseded SET reported_at = now() - $1::interval", week
    )

    assert await floor.reports().prune(week, 100) == 1
    assert await floor.lease(ended) is None
    assert await floor.lease(running) is not None
    assert await floor.pool.fetchval("SELECT count(*) FROM executor.superseded") == 0


async def test_every_order_is_run_once_though_it_comes_many_times_to_many(floor: Floor) -> None:
    runs = await floor.order(60)
    messages = []
    for number in range(3):
        for run in runs:
            subject = topology.task_due("default", 3, (await floor.desk.row(run))["task_id"])
            due = RunDue(run_id=run, attempt=1)
            messages.append(Outgoing(subject, due.encode(), f"{run}:{number}"))
    assert await Publisher(floor.desk.client).publish(messages) == []

    for slots in (7, 30):
        await floor.executor(executor_slots=slots).start()

    assert set((await floor.finished(runs)).values()) == {"success"}
    await floor.no_order_left()
    assert sorted(floor.probe.begun, key=str) == sorted(((run, 1) for run in runs), key=str)
    await floor.said_of(runs)
    assert set((await floor.times_said()).values()) == {1}


async def test_never_more_runs_than_there_are_slots(floor: Floor) -> None:
    runs = await floor.order(12, deed="wait")
    executor = floor.executor(executor_slots=5)
    await executor.start()

    await floor.wait_until_running(5)
    await floor.desk.client.flush()
    assert executor.executor.under_way.running == 5
    assert await floor.orders_left() == 7

    floor.probe.go_on.set()
    await floor.finished(runs)
    assert len(floor.probe.begun) == 12


async def test_what_is_no_order_is_buried_and_holds_up_nobody(floor: Floor) -> None:
    runs = await floor.order(3)
    subject = topology.task_due("default", 3, uuid4())
    poison = [
        b"not json \xff",
        b"",
        b"{}",
        b'{"v":2,"run_id":"%s","attempt":1}' % str(uuid4()).encode(),
        b'{"v":1,"run_id":"%s","attempt":0}' % str(uuid4()).encode(),
        b'{"v":1,"run_id":"%s","attempt":99999999999999}' % str(uuid4()).encode(),
        b"[" * 100_000,
    ]
    messages = [Outgoing(subject, each, uuid4().hex) for each in poison]
    assert await Publisher(floor.desk.client).publish(messages) == []

    await floor.executor().start()

    await floor.finished(runs)
    await floor.no_order_left()
    assert (await floor.desk.js.stream_info("DEAD")).state.messages == len(poison)


async def test_what_cannot_be_buried_yet_is_kept(floor: Floor) -> None:
    runs = await floor.order(2)
    poison = Outgoing(topology.task_due("default", 3, uuid4()), b"poison", uuid4().hex)
    assert await Publisher(floor.desk.client).publish([poison]) == []
    await floor.desk.js.delete_stream("DEAD")

    await floor.executor().start()
    await floor.finished(runs)

    async def only_the_poison_is_left() -> bool:
        return await floor.orders_left() == 1

    await eventually(only_the_poison_is_left, "the others are acknowledged")
    await declare_on(floor.desk.js)
    await floor.no_order_left()
    assert (await floor.desk.js.stream_info("DEAD")).state.messages == 1


async def test_an_order_is_given_back_as_long_as_it_cannot_be_claimed(floor: Floor) -> None:
    (run,) = await floor.order()
    await floor.pool.execute("ALTER TABLE executor.leases RENAME TO leases_away")
    await floor.executor().start()

    async def tried() -> bool:
        info = await floor.desk.js.consumer_info("DUE", topology.DUE_DEFAULT.name)
        return (info.num_redelivered or 0) > 0

    try:
        await eventually(tried, "the order came again")
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
    assert floor.probe.begun == [(asked.run_id, 1)]


async def lost(floor: Floor, *, attempts: int) -> None:
    """Let all runs have lost so many attempts with their executors, and be ordered once more."""
    await floor.pool.execute(
        "UPDATE executor.leases SET lost = $1, attempt = $2, lease_until = '-infinity'",
        attempts - 1,  # the newest one is counted when the next is claimed
        attempts,
    )
    await floor.pool.execute("UPDATE scheduler.occurrences SET attempt = $1", attempts + 1)


async def test_a_run_at_its_last_chance_is_beside_no_other_such(floor: Floor) -> None:
    one, other, fresh = await floor.order(3)
    leases = floor.leases()
    await leases.claim([(one, 1), (other, 1)])
    await lost(floor, attempts=MAX_LOST - 1)
    orders = [(one, MAX_LOST), (other, MAX_LOST), (fresh, 1)]

    first = await leases.claim(orders)
    left = {one, other} - {run.run_id for run in first}

    assert len(first) == 2
    assert [run.is_last_chance for run in first if run.run_id != fresh] == [True]
    assert await leases.foreign(orders) == {(run_id, MAX_LOST) for run_id in left}
    assert await leases.claim([(run_id, MAX_LOST) for run_id in left], no_last_chance=True) == []
    (second,) = await floor.leases().claim(orders)  # another executor, or once the first is over
    assert second.run_id in left


async def test_a_run_that_is_not_at_its_last_chance_is_beside_any(floor: Floor) -> None:
    runs = await floor.order(3)
    leases = floor.leases()
    await leases.claim([(run, 1) for run in runs])
    await lost(floor, attempts=MAX_LOST - 2)
    orders = [(run, MAX_LOST - 1) for run in runs]

    assert len(await leases.claim(orders, no_last_chance=True)) == len(runs)


async def test_a_run_that_is_to_be_given_up_waits_for_nobody(floor: Floor) -> None:
    runs = await floor.order(3)
    leases = floor.leases()
    await leases.claim([(run, 1) for run in runs])
    await lost(floor, attempts=MAX_LOST)
    orders = [(run, MAX_LOST + 1) for run in runs]

    found = await leases.claim(orders, no_last_chance=True)

    assert [run.lost for run in found] == [MAX_LOST] * len(runs)


async def test_an_executor_takes_last_chances_one_after_the_other(floor: Floor) -> None:
    runs = await floor.order(3, deed="wait", ordered=MAX_LOST)
    await floor.leases().claim([(run, 1) for run in runs])
    await floor.pool.execute(
        "UPDATE executor.leases SET lost = $1, attempt = $2, lease_until = '-infinity'",
        MAX_LOST - 2,
        MAX_LOST - 1,
    )
    for run in runs:
        await floor.order_attempt(run, MAX_LOST)
    executor = floor.executor()
    await executor.start()
    await floor.wait_until_running(1)

    async def are_offered_again() -> bool:
        info = await floor.desk.js.consumer_info(topology.DUE.name, topology.DUE_DEFAULT.name)
        return (info.num_redelivered or 0) >= 2

    await eventually(are_offered_again, "the others are turned away, and come again")
    assert len(floor.probe.begun) == 1
    floor.probe.go_on.set()
    await floor.finished(runs)
    await floor.no_order_left()
    await executor.stop()

    assert floor.probe.begun == floor.probe.ended
    assert sorted(floor.probe.begun) == sorted((run, MAX_LOST) for run in runs)
