"""Facts are judged once, in whatever way and order they are heard."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.notifier.allowance import PERIOD
from services.notifier.store.judgements import Judgement
from shared.contracts.notifications import MOST_MESSAGES, ChannelKind
from shared.contracts.runs import RunFinished, RunStatus
from tests.integration.notifier.house import NOON, House, an_end
from tests.support.cases import table
from tests.support.swept import Swept

#: What an address takes.
MOST = MOST_MESSAGES[ChannelKind.EMAIL] or 0
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


async def test_several_notifiers_count_one_series(house: House) -> None:
    task = await house.task(policy={"notify": [FAILURE]})
    ends = [an_end(task) for _ in range(24)]

    await asyncio.gather(*(house.hear(end) for end in ends))

    (incident,) = await house.pool.fetch("SELECT count FROM notify.incidents")
    assert incident["count"] == len(ends)
    assert await house.told() == [("failure", "ops")]


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
    heard, lost = an_end(task, minute=1), an_end(task, minute=7)
    await house.hear(heard)
    for run in (heard, lost, an_end(task, RunStatus.SUCCESS, minute=8)):
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

    assert await house.pool.fetchval("SELECT count FROM notify.incidents") == 1201
    assert await house.told() == [("failure", "ops")], "one incident, not 1201 messages"


async def test_what_was_there_before_the_notifier_is_not_told(house: House) -> None:
    task = await house.task(policy={"notify": [FAILURE]})
    await house.log(an_end(task))
    await house.pool.execute(  # as nobody may: a final row never changes
        "SET LOCAL session_replication_role = replica;"
        " UPDATE log.runs SET recorded_at = now() - interval '1 day'"
    )

    await house.runs.step()

    assert await house.told() == []


async def occurrence(
    house: House, task: UUID, outcome: str, *, due: str = "0 s", run_id: UUID | None = None
) -> UUID:
    run_id = run_id or uuid4()
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


async def test_a_fire_that_jitter_delays_is_not_late(house: House) -> None:
    task = await house.task(policy={"notify": [{"on": ["late"], "channels": ["ops"]}]})
    jittered, late = an_end(task, RunStatus.SUCCESS), an_end(task, RunStatus.SUCCESS)
    minutes = timedelta(minutes=5)
    for run, due in ((jittered, NOON + minutes), (late, NOON)):
        await occurrence(house, task, "fired", run_id=run.run_id)
        await house.pool.execute(
            "UPDATE scheduler.occurrences SET due_at = $2 WHERE run_id = $1", run.run_id, due
        )

    await house.hear(
        *(run.model_copy(update={"started_at": NOON + minutes}) for run in (jittered, late))
    )

    (told,) = await house.deliveries()
    assert (told["event"], told["run_id"]) == ("late", late.run_id)


async def silence(house: House, task: UUID) -> None:
    await house.pool.execute(
        "INSERT INTO log.silences (run_id, task_id, since, last, fires)"
        " VALUES (gen_random_uuid(), $1, $2, $2, 1)",
        task,
        NOON,
    )


async def silence_ends(house: House, *, fires_again: bool = True) -> None:
    await house.pool.execute(
        "UPDATE log.silences SET closed_at = clock_timestamp(), fires_again = $1", fires_again
    )


async def test_what_the_watchdog_says_is_told_once_until_the_schedule_goes_on(
    house: House,
) -> None:
    task = await house.task(
        policy={"notify": [{"on": ["silent", "recovered"], "channels": ["ops"]}]}
    )
    await silence(house, task)

    await house.silences.step()
    await house.silences.step()
    assert await house.told() == [("silent", "ops")]

    await silence_ends(house)
    await house.silences.step()
    await house.silences.step()

    assert await house.told() == [("silent", "ops"), ("recovered", "ops")]
    (incident,) = await house.pool.fetch("SELECT class, closed_at FROM notify.incidents")
    assert incident["class"] == "silent"
    assert incident["closed_at"] is not None


@table("again", [True, False])
async def test_a_silence_that_was_over_before_anybody_looked_is_told_all_the_same(
    house: House, kept_database: Swept, *, again: bool
) -> None:
    await kept_database.empty()
    task = await house.task(
        policy={"notify": [{"on": ["silent", "recovered"], "channels": ["ops"]}]}
    )
    await silence(house, task)
    await silence_ends(house, fires_again=again)

    await house.silences.step()

    recovery = [("recovered", "ops")] if again else []
    assert await house.told() == [("silent", "ops"), *recovery]
    assert await house.pool.fetchval("SELECT closed_at FROM notify.incidents") is not None


async def test_what_nobody_asked_for_of_the_ledger_leaves_no_trace(house: House) -> None:
    task = await house.task()
    for outcome in ("skipped_overlap", "missed"):
        await occurrence(house, task, outcome)

    await house.occurrences.step()

    assert await house.pool.fetchval("SELECT count(*) FROM notify.judged") == 1
    (incident,) = await house.pool.fetch("SELECT class FROM notify.incidents")
    assert incident["class"] == "missed", "an incident, whoever waits for it"


async def test_a_channel_is_told_so_much_and_then_how_much_more(house: House) -> None:
    """Many tasks that fail at once are not as many mails."""
    await house.channel("few", config={"most_messages": 3}, secret={"url": "https://a.example"})
    few = {"notify": [{"on": ["failure"], "channels": ["few"]}]}
    tasks = [await house.task(policy=few) for _ in range(10)]

    told = [await house.hear(*(an_end(task) for task in part)) for part in (tasks[:5], tasks[5:])]

    assert told == [5, 5]
    rows = await house.deliveries()
    assert Counter(row["state"] for row in rows) == {"folded": 7, "waiting": 4}
    (more,) = (row for row in rows if row["event"] == "more")
    assert {row["folded_into"] for row in rows if row["state"] == "folded"} == {more["id"]}
    assert more["next_try_at"] > more["created_at"] + PERIOD / 2


async def test_the_allowance_of_a_channel_comes_back(house: House) -> None:
    await house.channel("few", config={"most_messages": 1}, secret={"url": "https://a.example"})
    few = {"notify": [{"on": ["failure"], "channels": ["few"]}]}
    for _ in range(2):
        await house.hear(an_end(await house.task(policy=few)), an_end(await house.task(policy=few)))
        await house.pool.execute(
            "UPDATE notify.allowances SET since = since - $1::interval", PERIOD
        )

    states = Counter((row["event"], row["state"]) for row in await house.deliveries())

    assert states == {("failure", "waiting"): 2, ("failure", "folded"): 2, ("more", "waiting"): 2}


async def test_two_notifiers_keep_to_one_allowance(house: House) -> None:
    few = {"notify": [{"on": ["failure"], "channels": ["ann@example.com"]}]}
    ends = [an_end(await house.task(policy=few)) for _ in range(2 * MOST)]

    await asyncio.gather(*(house.hear(*ends[way::4]) for way in range(4)))

    states = Counter((row["event"], row["state"]) for row in await house.deliveries())
    assert states[("failure", "waiting")] == MOST
    assert states[("failure", "folded")] == MOST
    assert states[("more", "waiting")] == 1


async def test_an_alertmanager_hears_of_everything(house: House) -> None:
    await house.channel("alerts", "alertmanager", secret={"url": "https://a.example"})
    loud = {"notify": [{"on": ["failure", "recovered"], "channels": ["alerts"]}]}
    tasks = [await house.task(policy=loud) for _ in range(MOST + 1)]

    for status in (RunStatus.FAILURE, RunStatus.SUCCESS):
        await house.hear(*(an_end(task, status) for task in tasks))

    assert [row["state"] for row in await house.deliveries()] == ["waiting"] * 2 * (MOST + 1)


async def test_an_incident_of_a_task_that_is_gone_is_over(house: House) -> None:
    tasks = [await house.task(policy={"notify": [FAILURE]}) for _ in range(2)]
    await house.hear(*(an_end(task) for task in tasks))
    await house.pool.execute("DELETE FROM api.tasks WHERE id = $1", tasks[0])

    await house.pruner.step()

    opened = await house.pool.fetch("SELECT task_id FROM notify.incidents WHERE closed_at IS NULL")
    assert [row["task_id"] for row in opened] == [tasks[1]]


async def test_a_notifier_that_dies_while_it_judges_leaves_nothing_half_done(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever statement is its last: what it heard is judged when it is heard again, once."""
    await house.channel("few", config={"most_messages": 1}, secret={"url": "https://a.example"})
    steps = ("hold", "mark", "incidents", "keep", "note_ends", "ordered", "allow", "order")
    for step in (*steps, "order_later"):
        task = await house.task(policy={"notify": [{**FAILURE, "channels": ["few"]}]})
        await house.pool.execute("DELETE FROM notify.allowances")
        ends = [an_end(task, status) for status in (RunStatus.FAILURE, RunStatus.TIMED_OUT)]
        done = getattr(Judgement, step)

        async def die(*args: Any, done: Any = done, **more: Any) -> None:  # noqa: ANN401 - any step
            await done(*args, **more)
            raise ConnectionError

        with monkeypatch.context() as broken:
            broken.setattr(Judgement, step, die)
            with pytest.raises(ConnectionError):
                await house.hear(*ends)
        assert await judged(house, ends) == 0, step

        assert await house.hear(*ends) == len(ends)
        assert await house.hear(*ends) == 0
        states = await house.pool.fetch(
            "SELECT state FROM notify.deliveries WHERE task_id = $1 AND event = 'failure'", task
        )
        assert Counter(row["state"] for row in states) == {"waiting": 1, "folded": 1}, step


async def judged(house: House, ends: Sequence[RunFinished]) -> int:
    found: int = await house.pool.fetchval(
        "SELECT count(*) FROM notify.judged WHERE run_id = ANY($1::uuid[])",
        [end.run_id for end in ends],
    )
    return found
