"""What events missed is found and repaired, and nothing that is right is touched."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.api.store import sync as api_store
from services.scheduler.job import Job
from services.scheduler.loops.reconciler import Reconciler
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import HOUR, MINUTE, SECOND, Desk, changed, request

EVERY_HOUR = {"interval_hours": 1}
INTERVAL = timedelta(seconds=60)


@pytest.fixture
def reconciler(desk: Desk) -> Reconciler:
    return Reconciler(
        jobs=desk.jobs, source=desk.source, applier=desk.applier, now=utc_now, interval=INTERVAL
    )


@pytest.fixture
def now() -> datetime:
    return utc_now()


async def jobs(desk: Desk) -> dict[UUID, Job]:
    rows = await desk.pool.fetch("SELECT task_id FROM scheduler.jobs")
    return await desk.jobs.read([row["task_id"] for row in rows])


async def test_two_sides_that_agree_ask_for_nothing_more(
    desk: Desk, reconciler: Reconciler, now: datetime
) -> None:
    events = [changed(uuid4(), 1, now, EVERY_HOUR) for _ in range(30)]
    await desk.applier.tasks_changed(events)
    desk.api.has(*events)

    assert await reconciler.step() == INTERVAL

    assert desk.api.asked == {"digest": 1}


async def test_nothing_on_either_side_agrees(desk: Desk, reconciler: Reconciler) -> None:
    await reconciler.step()

    assert desk.api.asked == {"digest": 1}


async def test_a_creation_that_was_missed_is_made_up_for(
    desk: Desk, reconciler: Reconciler, now: datetime
) -> None:
    event = changed(uuid4(), 1, now - 10 * MINUTE, EVERY_HOUR)
    desk.api.has(event)

    await reconciler.step()

    found = (await jobs(desk))[event.task_id]
    assert found.version == 1
    assert found.next_fire_at is not None
    assert event.changed_at < found.next_fire_at <= event.changed_at + HOUR
    assert desk.woken


async def test_an_edit_that_was_missed_is_made_up_for(
    desk: Desk, reconciler: Reconciler, now: datetime
) -> None:
    task = uuid4()
    await desk.applier.tasks_changed([changed(task, 1, now - HOUR, EVERY_HOUR)])
    desk.api.has(changed(task, 4, now - MINUTE, {"interval_minutes": 1}))

    await reconciler.step()

    assert (await jobs(desk))[task].version == 4


async def test_a_deletion_that_was_missed_is_made_up_for(
    desk: Desk, reconciler: Reconciler, now: datetime
) -> None:
    gone, stays = uuid4(), uuid4()
    events = [changed(task, 1, now - HOUR, EVERY_HOUR) for task in (gone, stays)]
    await desk.applier.tasks_changed(events)
    await desk.applier.runs_requested([request(gone), request(stays)])
    desk.api.has(events[1])

    await reconciler.step()

    found = await jobs(desk)
    assert (found[gone].deleted, found[stays].deleted) == (True, False)
    rows = await desk.pool.fetch(
        "SELECT task_id, outcome FROM scheduler.occurrences WHERE trigger = 'manual'"
    )
    assert dict(map(tuple, rows)) == {gone: "superseded", stays: "fired"}


async def test_once_repaired_both_sides_agree(
    desk: Desk, reconciler: Reconciler, now: datetime
) -> None:
    await desk.applier.tasks_changed(
        [changed(uuid4(), 1, now - HOUR, EVERY_HOUR) for _ in range(5)]
    )
    desk.api.has(*(changed(uuid4(), 2, now - MINUTE, EVERY_HOUR) for _ in range(5)))
    await reconciler.step()
    desk.api.asked.clear()

    await reconciler.step()

    assert desk.api.asked == {"digest": 1}


async def test_a_task_that_was_created_a_moment_ago_is_not_doubted(
    desk: Desk, reconciler: Reconciler, now: datetime
) -> None:
    """It may be younger than the page on which it is missing."""
    event = changed(uuid4(), 1, now - 5 * SECOND, EVERY_HOUR)
    await desk.applier.tasks_changed([event])

    await reconciler.step()

    assert not (await jobs(desk))[event.task_id].deleted


async def test_a_task_that_is_missing_on_a_page_is_asked_for_by_its_id(
    desk: Desk, reconciler: Reconciler, now: datetime
) -> None:
    event = changed(uuid4(), 1, now - HOUR, EVERY_HOUR)
    await desk.applier.tasks_changed([event])
    desk.api.has(event)
    desk.api.hidden.add(event.task_id)
    other = changed(UUID(bytes=event.task_id.bytes[:1] + uuid4().bytes[1:]), 1, now, EVERY_HOUR)
    desk.api.has(other)  # so that the bucket differs

    await reconciler.step()

    found = await jobs(desk)
    assert not found[event.task_id].deleted
    assert other.task_id in found


async def test_what_the_job_table_knows_better_stays(
    desk: Desk, reconciler: Reconciler, now: datetime
) -> None:
    """The event of the edit was faster than the API's page."""
    task = uuid4()
    await desk.applier.tasks_changed([changed(task, 3, now - HOUR, EVERY_HOUR)])
    desk.api.has(changed(task, 2, now - 2 * HOUR, EVERY_HOUR))

    await reconciler.step()

    assert (await jobs(desk))[task].version == 3


