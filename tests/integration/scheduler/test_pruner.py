"""What is old enough is forgotten; what is open, or may still be needed, never."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from services.scheduler.loops import pruner as module
from services.scheduler.loops.pruner import INTERVAL, Pruner
from shared.db.clocks import Clocks
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import Desk, changed, deleted, once

KEEP = timedelta(days=90)
DAY = timedelta(days=1)


@pytest.fixture
def pruner(desk: Desk) -> Pruner:
    return Pruner(desk.jobs, desk.ledger, KEEP, Clocks(desk.own, utc_now))


async def age(desk: Desk, days: int) -> None:
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET scheduled_for = scheduled_for - $1::interval,"
        " created_at = created_at - $1::interval",
        days * DAY,
    )


async def test_settled_rows_past_their_time_go(desk: Desk, pruner: Pruner) -> None:
    old = await desk.fire(5)
    await age(desk, 91)
    young = await desk.fire(3)
    await desk.pool.execute("UPDATE scheduler.occurrences SET settled = true")

    assert await pruner.step() == INTERVAL

    left = {row["run_id"] for row in await desk.rows()}
    assert left == set(young)
    assert not left & set(old)


async def test_rows_that_are_still_open_stay_however_old(desk: Desk, pruner: Pruner) -> None:
    runs = await desk.fire(4)
    await age(desk, 400)

    await pruner.step()

    assert {row["run_id"] for row in await desk.rows()} == set(runs)


async def test_a_batch_at_a_time(
    desk: Desk, pruner: Pruner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 4)
    await desk.fire(6)
    await age(desk, 91)
    await desk.pool.execute("UPDATE scheduler.occurrences SET settled = true")

    assert await pruner.step() < INTERVAL
    assert len(await desk.rows()) == 2
    assert await pruner.step() == INTERVAL
    assert await desk.rows() == []


async def test_tombstones_go_once_no_late_event_can_need_them(desk: Desk, pruner: Pruner) -> None:
    now = utc_now()
    old, young, alive = uuid4(), uuid4(), uuid4()
    await desk.applier.tasks_changed(
        [
            deleted(old, 2, now - 15 * DAY),
            deleted(young, 2, now - 13 * DAY),
            changed(alive, 1, now - 400 * DAY),
        ]
    )

    await pruner.step()

    assert set(await desk.jobs.read([old, young, alive])) == {young, alive}


async def test_what_was_forgotten_does_not_fire_again(desk: Desk, pruner: Pruner) -> None:
    event = once(utc_now() - timedelta(seconds=5))
    await desk.applier.tasks_changed([event])
    await desk.catch_up()
    await age(desk, 91)
    await desk.pool.execute("UPDATE scheduler.occurrences SET settled = true")
    await pruner.step()

    await desk.applier.tasks_changed([event])
    await desk.catch_up()

    assert await desk.rows() == []
