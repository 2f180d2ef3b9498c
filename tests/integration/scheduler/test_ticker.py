"""Every fire gets one row and every row that fired one order, whoever ticks and whatever breaks."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from uuid import uuid4

import asyncpg
import nats
import pytest

from services.scheduler.job import AHEAD
from services.scheduler.loops.ticker import LONGEST_REST, ROWS, SHORTEST_REST
from services.scheduler.store.jobs import Advance, JobStore
from shared.bus import topology
from shared.bus.due import Dispatcher
from shared.contracts.runs import RunsDue
from shared.db.pool import open_pool
from shared.domain.instant import format_instant
from shared.domain.schedule import fires, parse_schedule
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import (
    HOUR,
    MINUTE,
    SECOND,
    Desk,
    changed,
    ids,
    once,
    outcomes,
)
from tests.support.cases import table
from tests.support.swept import Swept


async def start_of_task(desk: Desk, *, begun: datetime, **schedule: object) -> list[datetime]:
    """Make a task that began in the past; return the fires that it owes by now."""
    side_by_side = {"overlap": "allow_all"}
    await desk.applier.tasks_changed(
        [changed(uuid4(), 1, begun, dict(schedule), policy=side_by_side)]
    )
    return [
        fire.at for fire in fires(parse_schedule(schedule), begun, 20_000) if fire.at <= utc_now()
    ]


async def test_nothing_due_is_looked_at_again_soon(desk: Desk) -> None:
    assert await desk.ticker().step() == LONGEST_REST


async def test_the_rest_ends_when_the_next_job_is_due(desk: Desk) -> None:
    await desk.applier.tasks_changed([once(utc_now() + AHEAD + 0.2 * SECOND)])

    assert timedelta(0) < await desk.ticker().step() <= 0.2 * SECOND


async def test_a_fire_is_written_down_and_ordered_a_moment_ahead(desk: Desk) -> None:
    await desk.applier.tasks_changed([once(utc_now() + AHEAD / 2)])

    await desk.ticker().step()

    (row,) = await desk.rows()
    assert row["created_at"] < row["due_at"]


async def test_a_pause_is_not_written_down_ahead(desk: Desk) -> None:
    event = changed(
        uuid4(), 1, utc_now(), {"at": format_instant(utc_now() + AHEAD / 2)}, enabled=False
    )
    await desk.applier.tasks_changed([event])

    await desk.ticker().step()

    assert await desk.rows() == []


async def test_a_job_that_is_due_later_does_not_fire_early(desk: Desk) -> None:
    await desk.applier.tasks_changed([once(utc_now() + 20 * SECOND)])

    assert await desk.ticker().step() == LONGEST_REST

    assert await desk.rows() == []


async def test_each_due_job_gets_one_row_and_one_order(desk: Desk) -> None:
    await desk.fire(700)  # more than one batch

    rows = await desk.rows()
    assert len(rows) == 700
    assert outcomes(rows) == {"fired": 700}
    assert await desk.orders() == dict.fromkeys(ids(rows), 1)
    assert {row["settled"] for row in rows} == {False}
    assert await desk.ticker().step() == LONGEST_REST


async def test_a_full_batch_is_followed_by_the_next_without_a_rest(desk: Desk) -> None:
    due = utc_now() - 5 * SECOND
    await desk.applier.tasks_changed([once(due) for _ in range(501)])
    ticker = desk.ticker()

    assert await ticker.step() == timedelta(0)
    await ticker.step()

    assert len(await desk.rows()) == 501


async def test_two_tickers_at_once_record_and_order_each_fire_once(desk: Desk) -> None:
    due = utc_now() - 5 * SECOND
    for _ in range(3):
        await desk.applier.tasks_changed([once(due) for _ in range(400)])

    await desk.catch_up(desk.ticker(), desk.ticker(), desk.ticker())

    rows = await desk.rows()
    assert len(rows) == 1200
    assert outcomes(rows) == {"fired": 1200}
    assert await desk.orders() == dict.fromkeys(ids(rows), 1)


async def test_a_tick_from_a_stale_reading_moves_nothing(desk: Desk) -> None:
    event = changed(uuid4(), 1, utc_now(), {"interval_hours": 1})
    await desk.applier.tasks_changed([event])
    job = (await desk.jobs.read([event.task_id]))[event.task_id]
    assert job.next_fire_at is not None
    stale = Advance(event.task_id, job.next_fire_at - HOUR, None, None, None)

    async with desk.pool.acquire() as connection:
        await desk.jobs.advance(connection, [stale])

    assert (await desk.jobs.read([event.task_id]))[event.task_id] == job


async def test_without_a_bus_what_is_due_is_ordered_all_the_same(desk: Desk, nats_url: str) -> None:
    dead = await nats.connect(nats_url)
    await dead.close()
    await desk.applier.tasks_changed([once(utc_now() - 5 * SECOND) for _ in range(30)])

    await desk.catch_up(desk.ticker(Dispatcher(dead)))

    assert await desk.waiting() == len(await desk.rows()) == 30


async def test_executors_are_told_how_many_runs_are_due_in_each_queue(desk: Desk) -> None:
    hints = await desk.client.subscribe(topology.task_due("*"))
    due = utc_now() - 5 * SECOND
    at = {"at": format_instant(due)}
    slow = changed(uuid4(), 1, due - MINUTE, at, policy={"queue": "slow"})
    off = changed(uuid4(), 1, due - MINUTE, at, enabled=False)
    await desk.applier.tasks_changed([once(due), once(due), slow, off])

    await desk.catch_up()

    told = [await hints.next_msg(timeout=5) for _ in range(2)]
    assert {each.subject: RunsDue.decode(each.data).runs for each in told} == {
        topology.task_due("default"): 2,
        topology.task_due("slow"): 1,
    }
    assert hints.pending_msgs == 0


async def test_a_transaction_that_breaks_off_leaves_nothing_behind(desk: Desk) -> None:
    event = once(utc_now() - 5 * SECOND)
    await desk.applier.tasks_changed([event])
    async with desk.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        _, claimed = await desk.jobs.claim_due(connection, 10)
        assert [job.task_id for job in claimed] == [event.task_id]
        await desk.jobs.advance(
            connection, [Advance(event.task_id, claimed[0].next_fire_at, None, None, None)]
        )
        await transaction.rollback()

    await desk.catch_up()

    assert outcomes(await desk.rows()) == {"fired": 1}


@table(
    ("policy", "expected"),
    [
        ("skip", {"missed": 12}),
        ("fire_once", {"coalesced": 11, "fired": 1}),
        ("fire_all", {"fired": 12}),
    ],
)
async def test_after_an_hour_of_downtime_the_ledger_is_complete(
    desk: Desk, policy: str, expected: dict[str, int]
) -> None:
    await desk.empty()
    last = (utc_now() - 5 * MINUTE).replace(second=0, microsecond=0)
    owed = await start_of_task(
        desk,
        begun=last - HOUR,
        interval_minutes=5,
        start_at=format_instant(last - HOUR),
        end_at=format_instant(last),
        misfire={"policy": policy},
    )

    await desk.catch_up()

    rows = await desk.rows()
    assert [row["scheduled_for"] for row in rows] == owed
    assert outcomes(rows) == expected
    fired = [row for row in rows if row["outcome"] == "fired"]
    assert await desk.orders() == dict.fromkeys(ids(fired), 1)
    if policy == "fire_once":
        assert fired[0]["scheduled_for"] == last
        assert (fired[0]["missed_count"], fired[0]["missed_since"]) == (11, owed[0])


async def test_a_long_downtime_of_quick_schedules_is_worked_off_in_bounded_bites(
    desk: Desk,
) -> None:
    last = (utc_now() - 5 * MINUTE).replace(microsecond=0)
    begun = last - timedelta(seconds=900)
    schedule = {"interval_seconds": 1, "end_at": format_instant(last)}
    tasks = [uuid4() for _ in range(10)]
    await desk.applier.tasks_changed([changed(task, 1, begun, schedule) for task in tasks])

    assert await desk.ticker().step() < LONGEST_REST
    assert len(await desk.rows()) <= ROWS
    await desk.catch_up(desk.ticker(), desk.ticker())

    for task in tasks:
        rows = await desk.rows(task)
        assert [row["scheduled_for"] for row in rows] == [
            begun + SECOND * number for number in range(1, 901)
        ]
        assert outcomes(rows) == {"coalesced": 899, "fired": 1}
        assert rows[-1]["missed_count"] == 899
    assert len(await desk.orders()) == 10


async def test_a_backlog_that_ends_with_its_schedule_is_settled(desk: Desk) -> None:
    """Its last fire is known when the schedule has no time left to be read back."""
    last = (utc_now() - 5 * MINUTE).replace(microsecond=0)
    begun = last - timedelta(seconds=ROWS + 1)
    await start_of_task(desk, begun=begun, interval_seconds=1, end_at=format_instant(last))

    await asyncio.wait_for(desk.catch_up(), timeout=20)

    rows = await desk.rows()
    assert outcomes(rows) == {"coalesced": ROWS, "fired": 1}
    assert rows[-1]["outcome"] == "fired"


async def test_a_paused_task_gets_a_row_for_every_fire_that_it_skips(desk: Desk) -> None:
    last = utc_now().replace(microsecond=0)
    event = changed(
        uuid4(),
        1,
        last - 10 * SECOND,
        {"interval_seconds": 2, "end_at": format_instant(last)},
        enabled=False,
    )
    await desk.applier.tasks_changed([event])

    await desk.catch_up()

    assert outcomes(await desk.rows()) == {"skipped_paused": 5}
    assert not await desk.orders()


async def test_a_job_that_cannot_be_ticked_holds_up_nobody_else(desk: Desk) -> None:
    events = [once(utc_now() - 5 * SECOND) for _ in range(3)]
    await desk.applier.tasks_changed(events)
    await desk.pool.execute(
        """UPDATE scheduler.jobs SET schedule = '{"cron": "61 * * * *"}' WHERE task_id = $1""",
        events[0].task_id,
    )

    await asyncio.wait_for(desk.catch_up(), timeout=10)

    assert {row["task_id"] for row in await desk.rows()} == {e.task_id for e in events[1:]}
    assert await desk.pool.fetchval(
        "SELECT next_fire_at < now() AND next_due_at > now() FROM scheduler.jobs"
        " WHERE task_id = $1",
        events[0].task_id,
    )


async def test_a_job_in_other_hands_is_waited_for_without_haste(desk: Desk) -> None:
    await desk.applier.tasks_changed([once(utc_now() - 5 * SECOND) for _ in range(2)])
    ticker = desk.ticker()
    async with desk.pool.acquire() as connection, connection.transaction():
        _, claimed = await desk.jobs.claim_due(connection, 1)

        assert await ticker.step() == SHORTEST_REST
        assert len(await desk.rows()) == 1  # the other one is nobody's
        assert await ticker.step() == SHORTEST_REST

    await desk.catch_up(ticker)
    assert claimed[0].task_id in {row["task_id"] for row in await desk.rows()}


async def test_a_frozen_scheduler_loses_its_jobs_and_can_do_no_harm_later(
    desk: Desk, kept_database: Swept
) -> None:
    frozen = await open_pool(kept_database.dsn, name="frozen", transaction_pause=0.3 * SECOND)
    events = [once(utc_now() - 5 * SECOND) for _ in range(20)]
    await desk.applier.tasks_changed(events)
    jobs = JobStore(frozen)
    connection = await frozen.acquire()
    await connection.execute("BEGIN")
    _, claimed = await jobs.claim_due(connection, 50)
    assert len(claimed) == 20

    begun = time.monotonic()
    await asyncio.wait_for(desk.catch_up(), timeout=10)
    assert time.monotonic() - begun < 3

    # The last: what the server said of the end lies half read.
    refused = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, asyncpg.InternalClientError)
    with pytest.raises(refused):
        await jobs.advance(
            connection, [Advance(claimed[0].task_id, claimed[0].next_fire_at, None, None, None)]
        )
    frozen.terminate()
    rows = await desk.rows()
    assert len(rows) == 20
    assert await desk.orders() == dict.fromkeys(ids(rows), 1)
