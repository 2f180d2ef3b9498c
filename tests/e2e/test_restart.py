"""The system is stopped, or its supervisor killed, and started again in the same home."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psutil
import pytest
import pytest_asyncio

from tests.e2e.place import EVERY_SECOND, Place, running_place
from tests.support.history import Fault

pytestmark = pytest.mark.timeout(180)

POLICIES = ("skip", "fire_once", "fire_all")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place() -> AsyncIterator[Place]:
    """Run a small system."""
    async with running_place({"AUTOMATION_EXECUTORS": "1"}) as found:
        yield found


async def gap_of(place: Place, task_id: UUID, since: datetime, until: datetime) -> list[Any]:
    """Return what became of the fires of a stretch of time, oldest first, without a hole."""
    rows = [
        row
        for row in reversed(await place.operator.occurrences(task_id))
        if since <= datetime.fromisoformat(row["scheduled_for"]) <= until
    ]
    seconds = [datetime.fromisoformat(row["scheduled_for"]) for row in rows]
    assert seconds == [seconds[0] + timedelta(seconds=n) for n in range(len(seconds))]
    return rows


async def test_a_stop_is_made_up_for_by_each_tasks_policy(place: Place) -> None:
    tasks = {
        policy: await place.calling(
            policy,
            schedule_config={
                **EVERY_SECOND,
                "misfire": {"policy": policy, "threshold_seconds": 1},
            },
        )
        for policy in POLICIES
    }
    for policy in POLICIES:
        await place.called(policy, 2)
    token = place.system.token
    since = datetime.now(UTC)
    assert await place.system.stop() == 0
    stopped_at = datetime.now(UTC)
    assert place.system.left() == []

    async def some_fires_are_missed() -> bool:
        return datetime.now(UTC) > stopped_at + timedelta(seconds=3)

    await place.eventually(some_fires_are_missed, what="three seconds of downtime")
    await place.system.start()
    started_at = datetime.now(UTC)
    scheduler = psutil.Process(place.system.pid("scheduler-1"))
    back_at = datetime.fromtimestamp(scheduler.create_time(), UTC)
    assert place.system.token == token

    for policy in POLICIES:
        await place.called(policy, len(place.effects(policy)) + 3)
    for policy in POLICIES:
        place.operator.forget(tasks[policy])  # not every fire of the gap has to run
        await place.operator.edit(tasks[policy], enabled=False)
    await place.judge()

    outcomes = {
        policy: await gap_of(place, tasks[policy], since, started_at) for policy in POLICIES
    }
    dead = {
        policy: [
            row
            for row in rows
            if stopped_at
            <= datetime.fromisoformat(row["scheduled_for"])
            < back_at - timedelta(seconds=1)
        ]
        for policy, rows in outcomes.items()
    }
    assert all(dead.values()), "the system was too quick for a gap"
    assert Counter(row["outcome"] for row in dead["skip"]).keys() == {"missed"}
    assert Counter(row["outcome"] for row in dead["fire_all"]).keys() == {"fired"}
    once = Counter(row["outcome"] for row in outcomes["fire_once"] if row["missed_count"])
    assert once == {"fired": 1}
    assert Counter(row["outcome"] for row in dead["fire_once"])["coalesced"] >= 1
    for row in outcomes["fire_all"]:
        assert row["outcome"] == "fired"


async def test_what_kill_9_of_the_supervisor_left_goes_on_with_the_next_one(place: Place) -> None:
    task_id = await place.calling("goes-on", schedule_config=EVERY_SECOND)
    await place.called("goes-on", 2)
    killed_at = datetime.now(UTC)
    await place.system.kill_supervisor()
    await place.system.start()
    # What the supervisor had started is killed with it.
    killed = Fault(
        kind="kill -9", target="executors", began_at=killed_at, ended_at=datetime.now(UTC)
    )
    await place.called("goes-on", len(place.effects("goes-on")) + 3)
    await place.operator.edit(task_id, enabled=False)

    await place.judge(killed)  # a minute late is not missed: all of the gap has run
