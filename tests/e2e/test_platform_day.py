"""The example of a whole day on a platform does what it tells, on a running system."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import pytest_asyncio

from deploy.examples.demo.tasks import TASKS
from tests.e2e.place import Place, running_place


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place() -> AsyncIterator[Place]:
    """Run it with an account runtime, which other tests do without."""
    async with running_place({"AUTOMATION_RUNTIMES": "1"}) as found:
        yield found


async def test_a_day_on_a_platform(place: Place) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.examples.platform_day"),
        env={**os.environ, "AUTOMATION_HOME": str(place.system.home)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert said.decode().endswith("Everything was as it should be.\n")


async def test_the_demo_is_there_once_however_often_it_is_brought_in(place: Place) -> None:
    for _ in range(2):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "deploy.examples.demo"),
            env={**os.environ, "AUTOMATION_HOME": str(place.system.home)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()
    assert f"tasks: {len(TASKS)}, 0 of them new" in said.decode()
    assert "accounts started" not in said.decode()
