"""The servers below us are killed under load, and what JetStream keeps is wiped.

PostgreSQL is the truth and must come back with everything that was acknowledged; NATS may forget
all it has. No action may be done twice for either: only an executor's death excuses that.
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.stage import Stage, stage, wipe_jetstream

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here() -> AsyncIterator[Stage]:
    """Run two schedulers and two executors."""
    async with stage({"AUTOMATION_SCHEDULERS": "2", "AUTOMATION_EXECUTORS": "2"}) as system:
        yield system


async def test_nats_is_killed_again_and_again(here: Stage) -> None:
    for _ in range(3):
        await here.kill("nats")
        await here.steady(0.5)
    figures = await here.judge("nats-server")

    assert not figures.twice


async def test_nats_freezes(here: Stage) -> None:
    with here.fault("SIGSTOP", "nats"):
        pid = here.system.kill("nats", by=signal.SIGSTOP)
        await here.witness.ledger_grows(here.load.per_second * 8)
        os.kill(pid, signal.SIGCONT)
    await here.steady()
    figures = await here.judge("nats-server frozen 8 s")

    assert not figures.twice


async def test_everything_in_jetstream_is_lost(here: Stage) -> None:
    for _ in range(2):
        await wipe_jetstream(here)
        await here.steady()
    figures = await here.judge("JetStream folder wiped")

    assert not figures.twice


async def test_postgres_is_killed(here: Stage) -> None:
    for _ in range(3):
        await here.kill("postgres")
        await here.steady()
    figures = await here.judge("PostgreSQL")

    assert not figures.twice


async def test_runs_that_were_acknowledged_outlive_jetstream(here: Stage) -> None:
    task = here.load.tasks[0]
    schedulers = ("scheduler-1", "scheduler-2")
    with here.fault("SIGSTOP", "schedulers"):
        frozen = [here.system.kill(name, by=signal.SIGSTOP) for name in schedulers]
        # More than frozen schedulers can have in their sockets, where no wipe reaches them.
        runs = [await here.operator.run(task) for _ in range(30)]
        await wipe_jetstream(here)
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    await here.steady()
    await here.judge("JetStream wiped, requests on it")

    called = {call.run_id for call in here.witness.sink.effects()}
    assert called >= set(runs)
