"""With a single scheduler, a kill costs as long as the supervisor needs to start another."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.stage import Stage, stage

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

KILLS = 3
#: What the next scheduler does before it fires: claim, publish, and sweep up what the last one
#: had committed and not published.
STARTS_IN = 3  # seconds, from ready


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here() -> AsyncIterator[Stage]:
    """Run one scheduler."""
    async with stage({"AUTOMATION_SCHEDULERS": "1"}) as system:
        yield system


async def test_the_only_scheduler_is_killed(here: Stage) -> None:
    down = 0.0
    for _ in range(KILLS):
        down = max(down, await here.kill("scheduler-1"))
        await here.steady()
    figures = await here.judge("scheduler (the only one)")

    assert not figures.twice
    assert figures.latest < down + STARTS_IN
