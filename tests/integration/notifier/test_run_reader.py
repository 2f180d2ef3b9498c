"""What a run did is judged soon after it is in the log, in whatever order rows appear there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.notifier.loops import readers
from services.notifier.loops.readers import RunReader
from shared.contracts.runs import RunStatus
from tests.integration.notifier.house import House, an_end


async def test_it_is_judged_at_the_next_look_and_never_again(house: House) -> None:
    task = await house.task(notify_on_failure=True, notify_recipients=["ops"])
    reader = RunReader(house.runs._sources, house.judge)  # noqa: SLF001 - as the service has it
    await reader.step()

    await house.log(an_end(task))
    await reader.step()
    assert await house.told() == [("failure", "ops")]

    await reader.step()
    assert len(await house.deliveries()) == 1


async def test_a_row_that_is_committed_after_a_younger_one_is_judged_as_well(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "MOSTLY_WITHIN", timedelta(minutes=1))  # however slow this is
    task = await house.task(notify_on_failure=True, notify_recipients=["ops"])
    reader = RunReader(house.runs._sources, house.judge)  # noqa: SLF001 - as the service has it
    slow = an_end(task)
    async with house.pool.acquire() as connection, connection.transaction():
        await house.log(slow, connection)
        await house.log(an_end(task, RunStatus.SUCCESS, minute=1))
        await reader.step()
        assert await house.deliveries() == []
    await reader.step()

    assert [row["run_id"] for row in await house.deliveries()] == [slow.run_id]
