"""The examples do what they tell their reader, on a system that runs: each ends by saying so."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.examples.demo import things
from deploy.examples.demo.tasks import TASKS
from deploy.examples.tour.__main__ import STOPS
from tests.support.load import BASE, RUNS, Operator
from tests.support.system import System

pytestmark = pytest.mark.timeout(300)  # the first one waits for all that the others need, too

NOW = {"mode": "now"}
WELL = "Everything was as it should be.\n"


Told = dict[str, asyncio.Task[str]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def told(system: System) -> AsyncIterator[Told]:
    """Start all examples at once, each of which mostly waits; give what each will have told."""
    home = system.home
    # The others would be behind it: it stops the queue that all of them use.
    queues = await run(home, "tour", "queues")
    assert queues.endswith(WELL)
    others = [stop for stop in STOPS if stop != "queues"]
    examples = (("tour", *others), ("platform_day",), ("demo",))
    yield {words[0]: asyncio.create_task(run(home, *words)) for words in examples}
    async with Operator(lambda: system.api_url, system.token) as operator:
        await take_away(operator)


async def take_away(operator: Operator) -> None:
    """Delete what the demo has brought in and what it keeps running."""
    for account in things.ACCOUNTS:
        await operator.call("POST", f"{BASE}/accounts/{account}/stop", json={"drain": NOW})
    for task in await operator.get(f"{BASE}/automation-tasks?page_size=100"):
        await operator.call("DELETE", f"{BASE}/automation-tasks/{task['id']}")
    for run in (await operator.get(f"{RUNS}?status=running&limit=100"))["items"]:
        await operator.call("POST", f"{RUNS}/{run['id']}/cancel", json={})
    deadline = time.monotonic() + 30
    while (await operator.get(f"{BASE}/accounts?limit=100&state=working"))["items"]:
        assert time.monotonic() < deadline, "accounts do not stop"
        await asyncio.sleep(0.1)


async def run(home: Path, example: str, *words: str) -> str:
    """Run an example to its end; return what it has told."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"deploy.examples.{example}", *words),
        env={**os.environ, "AUTOMATION_HOME": str(home)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def test_each_stop_of_the_tour(told: Told) -> None:
    assert (await told["tour"]).endswith(WELL)


async def test_a_day_on_a_platform(told: Told) -> None:
    assert (await told["platform_day"]).endswith(WELL)


async def test_the_demo_is_there_once_however_often_it_is_brought_in(
    told: Told, system: System
) -> None:
    first = await told["demo"]
    again = await run(system.home, "demo")

    assert f"tasks: {len(TASKS)}, {len(TASKS)} of them new" in first
    assert f"tasks: {len(TASKS)}, 0 of them new" in again
    assert "accounts started" in first
    assert "accounts started" not in again
