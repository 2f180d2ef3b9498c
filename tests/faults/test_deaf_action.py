"""An action that does not stop ends its executor; no attempt is ever at work beside another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.executor.app import EXIT_DEAF
from tests.faults.stage import Stage, stage
from tests.support.load import RUNS
from tests.support.system import CHECKOUT, eventually

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]

PLUGIN = Path(__file__).with_name("deaf")
GRACE = 0.5  # seconds
#: The others that it runs may end for so long.
DRAIN = 2.0  # seconds
SOON = timedelta(seconds=60)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here() -> AsyncIterator[Stage]:
    """Run two executors that know the action."""
    env = {
        "AUTOMATION_EXECUTORS": "2",
        "AUTOMATION_KILL_GRACE_SECONDS": str(GRACE),
        "AUTOMATION_DRAIN_SECONDS": str(DRAIN),
        "PYTHONPATH": f"{CHECKOUT}:{PLUGIN}",
    }
    async with stage(env, tasks=10) as system:
        system.restless |= {"executor-1", "executor-2"}
        yield system


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


async def ended(here: Stage, run_id: UUID) -> dict[str, Any]:
    """Wait until a run has ended; return all that the API tells of it."""

    async def look() -> dict[str, Any]:
        found: dict[str, Any] = await here.operator.get(f"{RUNS}/{run_id}")
        return found

    run = await look()
    for _ in range(int(SOON.total_seconds() * 5)):
        if run["completed_at"] is not None:
            return run
        await here.steady(0.2)
        run = await look()
    raise AssertionError(f"{run}\n{here.tails()}")


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
    assert f"ended with exit code {EXIT_DEAF}" in here.system.said()
    await here.judge("an action that does not stop when its time is up")


async def test_a_run_that_is_cancelled_ends_after_its_last_trace(
    here: Stage, tmp_path: Path
) -> None:
    trace = tmp_path / "deaf-cancelled.txt"
    run_id = await deaf(here, trace)
    await eventually(trace.exists, within=SOON, what="it is at work")

    answer = await here.operator.call("POST", f"{RUNS}/{run_id}/cancel", json={})

    assert answer.json()["state"] in ("cancelling", "cancelled")  # as soon as it ended
    run = await ended(here, run_id)
    assert (run["status"], len(run["attempts"])) == ("cancelled", 1)
    lines = len(at_work(trace)[1])
    await here.steady()
    assert len(at_work(trace)[1]) == lines
    await here.judge("an action that does not stop when it is cancelled")
