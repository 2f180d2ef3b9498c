"""What triggers fire by themselves: silences, batches that waited, storms that are over."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

from services.scheduler.loops.trigger_pruner import TriggerPruner
from services.scheduler.loops.trigger_timer import BEHIND_REST, TriggerTimer
from services.scheduler.triggers.book import TriggerBook
from services.scheduler.triggers.heard import STUCK_SECONDS, Heard
from services.scheduler.triggers.intake import EventIntake
from shared.bus.topology import SCHEDULER_EVENTS
from shared.db.clocks import Clocks
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import HOUR, MINUTE, SECOND
from tests.integration.scheduler.trigger_parts import (
    SUBJECT,
    Parts,
    payload,
    received,
    running_intake,
)
from tests.support.unread import unread

SILENCE = {"subject": SUBJECT, "posture": "proactive", "within_seconds": 60}


def other_timer(parts: Parts) -> TriggerTimer:
    return TriggerTimer(
        book=TriggerBook(parts.store, parts.desk.applier.tasks_changed),
        jobs=parts.desk.jobs,
        store=parts.store,
        entrance=parts.desk.entrance,
        dispatcher=parts.desk.dispatcher,
        heard_until=Heard(parts.desk.client).until,
    )


async def test_a_silence_fires_once_and_again_only_after_an_event(parts: Parts) -> None:
    task_id = await parts.task(SILENCE)
    rest = await parts.timer.step()
    assert timedelta(0) < rest <= SECOND
    assert await parts.rows(task_id) == []
    await parts.time_passes(2 * MINUTE)
    await asyncio.gather(parts.timer.step(), other_timer(parts).step())
    await parts.time_passes(HOUR)
    await parts.timer.step()
    await other_timer(parts).step()  # a restart does not say it again
    (row,) = await parts.rows(task_id)
    assert (row["outcome"], row["trigger"]) == ("fired", "event")
    assert json.loads(row["origin"])["event"]["type"] == "automation.trigger.silent"
    await parts.engine.handle([received("back", at=utc_now())])
    await parts.time_passes(2 * MINUTE)
    await parts.timer.step()
    assert len(await parts.rows(task_id)) == 2


async def test_an_event_in_time_puts_the_silence_off(parts: Parts) -> None:
    task_id = await parts.task(SILENCE)
    await parts.timer.step()
    await parts.time_passes(50 * SECOND)
    await parts.engine.handle([received("e1", at=utc_now())])
    await parts.time_passes(50 * SECOND)
    await parts.timer.step()
    assert await parts.rows(task_id) == []


async def due_now(parts: Parts) -> None:
    await parts.desk.pool.execute("UPDATE scheduler.trigger_states SET due_at = clock_timestamp()")


async def test_an_event_that_came_in_time_and_waits_in_the_stream_is_no_silence(
    parts: Parts,
) -> None:
    task_id = await parts.task(SILENCE)
    await parts.timer.step()
    await parts.desk.js.publish(SUBJECT, payload("in time"))
    await due_now(parts)
    assert await parts.timer.step() == BEHIND_REST
    assert await parts.rows(task_id) == []
    async with running_intake(parts.desk, EventIntake(parts.engine)):
        async with asyncio.timeout(20):
            while await unread(parts.desk.js, SCHEDULER_EVENTS):  # noqa: ASYNC110 - a server is asked
                await asyncio.sleep(0.02)
    assert await parts.timer.step() > timedelta(0)
    assert await parts.rows(task_id) == []


async def test_an_event_that_came_too_late_does_not_hold_up_the_silence_before_it(
    parts: Parts,
) -> None:
    task_id = await parts.task(SILENCE)
    await parts.timer.step()
    await due_now(parts)
    await parts.time_passes(SECOND)
    await parts.desk.js.publish(SUBJECT, payload("late"))
    await parts.timer.step()
    assert len(await parts.rows(task_id)) == 1


async def test_an_event_that_nobody_can_handle_is_not_waited_for_for_ever(parts: Parts) -> None:
    await parts.desk.js.publish(SUBJECT, payload("stuck"))
    clock = [0.0]
    heard = Heard(parts.desk.client, lambda: clock[0])
    assert await heard.until() is not None
    clock[0] = STUCK_SECONDS + 1
    assert await heard.until() is None


async def test_too_few_events_are_a_silence_too_and_each_key_has_its_own(parts: Parts) -> None:
    task_id = await parts.task({**SILENCE, "threshold": 2, "for_each": ["data.host"]})
    at = utc_now() - 2 * MINUTE
    await parts.engine.handle(
        [
            received("a1", {"host": "a"}, at=at),
            received("b1", {"host": "b"}, at=at),
            received("b2", {"host": "b"}, at=at + 100 * SECOND),  # late for b's first deadline
            received("c1", {"host": "c"}, at=at + 90 * SECOND),
            received("c2", {"host": "c"}, at=at + 91 * SECOND),
        ]
    )
    await parts.timer.step()
    hosts = [json.loads(row["origin"])["event"]["data"] for row in await parts.rows(task_id)]
    assert sorted(each["host"] for each in hosts) == ["a", "b"]


async def test_an_edit_begins_the_waiting_anew(parts: Parts) -> None:
    task_id = await parts.task(SILENCE)
    await parts.timer.step()
    await parts.time_passes(2 * MINUTE)
    await parts.edit(task_id, 2, SILENCE)
    await parts.timer.step()
    assert await parts.rows(task_id) == []
    await parts.edit(task_id, 3, SILENCE, enabled=False)
    await parts.time_passes(HOUR)
    await parts.timer.step()
    assert await parts.rows(task_id) == []


async def test_the_last_event_of_a_storm_fires_when_it_is_over(parts: Parts) -> None:
    task_id = await parts.task({"subject": SUBJECT, "debounce_seconds": 30})
    await parts.engine.handle([received(f"e{n}", at=utc_now()) for n in range(5)])
    await parts.timer.step()
    assert await parts.rows(task_id) == []
    await parts.time_passes(MINUTE)
    await asyncio.gather(parts.timer.step(), other_timer(parts).step())
    assert await parts.outcomes(task_id) == [("e4", "fired")]
    assert await parts.states() == 0
    assert await parts.desk.waiting() == 1


async def test_a_storm_that_was_over_while_nobody_looked_still_fires_on_its_own(
    parts: Parts,
) -> None:
    task_id = await parts.task({"subject": SUBJECT, "debounce_seconds": 30})
    at = utc_now() - HOUR
    await parts.engine.handle([received("old", at=at), received("new", at=at + MINUTE)])
    await parts.timer.step()
    assert sorted(await parts.outcomes(task_id)) == [("new", "fired"), ("old", "fired")]


async def test_a_batch_that_waited_long_enough_goes_as_it_is(parts: Parts) -> None:
    task_id = await parts.task(
        {"subject": SUBJECT, "batch": {"max_size": 100, "timeout_seconds": 30}}
    )
    await parts.engine.handle([received(f"e{n}", at=utc_now()) for n in range(3)])
    await parts.time_passes(MINUTE)
    await parts.timer.step()
    (row,) = await parts.rows(task_id)
    assert len(json.loads(row["origin"])["event"]["events"]) == 3
    assert await parts.states() == 0


async def test_what_waited_for_a_task_that_was_switched_off_is_said_to_be_skipped(
    parts: Parts,
) -> None:
    trigger = {"subject": SUBJECT, "debounce_seconds": 30}
    task_id = await parts.task(trigger)
    await parts.engine.handle([received("e1", at=utc_now())])
    await parts.edit(task_id, 2, trigger, enabled=False)
    await parts.time_passes(MINUTE)
    await parts.timer.step()
    (row,) = await parts.rows(task_id)
    assert (row["outcome"], row["reason"]) == ("skipped_paused", "task.disabled")
    assert await parts.states() == 0


async def test_debounced_runs_are_throttled_last(parts: Parts) -> None:
    task_id = await parts.task(
        {
            "subject": SUBJECT,
            "for_each": ["data.account_id"],
            "debounce_seconds": 1,
            "throttle": {"limit": 1, "period_seconds": 600},
        }
    )
    at = utc_now() - 5 * SECOND
    await parts.engine.handle(
        [received("a", {"account_id": 1}, at=at), received("b", {"account_id": 2}, at=at)]
    )
    await parts.timer.step()
    rows = await parts.rows(task_id)
    assert [row["outcome"] for row in rows] == ["fired", "fired"]
    assert sorted(row["held"] for row in rows) == [False, True]


async def test_what_is_over_is_forgotten(parts: Parts) -> None:
    trigger = {"subject": SUBJECT, "rate_limit": {"limit": 1, "period_seconds": 60}}
    await parts.task(trigger)
    fresh = await parts.task(trigger)
    await parts.engine.handle([received("e1", at=utc_now())])
    await parts.desk.pool.execute(
        "UPDATE scheduler.trigger_states SET expires_at = now() - interval '1 s'"
        " WHERE task_id <> $1",
        fresh,
    )
    await parts.desk.pool.execute(
        "UPDATE scheduler.events_seen SET seen_at = now() - interval '5 days'"
    )
    pruner = TriggerPruner(parts.store, Clocks(parts.desk.own, utc_now))
    assert await pruner.step() > timedelta(0)
    assert await parts.states() == 1
    assert not await parts.desk.pool.fetchval("SELECT count(*) FROM scheduler.events_seen")
