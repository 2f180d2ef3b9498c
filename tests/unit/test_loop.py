"""The loop's promises, in virtual time: no test here really sleeps."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from shared.runtime.loop import Loop
from tests.support.virtual_time import in_virtual_time

HOUR = timedelta(hours=1)


def now() -> float:
    return asyncio.get_running_loop().time()


@in_virtual_time
async def test_rests_as_long_as_the_step_asks() -> None:
    steps: list[float] = []

    async def step() -> timedelta:
        steps.append(now())
        if len(steps) == 3:
            loop.stop()
        return timedelta(minutes=5)

    loop = Loop("test", step)
    await loop.run()

    assert steps == [0, 300, 600]


@in_virtual_time
async def test_wake_cuts_the_rest_short() -> None:
    steps: list[float] = []

    async def step() -> timedelta:
        steps.append(now())
        if len(steps) == 2:
            loop.stop()
        return HOUR

    loop = Loop("test", step)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(loop.run())
        await asyncio.sleep(7)
        loop.wake()

    assert steps == [0, 7]


@in_virtual_time
async def test_many_wakes_make_one_step() -> None:
    steps: list[float] = []

    async def step() -> timedelta:
        steps.append(now())
        if len(steps) == 3:
            loop.stop()
        return HOUR

    loop = Loop("test", step)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(loop.run())
        await asyncio.sleep(7)
        for _ in range(10):
            loop.wake()

    assert steps == [0, 7, 3607]


@in_virtual_time
async def test_a_wake_during_the_step_is_not_lost() -> None:
    steps: list[float] = []

    async def step() -> timedelta:
        steps.append(now())
        if len(steps) == 1:
            loop.wake()
        else:
            loop.stop()
        return HOUR

    loop = Loop("test", step)
    await loop.run()

    assert steps == [0, 0]


@in_virtual_time
async def test_backs_off_after_errors_up_to_two_seconds() -> None:
    steps: list[float] = []

    async def step() -> timedelta:
        steps.append(now())
        if len(steps) == 8:
            loop.stop()
        raise ConnectionError

    loop = Loop("test", step)
    await loop.run()

    assert steps == pytest.approx([0, 0.1, 0.3, 0.8, 1.8, 3.8, 5.8, 7.8])


@in_virtual_time
async def test_begins_with_short_rests_again_after_a_success() -> None:
    steps: list[float] = []

    async def step() -> timedelta:
        steps.append(now())
        if len(steps) == 6:
            loop.stop()
        if len(steps) != 4:
            raise ConnectionError
        return timedelta(minutes=1)

    loop = Loop("test", step)
    await loop.run()

    assert steps == pytest.approx([0, 0.1, 0.3, 0.8, 60.8, 60.9])


@in_virtual_time
async def test_survives_an_hour_of_errors(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    steps = 0

    async def step() -> timedelta:
        nonlocal steps
        steps += 1
        if now() > 3600:
            loop.stop()
        raise ConnectionError

    loop = Loop("test", step)
    await loop.run()

    assert now() > 3600
    assert steps < 3600


@in_virtual_time
async def test_a_series_of_errors_has_one_traceback(caplog: pytest.LogCaptureFixture) -> None:
    steps = 0

    async def step() -> timedelta:
        nonlocal steps
        steps += 1
        if steps == 4:
            loop.stop()
        raise ConnectionError("no server")

    loop = Loop("test", step)
    await loop.run()

    assert [bool(record.exc_info) for record in caplog.records] == [True, False, False, False]
    assert all("no server" in record.getMessage() for record in caplog.records)


@in_virtual_time
async def test_no_rest_still_lets_others_run() -> None:
    steps = 0

    async def step() -> timedelta:
        nonlocal steps
        steps += 1
        return timedelta(0)

    loop = Loop("test", step)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(loop.run())
        for _ in range(100):
            await asyncio.sleep(0)
        loop.stop()

    assert steps > 10
    assert now() == 0


@in_virtual_time
async def test_stop_lets_the_step_in_hand_finish_and_ends_the_rest() -> None:
    story: list[str] = []

    async def step() -> timedelta:
        story.append("begun")
        await asyncio.sleep(10)
        story.append("ended")
        return HOUR

    loop = Loop("test", step)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(loop.run())
        await asyncio.sleep(5)
        loop.stop()

    assert story == ["begun", "ended"]
    assert now() == 10


@in_virtual_time
async def test_stop_while_resting_ends_at_once() -> None:
    async def step() -> timedelta:
        return HOUR

    loop = Loop("test", step)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(loop.run())
        await asyncio.sleep(5)
        loop.stop()

    assert now() == 5


@in_virtual_time
async def test_only_a_success_counts_for_readiness() -> None:
    seen: list[float | None] = []

    async def step() -> timedelta:
        seen.append(loop.last_success)
        if len(seen) == 4:
            loop.stop()
        if len(seen) == 3:
            raise ConnectionError
        return timedelta(seconds=10)

    loop = Loop("test", step)
    await loop.run()

    assert seen == [None, 0, 10, 10]
