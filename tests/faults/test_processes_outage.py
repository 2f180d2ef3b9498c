"""All schedulers are gone for a while: every fire of that time gets its row, by its task's policy.

They are held down at their start, so nothing of them runs. Afterwards the ledger has no gap: what
came too late is fired, coalesced or missed, as each task says.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import pytest_asyncio

from tests.faults.sabotage.stage import sabotaged
from tests.faults.sabotage.traps import Traps
from tests.faults.stage import Stage
from tests.support.load import TASKS, calls

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

SCHEDULERS = ("scheduler-1", "scheduler-2")
#: How long all of them are away.
AWAY = 20  # seconds
#: A fire that is later than this counts as misfired.
THRESHOLD = 2  # seconds
#: Tasks of each policy, one fire a second each.
TASKS_EACH = 10
#: From the return of the schedulers until all that was due has a row.
CAUGHT_UP = 30  # seconds
BACK_WITHIN = timedelta(seconds=60)

ROWS = """
SELECT scheduled_for, outcome, reason, missed_count, missed_since FROM scheduler.occurrences
WHERE task_id = $1 ORDER BY scheduled_for
"""


class Row(NamedTuple):
    """What became of a fire."""

    scheduled_for: datetime
    outcome: str
    reason: str | None
    missed_count: int
    missed_since: datetime | None


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> Traps:
    """Hold schedulers down."""
    return Traps(Path(tmp_path_factory.mktemp("traps")))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here(traps: Traps) -> AsyncIterator[Stage]:
    """Run a system without tasks that must not be late."""
    async with sabotaged(traps, tasks=0) as system:
        yield system


def every_second(here: Stage, name: str, policy: str) -> dict[str, Any]:
    """Return a task that fires every second."""
    return {
        "name": name,
        "overlap": "allow_all",
        "schedule_config": {
            "interval_seconds": 1,
            "misfire": {"policy": policy, "threshold_seconds": THRESHOLD, "limit": 1000},
        },
        **calls(f"{here.sink.url}/{policy}"),
    }


async def create(here: Stage, policy: str) -> UUID:
    """Create a task of which the checker does not expect that each fire has a run."""
    body = {"task_type": "scheduled", **every_second(here, policy, policy)}
    answer = await here.operator.insist("POST", TASKS, json=body)
    return UUID(answer.json()["id"])


async def rows_of(here: Stage, tasks: Sequence[UUID]) -> list[list[Row]]:
    """Return the ledger of each task, in order."""
    connection = await here.witness.connect()
    try:
        return [[Row(*row) for row in await connection.fetch(ROWS, task)] for task in tasks]
    finally:
        await connection.close()


async def test_all_schedulers_are_away_for_a_while(here: Stage, traps: Traps) -> None:
    for number in range(TASKS_EACH):
        await here.operator.create(**every_second(here, f"all {number}", "fire_all"))
    skip = [await create(here, "skip") for _ in range(TASKS_EACH)]
    once = [await create(here, "fire_once") for _ in range(TASKS_EACH)]
    await here.witness.ledger_grows(TASKS_EACH * 3 * 5)

    olds = {name: here.system.pid(name) for name in SCHEDULERS}
    for name in SCHEDULERS:
        traps.set(name, "held")
    began_at = datetime.now(UTC)
    for name in SCHEDULERS:
        here.system.kill(name)
    before = await rows_of(here, skip)
    await asyncio.sleep(AWAY)  # it is the fault
    assert await rows_of(here, skip) == before, "somebody schedules all the same"
    for name in SCHEDULERS:
        traps.clear(name, "held")
    for name, old in olds.items():
        with here.fault("kill -9", name):
            await here.system.wait_restarted(name, old, within=BACK_WITHIN)
    back_at = datetime.now(UTC)
    began = time.monotonic()
    left = await here.drained(back_at)
    took = time.monotonic() - began
    await here.witness.ledger_grows(TASKS_EACH * 3 * 3)
    figures = await here.judge(f"both schedulers away {AWAY} s, fire_all")

    assert not left
    assert took < CAUGHT_UP
    assert not figures.twice
    for rows in await rows_of(here, skip):
        late = gapless(rows)
        assert {(each.outcome, each.reason) for each in late} == {("missed", "misfire.policy_skip")}
        assert in_the_outage(late, began_at, back_at)
    for rows in await rows_of(here, once):
        late = gapless(rows)
        assert {each.outcome for each in late} == {"coalesced"}
        (ran,) = [each for each in rows if each.reason == "misfire.fired_once"]
        assert ran.missed_count == len(late)
        assert ran.missed_since == late[0].scheduled_for
        assert ran.scheduled_for == late[-1].scheduled_for + timedelta(seconds=1)
        assert in_the_outage(late, began_at, back_at)


def gapless(rows: Sequence[Row]) -> list[Row]:
    """Check that every second has its row; return those that did not fire: one stretch."""
    assert all(
        other.scheduled_for - one.scheduled_for == timedelta(seconds=1)
        for one, other in pairwise(rows)
    )
    stretches = [
        list(stretch)
        for fired, stretch in groupby(rows, key=lambda each: each.outcome == "fired")
        if not fired
    ]
    (late,) = stretches
    return late


def in_the_outage(late: Sequence[Row], began_at: datetime, back_at: datetime) -> bool:
    """Return whether nearly all of the outage was late, and nothing else."""
    slack = timedelta(seconds=THRESHOLD + 2)
    return (
        began_at - slack <= late[0].scheduled_for <= began_at + slack
        and late[-1].scheduled_for <= back_at
        and len(late) >= AWAY - 2 * slack.total_seconds()
    )
