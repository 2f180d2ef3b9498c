"""Flow 6, edit: what is changed holds from that moment on; nothing is caught up or lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.e2e.ground import SLOTS
from tests.e2e.place import EVERY_SECOND, Place
from tests.support.load import RUNS


async def test_a_changed_interval_ends_the_old_fires_and_begins_the_new_ones(place: Place) -> None:
    task_id = await place.calling("interval", schedule_config=EVERY_SECOND)
    await place.called("interval", 2)
    await place.operator.edit(task_id, schedule_config={"interval_seconds": 3})
    await place.called("interval", len(place.effects("interval")) + 2)
    await place.operator.edit(task_id, schedule_config={"cron": "*/2 * * * * *"})
    await place.called("interval", len(place.effects("interval")) + 2)
    await place.operator.delete(task_id)

    await place.judge()  # knows which fires each version must, may and must not have


async def test_a_changed_action_is_what_runs_from_then_on(place: Place) -> None:
    task_id = await place.calling("before", schedule_config=EVERY_SECOND)
    await place.called("before", 2)
    await place.operator.edit(task_id, action_config=place.action("after")["action_config"])
    first = (await place.called("after", 2))[0]
    await place.operator.delete(task_id)

    assert max(call.at for call in place.effects("before")) < first.at
    await place.judge()


async def test_a_disabled_task_records_its_fires_and_does_not_run_them(place: Place) -> None:
    task_id = await place.calling("switched", schedule_config=EVERY_SECOND)
    await place.called("switched", 2)
    await place.operator.edit(task_id, enabled=False)
    disabled_at = datetime.now(UTC)

    async def skipped() -> list[datetime]:
        found = [
            datetime.fromisoformat(row["scheduled_for"])
            for row in await place.operator.occurrences(task_id)
            if row["outcome"] == "skipped_paused"
        ]
        return found if len(found) >= 3 else []

    rows = await place.eventually(skipped, what="three fires skipped because of the pause")
    await place.operator.edit(task_id, enabled=True)
    enabled_at = datetime.now(UTC)
    calls = len(place.effects("switched"))
    await place.called("switched", calls + 2)
    await place.operator.delete(task_id)
    await place.judge()

    pause = [at for at in rows if at > disabled_at + timedelta(seconds=1)]
    assert pause
    ran = {
        datetime.fromisoformat(row["scheduled_for"])
        for row in await _occurrences(place, str(task_id))
        if row["outcome"] == "fired"
    }
    assert not ran.intersection(rows)  # nothing of the pause is caught up
    early = disabled_at + timedelta(seconds=1)
    assert not [call for call in place.effects("switched") if early < call.at < enabled_at]


async def _occurrences(place: Place, task_id: str) -> list[dict[str, str]]:
    """Read the ledger of a task, also one that is deleted."""
    connection = await place.witness.connect()
    try:
        rows = await connection.fetch(
            "SELECT scheduled_for::text, outcome, reason FROM scheduler.occurrences"
            " WHERE task_id = $1::text::uuid",
            task_id,
        )
    finally:
        await connection.close()
    return [dict(row) for row in rows]


@asynccontextmanager
async def no_slot_free(place: Place) -> AsyncIterator[UUID]:
    """Fill all slots of all executors, and empty them at the end; give the task that does it."""
    path = "delay/60/block"
    task_id = await place.calling(path)
    runs = [await place.operator.run(task_id) for _ in range(SLOTS)]
    await place.called(path, SLOTS)
    yield task_id
    for run_id in runs:
        await place.operator.insist("POST", f"{RUNS}/{run_id}/cancel", json={})


async def test_what_waits_when_a_task_is_deleted_never_runs(place: Place) -> None:
    async with no_slot_free(place) as blocking:
        task_id = await place.calling("queued")
        for _ in range(6):
            await place.operator.run(task_id)
            place.operator.acknowledged.popitem()  # what was asked for is taken back now
        await place.operator.delete(task_id)
    other = await place.calling("other")  # comes after what waited
    await place.ended(await place.operator.run(other))
    await place.judge(failing=[blocking])

    outcomes = [row["outcome"] for row in await _occurrences(place, str(task_id))]
    assert outcomes == ["superseded"] * 6
    assert place.effects("queued") == []


async def test_what_waits_when_a_task_is_disabled_does_not_run_either(place: Place) -> None:
    async with no_slot_free(place) as blocking:
        task_id = await place.calling("paused", schedule_config=EVERY_SECOND)

        async def waiting() -> bool:
            return len(await place.operator.occurrences(task_id)) >= 2

        await place.eventually(waiting, what="fires that wait for a slot")
        place.operator.forget(task_id)  # that one of them was due does not mean that it ran
        await place.operator.edit(task_id, enabled=False)

        async def edit_holds() -> bool:
            rows = await _occurrences(place, str(task_id))
            return any(row["outcome"] == "skipped_paused" for row in rows)

        await place.eventually(edit_holds, what="a fire that the edit skips")
    other = await place.calling("another")
    await place.ended(await place.operator.run(other))
    await place.operator.delete(task_id)
    await place.judge(failing=[blocking])

    assert len(place.effects("paused")) <= 1  # of the fire that executors have at hand


@pytest.mark.parametrize("at_once", [1, 5], ids=["in a row", "five at once"])
async def test_of_a_storm_of_edits_the_last_one_holds(place: Place, at_once: int) -> None:
    path = f"storm-{at_once}"
    task_id = await place.calling(path, schedule_config=EVERY_SECOND)
    gate = asyncio.Semaphore(at_once)

    async def edit(number: int) -> None:
        async with gate:
            seconds = 1 + number % 4
            await place.operator.edit(task_id, schedule_config={"interval_seconds": seconds})

    await asyncio.gather(*(edit(number) for number in range(50)))
    if at_once > 1:
        place.operator.forget(task_id)  # nobody knows in which order they held
    last = await place.operator.edit(task_id, schedule_config={"interval_seconds": 2})
    assert last["version"] >= 38  # an edit that changes nothing is no version
    settled_at = datetime.now(UTC) + timedelta(seconds=1)
    await place.called(path, len(place.effects(path)) + 2)
    rows = [
        datetime.fromisoformat(row["scheduled_for"])
        for row in await place.operator.occurrences(task_id)
    ]
    await place.operator.delete(task_id)
    await place.judge()

    later = [at for at in rows if at > settled_at]
    assert later
    assert all(at.second % 2 == 0 for at in later)
    assert len(set(rows)) == len(rows)
