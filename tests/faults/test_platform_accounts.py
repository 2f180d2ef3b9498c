"""The API, the bus and the account runtime fail, again and again, while accounts are on their way.

What an action asks is asked again, so no attempt is lost for it; what the bus forgets is read from
the database. No account ever has two processes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.faults.platform_stage import Fleet, begin, platform_stage, succeeds
from tests.faults.stage import Stage, wipe_jetstream

pytestmark = [pytest.mark.fault, pytest.mark.long, pytest.mark.timeout(240)]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here() -> AsyncIterator[Stage]:
    """Run one executor and an account runtime."""
    async with platform_stage() as system:
        yield system


async def test_the_api_is_killed_while_an_action_asks_it(here: Stage) -> None:
    fleet = await Fleet.of(here, "asked", 10)
    async with fleet.census() as census:
        run = await fleet.start()
        for working in (1, 4, 7):
            await fleet.until_working(working)
            await here.kill("api")
        result = await succeeds(here, run, attempts=1)
        await fleet.are_as_told()
    assert [each["outcome"] for each in result["targets"]] == ["done"] * 10
    assert all(len(census.ever[each]) == 1 for each in fleet.ids), census.ever
    await fleet.retire()
    figures = await here.judge("api, while it is asked for 10 accounts")
    assert not figures.twice


async def test_jetstream_is_wiped_in_the_middle_of_account_start(here: Stage) -> None:
    fleet = await Fleet.of(here, "wiped", 10)
    async with fleet.census() as census:
        run = await fleet.start()
        for working in (1, 5):
            await fleet.until_working(working)
            await wipe_jetstream(here)
        result = await succeeds(here, run, attempts=1)
        await fleet.are_as_told()
    assert [each["outcome"] for each in result["targets"]] == ["done"] * 10
    assert all(len(census.ever[each]) == 1 for each in fleet.ids), census.ever
    await fleet.retire()
    figures = await here.judge("JetStream wiped while 10 accounts start")
    assert not figures.twice


async def test_the_runtime_is_killed_again_and_again(here: Stage) -> None:
    fleet = await Fleet.of(here, "again", 10)
    async with fleet.census() as census:
        run = await fleet.start()
        for working in (1, 5, 8):
            await fleet.until_working(working)
            await here.kill("account-runtime")
        await succeeds(here, run, attempts=1)
        before = await fleet.are_as_told()
        for _ in range(2):
            await here.kill("account-runtime")
        assert await fleet.are_as_told() == before
    assert all(len(census.ever[each]) == 1 for each in fleet.ids), census.ever
    await fleet.retire()
    figures = await here.judge("account runtime, 5 times")
    assert not figures.twice


async def test_executor_and_runtime_are_killed_in_turn(here: Stage) -> None:
    fleet = await Fleet.of(here, "turns", 10, "--ready-after", "0.5")
    async with fleet.census() as census:
        run = await fleet.start()
        for working, name in ((1, "executor-1"), (3, "account-runtime"), (6, "executor-1")):
            await fleet.until_working(working)
            await here.kill(name)
        await succeeds(here, run)
        await fleet.are_as_told()

        stop = await begin(here, "account_stop", {"tags": [fleet.name], "wave": {"size": 2}})
        await fleet.until_stopped(2)
        await here.kill("account-runtime")
        await here.kill("executor-1")
        await succeeds(here, stop)
        assert not await fleet.alive()
    assert all(len(census.ever[each]) == 1 for each in fleet.ids), census.ever
    await fleet.retire()
    await here.judge("executor and runtime in turn, start and stop")