async def test_a_tombstone_is_no_task_in_the_comparison(
    desk: Desk, reconciler: Reconciler, now: datetime
) -> None:
    task = uuid4()
    await desk.applier.tasks_changed([changed(task, 1, now - HOUR, EVERY_HOUR)])
    await reconciler.step()
    assert (await jobs(desk))[task].deleted
    desk.api.asked.clear()

    await reconciler.step()

    assert desk.api.asked == {"digest": 1}


async def test_tasks_come_page_by_page(desk: Desk, reconciler: Reconciler, now: datetime) -> None:
    desk.api.page_size = 3
    first = uuid4().bytes[:1]
    events = [changed(UUID(bytes=first + uuid4().bytes[1:]), 1, now, EVERY_HOUR) for _ in range(10)]
    desk.api.has(*events)

    await reconciler.step()

    assert set(await jobs(desk)) == {each.task_id for each in events}
    assert desk.api.asked["page"] == 4


async def test_a_job_table_that_was_lost_begins_now_and_owes_no_history(
    desk: Desk, reconciler: Reconciler, now: datetime
) -> None:
    old = changed(uuid4(), 7, now - timedelta(days=30), {"interval_minutes": 1})
    young = changed(uuid4(), 1, now - 10 * MINUTE, {"interval_minutes": 1})
    desk.api.has(old, young)

    await reconciler.step()
    await desk.catch_up()

    assert len(await desk.rows(old.task_id)) <= 1
    assert len(await desk.rows(young.task_id)) >= 9


async def test_without_an_api_nothing_is_taken_for_gone(
    desk: Desk, reconciler: Reconciler, now: datetime
) -> None:
    event = changed(uuid4(), 1, now - HOUR, EVERY_HOUR)
    await desk.applier.tasks_changed([event])
    for subscription in list(desk.client._subs.values()):  # noqa: SLF001 - the API goes away
        if subscription.subject.startswith("rpc."):
            await subscription.unsubscribe()

    with pytest.raises(ConnectionError):
        await reconciler.step()

    assert not (await jobs(desk))[event.task_id].deleted


async def test_both_sides_sum_up_the_same_words(desk: Desk, now: datetime) -> None:
    """The API's digest over its own table and ours: one formula, written down twice."""
    events = [changed(uuid4(), version, now, EVERY_HOUR) for version in range(1, 60)]
    await desk.applier.tasks_changed(events)
    await desk.pool.executemany(
        "INSERT INTO api.tasks (id, name, task_type, task_action, version)"
        " VALUES ($1, 'a task', 'manual', 'probe', $2)",
        [(each.task_id, each.version) for each in events],
    )

    async with desk.pool.acquire() as connection:
        theirs = await api_store.digest(connection)

    assert sorted(await desk.jobs.digest(), key=lambda each: each.bucket) == theirs
