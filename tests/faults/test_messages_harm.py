"""What one task can do to the system: kill its executors, break a handler, need what few have.

It ends badly itself, within bounds and with a clear reason; nobody else notices. The executor of
the queue `frail` is the one that is harmed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.executor.claimed import MAX_LOST
from tests.faults.sabotage.stage import FRAIL, VICTIM, frail, sabotaged
from tests.faults.sabotage.traps import Traps
from tests.faults.stage import Stage
from tests.support import checker
from tests.support.load import calls

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

LEASE = 2  # seconds
#: Nobody who does not share an executor with what went wrong notices anything.
UNTOUCHED = 3  # seconds
#: From the end of a run until its row is there, while that of another one beside it is refused.
RECORDED = 3  # seconds
SOON = 90  # seconds

SCHEDULERS = ("scheduler-1", "scheduler-2")
EXECUTORS = ("executor-1", "executor-2")

LETTERS = "SELECT count(*) FROM log.dead_letters WHERE stream = $1 AND reason LIKE $2"
GIVEN_UP = "not handled by {} in 20 deliveries"
SLOWEST = """
SELECT coalesce(max(extract(epoch FROM recorded_at - completed_at)), 0)::float FROM log.runs
WHERE final AND completed_at > $1 AND task_id <> $2
"""
DEAD = "SELECT run_id FROM log.dead_runs WHERE task_id = $1"
RAN_ON = "SELECT DISTINCT executor FROM log.runs WHERE task_id = $1"


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> Traps:
    """Give the victim its queue, and each executor its actions; use up deliveries soon."""
    traps = Traps(Path(tmp_path_factory.mktemp("traps")))
    traps.tell("executor-1", SABOTAGE_LACKS="rare,rarest")
    traps.tell("executor-2", SABOTAGE_LACKS="rarest")
    traps.tell(VICTIM, AUTOMATION_EXECUTOR_QUEUES=FRAIL, SABOTAGE_LACKS="rarest")
    for name in SCHEDULERS:
        traps.tell(name, SABOTAGE_HURRY="1")
    return traps


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here(traps: Traps) -> AsyncIterator[Stage]:
    """Run a system with a victim."""
    async with sabotaged(traps, {"AUTOMATION_LEASE_SECONDS": str(LEASE)}) as system:
        yield system


async def until(look: Callable[[], Awaitable[object]], what: str) -> None:
    """Look again and again until it is true."""
    deadline = time.monotonic() + SOON
    while not await look():
        assert time.monotonic() < deadline, f"not within {SOON} s: {what}"
        await asyncio.sleep(0.05)


async def row_of(here: Stage, task: UUID) -> dict[str, Any]:
    """Return the log's only row of a task, once it is final."""
    found: list[dict[str, Any]] = []

    async def is_final() -> bool:
        found[:] = await here.operator.logs(task)
        return bool(found) and found[0]["status"] not in ("running", "retrying")

    await until(is_final, "the run has ended")
    (row,) = found
    return row


async def latest_of_load(here: Stage, since: datetime) -> float:
    """Return how late a run of the load was at most, in seconds."""
    history = await here.history()
    load = [row for row in history.ledger if row.task_id in here.load.tasks]
    return checker.measure(replace(history, ledger=load), since, datetime.now(UTC)).latest


