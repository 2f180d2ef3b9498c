"""Our services are killed while accounts are started and a backup is made: the short ones.

The longer ones are in test_platform_accounts, _scripts, _alerts and _backup.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.platform_stage import Fleet, platform_stage, succeeds
from tests.faults.stage import Stage

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here() -> AsyncIterator[Stage]:
    """Run one executor and an account runtime."""
    async with platform_stage() as system:
        yield system


async def test_an_executor_is_killed_in_the_middle_of_account_start(here: Stage) -> None:
    fleet = await Fleet.of(here, "first", 6)
    async with fleet.census() as census:
        run = await fleet.start()
        await fleet.until_working(3)
        await here.kill("executor-1")
        result = await succeeds(here, run)
        await fleet.are_as_told()
    assert {each["id"] for each in result["targets"]} == set(fleet.ids)
    assert {each["outcome"] for each in result["targets"]} <= {"done", "noop"}
    started = {len(census.ever[each]) for each in fleet.ids}
    assert started == {1}, "none was started again for the death of an executor"
    await here.judge("executor, while it starts 6 accounts")


async def test_the_account_runtime_is_killed_while_accounts_are_started(here: Stage) -> None:
    fleet = await Fleet.of(here, "second", 6)
    async with fleet.census() as census:
        run = await fleet.start()
        await fleet.until_working(1)
        await here.kill("account-runtime")
        result = await succeeds(here, run, attempts=1)
        before = await fleet.are_as_told()
        await here.kill("account-runtime")
        await here.steady(1)
        assert await fleet.are_as_told() == before, "they run on, whoever keeps them"
    assert [each["outcome"] for each in result["targets"]] == ["done"] * 6
    assert all(len(census.ever[each]) == 1 for each in fleet.ids), census.ever
    await here.judge("account runtime, while it starts 6 accounts")
