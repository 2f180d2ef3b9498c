"""Processes die at the worst possible lines, or stop in order, under load.

One executor of three takes the queue `frail` alone, and only it is harmed: so what it had in hand
is known to the last run, and how many calls were made twice is an exact number.
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio

from shared.runtime.process import EXIT_FROZEN
from tests.faults.sabotage.stage import FRAIL, VICTIM, frail, sabotaged
from tests.faults.sabotage.traps import Traps
from tests.faults.stage import Stage
from tests.support.history import Effect

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

LEASE = 3  # seconds
#: Promise 6: runs of a dead executor start again within their lease and this.
RESCUE = 5  # seconds
#: Nobody who does not share an executor with what went wrong notices anything.
UNTOUCHED = 3  # seconds
#: An executor that stops ends what it runs for so long, and hands back the rest.
DRAIN = 5  # seconds
#: From the stop of an executor until what it handed back has begun elsewhere: another one takes it
#: at once, and the lease need not run out.
HANDED_ON = 3  # seconds
#: An executor is ready again.
STARTS = 10  # seconds
SOON = timedelta(seconds=60)


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> Traps:
    """Give the victim its queue, and a short drain."""
    traps = Traps(Path(tmp_path_factory.mktemp("traps")))
    traps.tell(VICTIM, AUTOMATION_EXECUTOR_QUEUES=FRAIL, AUTOMATION_DRAIN_SECONDS=str(float(DRAIN)))
    return traps


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here(traps: Traps) -> AsyncIterator[Stage]:
    """Run a system with a victim."""
    async with sabotaged(traps, {"AUTOMATION_LEASE_SECONDS": str(LEASE)}) as system:
        yield system


def effects_of(here: Stage, runs: Sequence[UUID]) -> dict[UUID, list[Effect]]:
    """Return the calls of these runs, in order of their coming."""
    found: dict[UUID, list[Effect]] = {run_id: [] for run_id in runs}
    for effect in here.witness.sink.effects():
        if effect.run_id in found:
            found[effect.run_id].append(effect)
    return found


def attempts_of(here: Stage, runs: Sequence[UUID]) -> list[list[int]]:
    """Return which attempts of each of these runs have called."""
    return [[each.attempt for each in calls] for calls in effects_of(here, runs).values()]


async def under_way(here: Stage, runs: Sequence[UUID]) -> None:
    """Wait until each of these runs has called."""
    await here.witness.sink.wait(
        lambda _: all(effects_of(here, runs).values()) or None,
        within=SOON,
        what=f"{len(runs)} runs call",
    )


async def run_into_trap(here: Stage, traps: Traps, task: UUID, place: str) -> UUID:
    """Run a task once, on an executor that dies at *place*; return the run."""
    traps.set(VICTIM, place)
    old = here.system.pid(VICTIM)
    with here.fault("kill -9", VICTIM):
        run_id = await here.operator.run(task)
        await here.system.wait_restarted(VICTIM, old, within=SOON)
    assert not traps.is_set(VICTIM, place)
    return run_id


async def all_ended(here: Stage) -> None:
    """Wait until all that was due by now has ended."""
    assert not await here.drained(datetime.now(UTC))


async def test_an_executor_dies_between_the_effect_and_the_report(
    here: Stage, traps: Traps
) -> None:
    task = await frail(here, "/effect")
    hit, spared = [], []
    for _ in range(3):
        spared += [await here.operator.run(task) for _ in range(5)]
        await all_ended(here)
        hit.append(await run_into_trap(here, traps, task, "done"))
    figures = await here.judge("executor between effect and report")

    assert attempts_of(here, hit) == [[1, 2]] * len(hit)  # under one key: it is the run's id
    assert attempts_of(here, spared) == [[1]] * len(spared)
    assert figures.twice == len(hit)


@pytest.mark.parametrize(("place", "attempts"), [("claimed", [2]), ("stored", [1]), ("said", [1])])
async def test_an_executor_dies_where_nothing_has_to_be_done_twice(
    here: Stage, traps: Traps, place: str, attempts: list[int]
) -> None:
    task = await frail(here, f"/{place}")
    hit = []
    for _ in range(2):
        hit.append(await run_into_trap(here, traps, task, place))
        await all_ended(here)
    figures = await here.judge(f"executor, its run is {place}")

    assert attempts_of(here, hit) == [attempts] * len(hit)
    assert not figures.twice


async def test_the_log_writer_dies_between_commit_and_acknowledgement(
    here: Stage, traps: Traps
) -> None:
    for _ in range(3):
        with here.fault("kill -9", "log-writer"):
            old = here.system.pid("log-writer")
            traps.set("log-writer", "committed")
            await here.system.wait_restarted("log-writer", old, within=SOON)
        await here.steady(1)
    figures = await here.judge("log writer between commit and ack")

    assert not figures.twice


async def test_an_executor_is_stopped_with_its_hands_full(here: Stage) -> None:
    short, long = await frail(here, "/delay/3/short"), await frail(here, "/delay/9/long")
    ending = [await here.operator.run(short) for _ in range(40)]
    await under_way(here, ending)
    going_on = [await here.operator.run(long) for _ in range(5)]
    await under_way(here, going_on)
    before = here.system.said().count(f"{VICTIM}: ended with exit code 0")

    took = await here.stop(VICTIM)
    stopped_at = here.faults[-1].ended_at
    figures = await here.judge("executor stopped with 45 runs")

    assert here.system.said().count(f"{VICTIM}: ended with exit code 0") == before + 1
    assert took < DRAIN + STARTS
    assert attempts_of(here, ending) == [[1]] * len(ending)
    assert attempts_of(here, going_on) == [[1, 2]] * len(going_on)  # cut off, and handed back
    assert figures.twice == len(going_on)
    again = [calls[1].at for calls in effects_of(here, going_on).values()]
    assert max(again) - stopped_at < timedelta(seconds=HANDED_ON)


async def test_an_executor_is_stopped_and_killed_before_it_is_done(here: Stage) -> None:
    task = await frail(here, "/delay/3/cut-off")
    runs = [await here.operator.run(task) for _ in range(10)]
    await under_way(here, runs)
    with here.fault("kill -9", VICTIM):
        old = here.system.kill(VICTIM, by=signal.SIGTERM)
        await here.steady(1)
        os.kill(old, signal.SIGKILL)
        await here.system.wait_restarted(VICTIM, old, within=SOON)
    figures = await here.judge("executor stopped, then killed")

    assert 0 < figures.twice <= len(runs)
    assert figures.redone < STARTS + LEASE + RESCUE


async def test_an_executor_that_crashes_at_every_start_harms_nobody(
    here: Stage, traps: Traps
) -> None:
    crashes = 6
    before = here.restarts()[VICTIM]
    with here.fault("kill -9", VICTIM):
        old = here.system.pid(VICTIM)
        traps.set(VICTIM, "start", crashes)
        here.system.kill(VICTIM)
        await here.system.wait_restarted(VICTIM, old, within=SOON)
    # One was noted above; the supervisor counts each start.
    here.faults += [here.faults[-1]] * crashes
    assert here.restarts()[VICTIM] == before + 1 + crashes
    figures = await here.judge(f"executor in a crash loop, {crashes} times")

    assert not figures.twice
    assert figures.latest < UNTOUCHED


async def test_an_executor_whose_event_loop_is_blocked_ends_itself(here: Stage) -> None:
    task = await here.operator.create(
        name="blocks once",
        queue=FRAIL,
        task_action="sabotage",
        action_config={"how": "block", "attempts": 1, "seconds": 60.0},
    )
    with here.fault("kill -9", VICTIM):
        old = here.system.pid(VICTIM)
        run_id = await here.operator.run(task)
        await here.system.wait_restarted(VICTIM, old, within=SOON)
    figures = await here.judge("executor, its event loop blocked")

    assert f"{VICTIM}: ended with exit code {EXIT_FROZEN}" in here.system.said()
    (row,) = await here.operator.logs(task)
    assert (row["run_id"], row["status"]) == (str(run_id), "success")
    assert row["result"] == "behaved in attempt 2"
    assert not figures.twice
    assert figures.latest < UNTOUCHED