@pytest.mark.parametrize("how", ["segfault", "exit"])
async def test_an_action_that_kills_its_executor_is_given_up(here: Stage, how: str) -> None:
    pill = await here.operator.create(
        name=f"pill: {how}",
        queue=FRAIL,
        task_action="sabotage",
        action_config={"how": how},
    )
    here.failing.add(pill)
    beside = await frail(here, f"/delay/4/beside-{how}")
    began_at = datetime.now(UTC)
    with here.crashes(VICTIM):
        innocents = [await here.operator.run(beside) for _ in range(2)]
        await here.witness.sink.wait(
            lambda calls: {call.run_id for call in calls} >= set(innocents) or None,
            within=timedelta(seconds=SOON),
            what="those beside it are under way",
        )
        run_id = await here.operator.run(pill)
        row = await row_of(here, pill)
    tries = len(here.faults) - here.judged
    figures = await here.judge(f"an action that kills its executor: {how}")

    assert row["status"] == "failure"
    assert row["error_message"] == f"lost with its executor {MAX_LOST} times; given up"
    assert tries == MAX_LOST
    assert await here.value(DEAD, pill) == run_id
    statuses = {each["run_id"]: each["status"] for each in await here.operator.logs(beside)}
    assert statuses == dict.fromkeys(map(str, innocents), "success")
    assert figures.twice == len(innocents), "done twice is only what shares an executor with it"
    assert await latest_of_load(here, began_at) < UNTOUCHED


async def test_ends_that_cannot_be_stored_hold_up_no_others_and_are_stored_bare(
    here: Stage, traps: Traps
) -> None:
    task = await here.operator.create(name="breaks", **calls(f"{here.sink.url}/breaks"))
    await here.steady(1)
    began_at = datetime.now(UTC)
    for name in EXECUTORS:
        traps.set(name, "refuses", task)
    try:
        with here.fault("a bug of an executor", "executors"):
            runs = [await here.operator.run(task) for _ in range(10)]
        figures = await here.judge("ends of one task cannot be stored")
    finally:
        for name in EXECUTORS:
            traps.clear(name, "refuses")

    ends = {(each["run_id"], each["result"]) for each in await here.operator.logs(task)}
    assert ends == {(str(each), "its result could not be stored") for each in runs}
    assert await here.value(SLOWEST, began_at, task) < RECORDED
    assert not figures.twice
    assert figures.latest < UNTOUCHED


async def test_a_change_that_cannot_be_applied_holds_up_no_other(here: Stage, traps: Traps) -> None:
    stubborn = await here.operator.create(
        name="stubborn", schedule_config={"interval_seconds": 3600}, **calls(here.sink.url)
    )
    await here.steady(1)
    for name in SCHEDULERS:
        traps.set(name, "refuses", stubborn)
    reason = GIVEN_UP.format("scheduler-tasks")
    newcomer = {"schedule_config": {"interval_seconds": 1}, **calls(f"{here.sink.url}/newcomer")}

    async def is_buried() -> bool:
        return bool(await here.value(LETTERS, "TASKS", reason))

    try:
        with here.fault("a bug of a handler", "schedulers"):
            await here.operator.edit(stubborn, name="more stubborn")
            await here.operator.create(name="newcomer", **newcomer)
            await until(is_buried, "its change is among the dead letters")
        assert any(each.path == "/newcomer" for each in here.witness.sink.effects())
    finally:
        for name in SCHEDULERS:
            traps.clear(name, "refuses")

    async def is_known() -> bool:
        name = await here.value("SELECT name FROM scheduler.jobs WHERE task_id = $1", stubborn)
        return bool(name == "more stubborn")

    await until(is_known, "the reconciler makes up for it")
    figures = await here.judge("schedulers fail for one task")

    assert not figures.twice
    assert figures.latest < UNTOUCHED


async def test_a_run_goes_to_the_executors_that_have_its_action(here: Stage) -> None:
    rare = await here.operator.create(name="rare", task_action="rare", action_config={})
    rarest = await here.operator.create(name="rarest", task_action="rarest", action_config={})
    here.failing.add(rarest)
    with here.fault("actions missing", "bus"):
        for _ in range(20):
            await here.operator.run(rare)
        await here.operator.run(rarest)
    figures = await here.judge("actions that not every executor has")

    statuses = [each["status"] for each in await here.operator.logs(rare)]
    assert statuses == ["success"] * 20
    assert await here.value(RAN_ON, rare) == "executor-2"
    row = await row_of(here, rarest)
    assert (row["status"], row["error_message"]) == (
        "failure",
        "this executor has no action rarest",
    )
    assert not figures.twice
    assert figures.latest < UNTOUCHED
