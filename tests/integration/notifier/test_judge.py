"""Facts are judged once, in whatever way and order they are heard."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

from shared.contracts.runs import RunStatus
from tests.integration.notifier.house import NOON, House, an_end

FAILURE = {"on": ["failure"], "channels": ["ops"]}
RECOVERED = {"on": ["recovered"], "channels": ["ops"]}


async def test_a_failure_is_told_after_the_last_retry_only(house: House) -> None:
    task = await house.task(policy={"notify": [FAILURE]})
    first = an_end(task, retry_at=NOON + timedelta(seconds=5))
    last = an_end(task, run_id=first.run_id, attempt=2)

    assert await house.hear(first) == 0
    assert await house.hear(last) == 1
    (row,) = await house.deliveries()
    assert (row["run_id"], row["event"], row["state"]) == (first.run_id, "failure", "waiting")


async def test_a_fact_that_is_heard_twice_is_told_once(house: House) -> None:
    task = await house.task(policy={"notify": [FAILURE]})
    end = an_end(task)

    assert await house.hear(end, end) == 1
    assert await house.hear(end) == 0
    assert await house.told() == [("failure", "ops")]
    assert await house.pool.fetchval("SELECT count FROM notify.incidents") == 1


async def test_two_notifiers_that_hear_the_same_at_the_same_time_tell_it_once(
    house: House,
) -> None:
    tasks = [await house.task(policy={"notify": [FAILURE]}) for _ in range(5)]
    ends = [an_end(task) for task in tasks]

    told = await asyncio.gather(*(house.hear(*ends[::way]) for way in (1, -1, 1, -1)))

    assert sum(told) == len(tasks)
    assert len(await house.told()) == len(tasks)


async def test_a_series_its_nth_and_its_end(house: House) -> None:
    third = {**FAILURE, "after_failures": 3, "exact": True}
    first = {"on": ["failure"], "channels": ["first"], "exact": True}
    task = await house.task(policy={"notify": [first, third, RECOVERED]})

    for minute in range(4):
        await house.hear(an_end(task, minute=minute))
    await house.hear(an_end(task, RunStatus.SUCCESS, minute=4))

    assert await house.told() == [("failure", "first"), ("failure", "ops"), ("recovered", "ops")]
    incident = await house.pool.fetchrow("SELECT * FROM notify.incidents")
    assert incident is not None
    assert (incident["count"], incident["class"]) == (4, "failure")
    assert incident["closed_at"] == NOON + timedelta(minutes=4)


async def test_a_failure_and_its_recovery_may_come_together(house: House) -> None:
    task = await house.task(notify_on_failure=True, notify_recipients=["ops"])

    await house.hear(an_end(task), an_end(task, RunStatus.SUCCESS, minute=1))

    assert await house.told() == [("failure", "ops"), ("recovered", "ops")]


async def test_no_recovery_is_told_if_no_failure_was(house: House) -> None:
    task = await house.task(policy={"notify": [{**FAILURE, "after_failures": 2}, RECOVERED]})

    await house.hear(an_end(task), an_end(task, RunStatus.SUCCESS, minute=1))

    assert await house.told() == []


async def test_an_end_that_is_heard_late_opens_nothing_again(house: House) -> None:
    task = await house.task(policy={"notify": [FAILURE, RECOVERED]})
    await house.hear(an_end(task, minute=1))
    await house.hear(an_end(task, RunStatus.SUCCESS, minute=5))

    await house.hear(an_end(task, minute=3))
    await house.hear(an_end(task, RunStatus.SUCCESS, minute=6))

    assert await house.told() == [("failure", "ops"), ("recovered", "ops"), ("failure", "ops")]
    closed = "SELECT count(*) FROM notify.incidents WHERE closed_at IS NULL"
    assert await house.pool.fetchval(closed) == 0


async def test_the_creator_is_told_if_there_is_a_way(house: House) -> None:
    await house.channel("ann", secret={"url": "https://example.com/a"})
    reachable = await house.task(notify_on_failure=True, created_by="ann")
    nobody = await house.task(notify_on_failure=True, created_by="bob")

    await house.hear(an_end(reachable), an_end(nobody))

    assert await house.told() == [("failure", "ann")]


async def test_a_task_that_was_deleted_is_not_told_of(house: House) -> None:
    assert await house.hear(an_end(uuid4())) == 0


async def test_what_the_bus_lost_is_read_from_the_log_once(house: House) -> None:
    task = await house.task(policy={"notify": [FAILURE, RECOVERED]})
    heard, lost = an_end(task, minute=1), an_end(task, minute=2)
    await house.hear(heard)
    for run in (heard, lost, an_end(task, RunStatus.SUCCESS, minute=3)):
        await house.log(run)

    await house.runs.step()
    await house.runs.step()
    await house.hear(lost)

    assert await house.told() == [("failure", "ops"), ("failure", "ops"), ("recovered", "ops")]


async def test_the_log_is_read_in_pages_to_its_end(house: House) -> None:
    task = await house.task(policy={"notify": [FAILURE]})
    await house.pool.execute(
        "INSERT INTO log.runs (run_id, task_id, trigger, status, final, attempt, scheduled_for,"
        " started_at, completed_at, executor) SELECT gen_random_uuid(), $1, 'manual', 'failure',"
        " true, 1, $2, $2, $2, 'executor-1' FROM generate_series(1, 1201)",
        task,
        NOON,
    )

    while await house.runs.step() == timedelta(0):
        pass

    assert len(await house.told()) == 1201


async def test_what_was_there_before_the_notifier_is_not_told(house: House) -> None:
    task = await house.task(policy={"notify": [FAILURE]})
    await house.log(an_end(task))
    await house.pool.execute("UPDATE log.runs SET recorded_at = now() - interval '1 day'")

    await house.runs.step()

    assert await house.told() == []


async def occurrence(house: House, task: UUID, outcome: str, *, due: str = "0 s") -> UUID:
    run_id = uuid4()
    await house.pool.execute(
        "INSERT INTO scheduler.occurrences (run_id, task_id, trigger, scheduled_for, due_at,"
        " outcome, reason, version, queue, priority, settled, moment)"
        " VALUES ($1::uuid, $2, 'schedule', now(), now() - $4::text::interval, $3, 'misfire', 1,"
        " 'default', 3, $3 <> 'fired', $1::uuid::text)",
        run_id,
        task,
        outcome,
        due,
    )
    return run_id


async def test_what_will_not_run_is_read_from_the_ledger(house: House) -> None:
    every = {"on": ["missed", "skipped", "cancelled"], "channels": ["ops"]}
    task = await house.task(policy={"notify": [every]})
    for outcome in ("missed", "skipped_overlap", "coalesced", "skipped_paused", "fired"):
        await occurrence(house, task, outcome)

    await house.occurrences.step()
    await house.occurrences.step()

    assert await house.told() == [("missed", "ops"), ("skipped", "ops")]


async def test_a_row_that_is_decided_long_after_it_was_entered_is_news_then(house: House) -> None:
    task = await house.task(
        policy={"notify": [{"on": ["missed", "cancelled"], "channels": ["ops"]}]}
    )
    expired, cancelled = [await occurrence(house, task, "fired") for _ in range(2)]
    await house.pool.execute(
        "UPDATE scheduler.occurrences SET created_at = created_at - interval '1 hour'"
    )
    await house.occurrences.step()
    assert await house.told() == []

    change = "UPDATE scheduler.occurrences SET outcome = $2, cancelled_at = $3 WHERE run_id = $1"
    await house.pool.execute(change, expired, "expired", None)
    await house.pool.execute(change, cancelled, "cancelled", NOON)
    await house.occurrences.step()
    assert await house.told() == [("missed", "ops")], "an executor may have claimed the other one"

    await house.pool.execute(change, cancelled, "cancelled", None)
    await house.occurrences.step()
    assert await house.told() == [("missed", "ops"), ("cancelled", "ops")]


async def test_a_run_that_does_not_begin_is_late_once(house: House) -> None:
    task = await house.task(policy={"notify": [{"on": ["late"], "channels": ["ops"]}]})
    await occurrence(house, task, "fired", due="59 s")
    late = await occurrence(house, task, "fired", due="61 s")

    await house.late.step()
    await house.late.step()
    ended = an_end(task, RunStatus.SUCCESS, run_id=late, started_at=NOON + timedelta(minutes=2))
    await house.hear(ended)

    assert await house.told() == [("late", "ops")]
