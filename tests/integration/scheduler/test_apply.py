"""Changes of tasks and requests for runs become true once, in whatever order they are heard."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from services.scheduler import handlers
from services.scheduler.job import AHEAD, Cancel, Job, decide_change
from shared.bus import topology
from shared.bus.connection import Guard, make_broker
from shared.bus.publisher import Outgoing, Publisher
from shared.contracts.runs import RunsRequested
from shared.contracts.tasks import TaskChanged
from shared.domain.instant import format_instant
from shared.domain.occurrence import Outcome
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import (
    HOUR,
    MINUTE,
    SECOND,
    Desk,
    changed,
    deleted,
    ids,
    once,
    outcomes,
    request,
)
from tests.support.unread import unread

EVERY_HOUR = {"interval_hours": 1}


@pytest.fixture
def task() -> UUID:
    return uuid4()


@pytest.fixture
def now() -> datetime:
    return utc_now()


def decided(event: TaskChanged) -> Job:
    change = decide_change(event, None)
    assert change is not None
    return change.job


async def job(desk: Desk, task: UUID) -> Job:
    return (await desk.jobs.read([task]))[task]


async def test_a_created_task_becomes_a_job_and_the_ticker_looks_at_once(
    desk: Desk, task: UUID, now: datetime
) -> None:
    assert await desk.applier.tasks_changed([changed(task, 1, now, EVERY_HOUR)]) == 1

    found = await job(desk, task)
    assert (found.version, found.enabled, found.deleted) == (1, True, False)
    assert found.next_fire_at is not None
    assert now < found.next_fire_at <= now + HOUR
    assert desk.woken


async def test_an_event_that_comes_twice_tells_nothing_new(
    desk: Desk, task: UUID, now: datetime
) -> None:
    event = changed(task, 1, now, EVERY_HOUR)
    await desk.applier.tasks_changed([event])
    before = await job(desk, task)
    desk.woken.clear()

    assert await desk.applier.tasks_changed([event]) == 0
    assert await desk.applier.tasks_changed([]) == 0

    assert await job(desk, task) == before
    assert not desk.woken


async def test_a_late_creation_does_not_bring_a_deleted_task_back(
    desk: Desk, task: UUID, now: datetime
) -> None:
    await desk.applier.tasks_changed([deleted(task, 2, now)])
    await desk.applier.tasks_changed([changed(task, 1, now - MINUTE, EVERY_HOUR)])

    found = await job(desk, task)
    assert (found.deleted, found.version, found.next_due_at) == (True, 2, None)


async def test_a_newer_row_that_appeared_meanwhile_is_not_overwritten(
    desk: Desk, task: UUID, now: datetime
) -> None:
    """Two schedulers hear of a new task at once, in two versions; there is no row to lock yet."""
    newer, older = (decided(changed(task, version, now)) for version in (3, 2))
    async with desk.pool.acquire() as connection:
        await desk.jobs.upsert(connection, [newer])
        await desk.jobs.upsert(connection, [older])

    assert await job(desk, task) == newer


async def test_many_at_once_in_any_order_end_in_the_newest_version(
    desk: Desk, now: datetime
) -> None:
    tasks = [uuid4() for _ in range(4)]
    events = [
        changed(task, version, now + version * SECOND, EVERY_HOUR)
        for task in tasks
        for version in range(1, 13)
        for _ in range(2)
    ]
    random.Random(7).shuffle(events)  # noqa: S311 - a repeatable order

    await asyncio.gather(*(desk.applier.tasks_changed([event]) for event in events))

    assert [(await job(desk, task)).version for task in tasks] == [12] * 4


async def test_changes_of_many_tasks_never_wait_for_each_other_in_a_circle(
    desk: Desk, now: datetime
) -> None:
    tasks = [uuid4() for _ in range(40)]
    await desk.applier.tasks_changed([changed(task, 1, now) for task in tasks])

    async def edit(version: int) -> None:
        order = random.Random(version).sample(tasks, len(tasks))  # noqa: S311 - as above
        await desk.applier.tasks_changed([changed(task, version, now) for task in order])

    await asyncio.gather(*(edit(version) for version in range(2, 10)))

    assert {(await job(desk, task)).version for task in tasks} == {9}


async def test_a_fire_before_an_edit_is_run_for_the_old_version(
    desk: Desk, task: UUID, now: datetime
) -> None:
    due = now - 10 * SECOND
    first = once(due).model_copy(update={"task_id": task})
    await desk.applier.tasks_changed([first])
    await desk.applier.tasks_changed([changed(task, 2, now, EVERY_HOUR)])

    (row,) = await desk.rows(task)
    assert (row["version"], row["outcome"], row["scheduled_for"]) == (1, "fired", due)
    assert await desk.orders() == {row["run_id"]: 1}


async def test_an_edit_heard_again_fires_nothing_again(
    desk: Desk, task: UUID, now: datetime
) -> None:
    await desk.applier.tasks_changed([once(now - 10 * SECOND).model_copy(update={"task_id": task})])
    edit = changed(task, 2, now, EVERY_HOUR)

    await asyncio.gather(*(desk.applier.tasks_changed([edit]) for _ in range(4)))

    assert len(await desk.rows(task)) == 1
    assert await desk.waiting() == 1


async def test_an_edit_and_a_tick_at_once_leave_one_row_per_fire(desk: Desk, now: datetime) -> None:
    events = [once(now - 10 * SECOND) for _ in range(60)]
    await desk.applier.tasks_changed(events)
    edits = [changed(each.task_id, 2, now, EVERY_HOUR) for each in events]

    await asyncio.gather(
        desk.catch_up(desk.ticker()),
        *(desk.applier.tasks_changed([edit]) for edit in edits),
    )

    rows = await desk.rows()
    assert len(rows) == len({row["task_id"] for row in rows}) == 60
    assert outcomes(rows) == {"fired": 60}
    assert await desk.orders() == dict.fromkeys(ids(rows), 1)


async def test_switching_off_takes_back_all_that_waits(
    desk: Desk, task: UUID, now: datetime
) -> None:
    await desk.applier.tasks_changed([once(now - 10 * SECOND).model_copy(update={"task_id": task})])
    await desk.catch_up()
    again = request(task, trigger="backfill", scheduled_for=now - MINUTE, overlap="buffer_all")
    await desk.applier.runs_requested([request(task), again, request(task, trigger="requeue")])

    await desk.applier.tasks_changed([changed(task, 2, now, EVERY_HOUR, enabled=False)])

    rows = await desk.rows(task)
    assert {row["trigger"] for row in rows} == {"schedule", "manual", "backfill", "requeue"}
    assert {(row["outcome"], row["reason"], row["settled"]) for row in rows} == {
        ("skipped_paused", "task.disabled", True)
    }


async def test_what_is_asked_for_of_a_task_that_is_off_stays_when_it_is_edited(
    desk: Desk, task: UUID, now: datetime
) -> None:
    await desk.applier.tasks_changed([changed(task, 1, now, EVERY_HOUR, enabled=False)])
    asked = request(task, 1)
    await desk.applier.runs_requested([asked])

    await desk.applier.tasks_changed([changed(task, 2, utc_now(), EVERY_HOUR, enabled=False)])

    assert (await desk.row(asked.run_id))["outcome"] == "fired"


async def test_what_a_deleted_task_had_ahead_of_its_time_is_taken_back(
    desk: Desk, task: UUID, now: datetime
) -> None:
    """No later version can want it, unlike after an edit."""
    fire = utc_now() + AHEAD
    event = changed(task, 1, now - MINUTE, {"at": format_instant(fire)})
    await desk.applier.tasks_changed([event])
    while not await desk.rows(task):
        await desk.ticker().step()

    await desk.applier.tasks_changed([deleted(task, 2, now)])

    (row,) = await desk.rows(task)
    assert (row["outcome"], row["settled"]) == ("superseded", True)


async def test_deleting_takes_everything_back_that_no_executor_has(
    desk: Desk, task: UUID, now: datetime
) -> None:
    await desk.applier.tasks_changed([changed(task, 1, now)])
    waiting, running = request(task), request(task)
    await desk.applier.runs_requested([waiting, running])
    await desk.claim(running.run_id)

    await desk.applier.tasks_changed([deleted(task, 2, now)])

    assert (await desk.row(waiting.run_id))["outcome"] == "superseded"
    assert (await desk.row(waiting.run_id))["reason"] == "task.deleted"
    assert (await desk.row(running.run_id))["outcome"] == "fired"
    assert await desk.claim(waiting.run_id) is None


async def test_taking_back_touches_no_other_task(desk: Desk, now: datetime) -> None:
    mine, other = uuid4(), uuid4()
    await desk.applier.tasks_changed([changed(each, 1, now) for each in (mine, other)])
    await desk.applier.runs_requested([request(mine), request(other)])
    cancel = Cancel(
        outcome=Outcome.SUPERSEDED, reason="task.deleted", requests_too=True, early_too=True
    )

    async with desk.pool.acquire() as connection:
        await desk.ledger.cancel_waiting(connection, mine, cancel, until=utc_now())

    assert outcomes(await desk.rows(mine)) == {"superseded": 1}
    assert outcomes(await desk.rows(other)) == {"fired": 1}


async def test_a_request_becomes_one_run_however_often_it_is_heard(
    desk: Desk, task: UUID, now: datetime
) -> None:
    await desk.applier.tasks_changed([changed(task, 1, now)])
    asked = request(task, version=1)

    await desk.applier.runs_requested([asked])
    await asyncio.gather(*(desk.applier.runs_requested([asked]) for _ in range(3)))

    (row,) = await desk.rows(task)
    assert (row["run_id"], row["trigger"], row["outcome"]) == (asked.run_id, "manual", "fired")
    assert (row["requested_by"], row["scheduled_for"]) == ("ops", asked.requested_at)
    assert await desk.orders() == {asked.run_id: 1}
    assert not desk.api.asked


async def test_two_requests_of_one_instant_are_two_runs(
    desk: Desk, task: UUID, now: datetime
) -> None:
    await desk.applier.tasks_changed([changed(task, 1, now)])
    asked = [request(task, requested_at=now) for _ in range(2)]

    await desk.applier.runs_requested(asked)

    assert sorted(ids(await desk.rows(task))) == sorted(each.run_id for each in asked)


async def test_a_request_that_overtakes_its_task_makes_the_scheduler_ask(
    desk: Desk, task: UUID, now: datetime
) -> None:
    event = changed(task, 1, now, EVERY_HOUR)
    desk.api.has(event)
    asked = request(task, version=1)

    await desk.applier.runs_requested([asked])

    assert (await job(desk, task)).version == 1
    assert ids(await desk.rows(task)) == [asked.run_id]
    assert await desk.applier.tasks_changed([event]) == 0  # the event comes after all


async def test_a_request_that_overtakes_an_edit_runs_the_edited_task(
    desk: Desk, task: UUID, now: datetime
) -> None:
    await desk.applier.tasks_changed([changed(task, 1, now)])
    desk.api.has(changed(task, 2, now))

    await desk.applier.runs_requested([request(task, version=2)])

    (row,) = await desk.rows(task)
    assert row["version"] == 2
    (claimed,) = await desk.executor().claim(1)
    assert claimed.name == "version 2"


async def test_a_request_for_a_task_that_nobody_knows_is_written_down_and_not_run(
    desk: Desk, task: UUID, now: datetime
) -> None:
    known = uuid4()
    await desk.applier.tasks_changed([changed(known, 1, now)])

    await desk.applier.runs_requested([request(task, version=1), request(known)])

    assert {row["task_id"]: (row["outcome"], row["reason"]) for row in await desk.rows()} == {
        known: ("fired", None),
        task: ("superseded", "task.deleted"),
    }


async def test_a_request_for_a_deleted_task_is_written_down_and_not_run(
    desk: Desk, task: UUID, now: datetime
) -> None:
    await desk.applier.tasks_changed([deleted(task, 2, now)])

    await desk.applier.runs_requested([request(task, version=1)])

    (row,) = await desk.rows(task)
    assert (row["outcome"], row["reason"], row["settled"]) == ("superseded", "task.deleted", True)
    assert not await desk.orders()


async def test_a_task_that_is_deleted_while_a_run_is_entered_does_not_run(
    desk: Desk, task: UUID, now: datetime
) -> None:
    await desk.applier.tasks_changed([changed(task, 1, now)])
    async with desk.pool.acquire() as connection:
        deletion = connection.transaction()
        await deletion.start()
        await desk.jobs.lock(connection, [task])
        requesting = asyncio.create_task(desk.applier.runs_requested([request(task)]))
        while not await desk.pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        ):
            assert not requesting.done(), "the request does not wait for the deletion"
        await connection.execute(
            "UPDATE scheduler.jobs SET deleted = true, version = 2 WHERE task_id = $1", task
        )
        await deletion.commit()
    await requesting

    assert outcomes(await desk.rows(task)) == {"superseded": 1}
    assert not await desk.orders()


async def test_without_an_api_a_request_that_is_ahead_is_not_lost_but_fails(
    desk: Desk, task: UUID
) -> None:
    for subscription in list(desk.client._subs.values()):  # noqa: SLF001 - the API goes away
        if subscription.subject.startswith("rpc."):
            await subscription.unsubscribe()

    with pytest.raises(ConnectionError):
        await desk.applier.runs_requested([request(task, version=1)])

    assert await desk.rows() == []


async def test_what_is_said_on_the_bus_is_applied(
    desk: Desk, task: UUID, now: datetime, nats_url: str
) -> None:
    guard = Guard()
    guard.stopping = True
    broker = make_broker(nats_url, name="test-handlers", guard=guard)
    handlers.register(broker, desk.applier)
    await broker.start()
    try:
        events = [changed(task, version, now + version * SECOND) for version in range(1, 6)]
        asked = [request(task, version=5) for _ in range(3)]
        desk.api.has(events[-1])
        messages = [
            Outgoing(topology.task_changed(e.change, task), e.encode(), f"task:{task}:{e.version}")
            for e in events
        ]
        messages += [
            Outgoing(topology.RUN_REQUEST_API, RunsRequested(requests=(r,)).encode(), str(r.run_id))
            for r in asked
        ]
        messages.append(Outgoing(topology.RUN_REQUEST_API, b"not json \xff", "poison"))
        assert await Publisher(desk.client).publish(messages) == []

        async with asyncio.timeout(15):
            while True:
                if await desk.waiting() == len(asked) and not await unhandled(desk):
                    break
                await asyncio.sleep(0.01)
    finally:
        await broker.stop()

    assert (await job(desk, task)).version == 5
    assert await desk.orders() == {each.run_id: 1 for each in asked}
    state = (await desk.js.stream_info("DEAD")).state
    found = [await desk.js.get_msg("DEAD", s) for s in range(state.first_seq, state.last_seq + 1)]
    assert [(each.subject, each.data) for each in found] == [("dead.REQUESTS", b"not json \xff")]


async def unhandled(desk: Desk) -> int:
    return await unread(desk.js, topology.SCHEDULER_TASKS, topology.SCHEDULER_REQUESTS)


async def test_versions_of_jobs_only_ever_grow(desk: Desk, task: UUID, now: datetime) -> None:
    seen: list[int] = []
    for version in (2, 1, 4, 3, 4, 6, 5):
        await desk.applier.tasks_changed([changed(task, version, now + version * SECOND)])
        seen.append((await job(desk, task)).version)

    assert all(older <= newer for older, newer in pairwise(seen))
    assert seen[-1] == 6
    assert (await job(desk, task)).name == "version 6"


async def test_a_run_that_the_throttle_of_its_trigger_delays_waits_until_then(desk: Desk) -> None:
    task = changed(uuid4(), 1, utc_now())
    await desk.applier.tasks_changed([task])
    at_once = request(task.task_id, 1, trigger="event")
    later = request(task.task_id, 1, trigger="event", not_before=utc_now() + HOUR)

    await desk.applier.runs_requested([at_once, later])

    row = await desk.row(later.run_id)
    assert (row["held"], row["waits_for"]) == (True, "throttle")
    assert row["not_before"] == row["due_at"] == later.not_before
    assert await desk.orders() == {at_once.run_id: 1}
    assert desk.admitter_woken
