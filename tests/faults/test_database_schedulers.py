"""Four schedulers over the same jobs: each fire is one row, whoever gets there first.

Nothing elects a leader. What they have in hand at the same time is kept apart by row locks and by
the key of the ledger, and costs no more than one of them would.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import psutil
import pytest
import pytest_asyncio

from tests.faults.stage import Stage, stage

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

SCHEDULERS = 4
TASKS = 80
LOOKED_AT = 10  # seconds
#: Promise 6: nothing is later than this if a scheduler dies and another one lives.
FAILOVER = 3  # seconds


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here() -> AsyncIterator[Stage]:
    """Run four schedulers and two executors."""
    env = {"AUTOMATION_SCHEDULERS": str(SCHEDULERS), "AUTOMATION_EXECUTORS": "2"}
    async with stage(env, tasks=TASKS) as system:
        yield system


async def test_four_schedulers_do_the_work_of_one(here: Stage) -> None:
    schedulers = [f"scheduler-{number + 1}" for number in range(SCHEDULERS)]
    processes = [psutil.Process(here.system.pid(name)) for name in schedulers]

    def used() -> float:
        return sum(each.cpu_times().user + each.cpu_times().system for each in processes)

    before, began = used(), time.monotonic()
    await here.steady(LOOKED_AT)
    cores = (used() - before) / (time.monotonic() - began)
    figures = await here.judge("four schedulers, nothing broken")

    assert not figures.twice
    assert cores < 1
    for name in schedulers:
        log = (here.system.home / "logs" / f"{name}.log").read_text(errors="replace")
        assert "step failed" not in log, log


async def test_three_of_four_schedulers_die_at_once(here: Stage) -> None:
    await asyncio.gather(*(here.kill(f"scheduler-{number}") for number in (1, 2, 4)))
    await here.steady()
    figures = await here.judge("three of four schedulers")

    assert not figures.twice
    assert figures.latest < FAILOVER
