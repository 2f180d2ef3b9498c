"""An action that does not stop ends its executor; no attempt is ever at work beside another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.executor.app import EXIT_DEAF
from tests.faults.platform_stage import ended
from tests.faults.stage import GRACE, Stage
from tests.support.load import RUNS
from tests.support.system import eventually

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

EXECUTORS = ("executor-1", "executor-2")
SOON = timedelta(seconds=60)


async def deaf(here: Stage, trace: Path, **fields: Any) -> UUID:  # noqa: ANN401 - JSON
    """Run the action once; return the run."""
    task = await here.operator.create(
        name=trace.stem,
        task_action="deaf",
        action_config={"trace": str(trace), **fields.pop("action_config", {})},
        **fields,
    )
    here.failing.add(task)
    here.retried.add(task)
    return await here.operator.run(task)


@asynccontextmanager
async def an_executor_ends(here: Stage) -> AsyncIterator[None]:
    """Expect that one of the executors ends itself, once, and is started again."""
    before = {name: here.system.pid(name) for name in EXECUTORS}

    def is_back() -> bool:
        now = {each.name: each for each in here.system.state.processes if each.name in EXECUTORS}
        ended = [name for name in EXECUTORS if now[name].pid != before[name]]
        return bool(ended) and all(now[name].ready for name in ended)

    with here.crashes(*EXECUTORS):
        yield
        await eventually(is_back, within=SOON, what="an executor has ended and is back")
    assert f"ended with exit code {EXIT_DEAF}" in here.system.said()


def at_work(trace: Path) -> dict[int, list[float]]:
    """Return when each attempt was at work."""
    found: dict[int, list[float]] = {}
    for line in trace.read_text(encoding="utf-8").splitlines():
        attempt, at = line.split()
        found.setdefault(int(attempt), []).append(float(at))
    return found


async def test_the_next_attempt_begins_after_the_last_trace_of_the_one_before(
    here: Stage, tmp_path: Path
) -> None:
    trace = tmp_path / "deaf-slow.txt"
    async with an_executor_ends(here):
        run_id = await deaf(
            here,
            trace,
            timeout_seconds=1,
            retry={"max_attempts": 2, "initial_interval_seconds": 0.1, "jitter": 0},
            action_config={"behaves_from": 2},
        )
        run = await ended(here, run_id)

    assert [each["status"] for each in run["attempts"]] == ["timed_out", "success"]
    assert "did not stop" in run["attempts"][0]["error_message"]
    times = at_work(trace)
    assert max(times[1]) < min(times[2])
    assert max(times[1]) - min(times[1]) > 1 + GRACE  # it went on, though it was told
    await here.judge("an action that does not stop when its time is up")


async def test_a_run_that_is_cancelled_ends_after_its_last_trace(
    here: Stage, tmp_path: Path
) -> None:
    trace = tmp_path / "deaf-cancelled.txt"
    async with an_executor_ends(here):
        run_id = await deaf(here, trace)
        await eventually(trace.exists, within=SOON, what="it is at work")
        answer = await here.operator.call("POST", f"{RUNS}/{run_id}/cancel", json={})
        assert answer.json()["state"] in ("cancelling", "cancelled")  # as soon as it ended
        run = await ended(here, run_id)
        lines = len(at_work(trace)[1])

    assert (run["status"], len(run["attempts"])) == ("cancelled", 1)
    await here.steady(1)
    assert len(at_work(trace)[1]) == lines
    await here.judge("an action that does not stop when it is cancelled")
