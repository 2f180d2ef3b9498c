"""Every process of `state.json` is killed, one after the other, with settings as they come.

Each is killed with -9 while tasks fire every second and runs are asked for by hand. The supervisor
brings it back; then everything that was due must be in the ledger once, at the sink once and in the
log once. The figures are printed at the end of the run.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.stage import Stage, stage

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

#: Promise 6, with its default settings: nothing is later than this if one scheduler of two dies,
FAILOVER = 3  # seconds
#: and the runs of a dead executor start again within its lease and this.
LEASE = 10  # seconds
RESCUE = 5  # seconds


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here() -> AsyncIterator[Stage]:
    """Run two schedulers and two executors."""
    env = {"AUTOMATION_SCHEDULERS": "2", "AUTOMATION_EXECUTORS": "2"}
    async with stage(env) as system:
        yield system


NAMES = (
    "bus-keeper",
    "scheduler-1",
    "scheduler-2",
    "executor-1",
    "executor-2",
    "log-writer",
    "notifier",
    "api",
    "nats",
    "postgres",
)


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_is_lost_when_it_is_killed(here: Stage, name: str) -> None:
    assert sorted(NAMES) == sorted(here.system.names())  # a new process needs its line above

    await here.kill(name)
    await here.steady()
    figures = await here.judge(name)

    if name.startswith("scheduler"):
        assert figures.latest < FAILOVER
    if name.startswith("executor"):
        assert figures.twice <= figures.under_way
        assert figures.redone < LEASE + RESCUE
    else:
        assert not figures.twice
