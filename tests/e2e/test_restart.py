"""All of the system is killed at once, and started again in the same home."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psutil
import pytest

from tests.e2e.place import EVERY_SECOND, Place
from tests.support.history import Fault
from tests.support.stage import nothing_left

pytestmark = pytest.mark.timeout(180)

POLICIES = ("skip", "fire_once", "fire_all")


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


async def test_what_was_due_while_nothing_ran_is_made_up_for_by_each_tasks_policy(
    place: Place,
) -> None:
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
    await place.system.kill_supervisor()
    await nothing_left(place.system)  # what it had started is killed with it
    stopped_at = datetime.now(UTC)

    async def some_fires_are_missed() -> bool:
        return datetime.now(UTC) > stopped_at + timedelta(seconds=3)

    await place.eventually(some_fires_are_missed, what="three seconds of downtime")
    await place.system.start()
    started_at = datetime.now(UTC)
    killed = Fault(kind="kill -9", target="executors", began_at=since, ended_at=started_at)
    schedulers = [name for name in place.system.names() if name.startswith("scheduler-")]
    back_at = datetime.fromtimestamp(
        min(psutil.Process(place.system.pid(name)).create_time() for name in schedulers), UTC
    )
    assert place.system.token == token

    for policy in POLICIES:
        await place.called(policy, len(place.effects(policy)) + 3)
    for policy in POLICIES:
        place.operator.forget(tasks[policy])  # not every fire of the gap has to run
        await place.operator.edit(tasks[policy], enabled=False)
    await place.judge(killed)

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
