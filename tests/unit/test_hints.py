"""A paced loop hears everything and looks no more often than it can bear."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from shared.runtime.paced import Paced

HOUR = timedelta(hours=1)


async def test_many_hints_are_one_step_and_none_is_lost() -> None:
    steps: list[float] = []
    looked = asyncio.Event()

    async def step() -> timedelta:
        steps.append(asyncio.get_running_loop().time())
        looked.set()
        return HOUR

    paced = Paced("paced", step, rests=1)
    running = asyncio.create_task(paced.loop.run())
    try:
        for expected in (1, 2, 3):
            await looked.wait()
            looked.clear()
            assert len(steps) == expected
            for _ in range(100):
                paced.hint()
    finally:
        paced.loop.stop()
        await running


async def test_after_a_long_step_it_rests_however_much_it_hears() -> None:
    steps: list[tuple[float, float]] = []
    looked = asyncio.Event()
    clock = asyncio.get_running_loop().time

    async def step() -> timedelta:
        began = clock()
        await asyncio.sleep(0.05)
        steps.append((began, clock()))
        looked.set()
        return HOUR

    paced = Paced("paced", step, rests=2)
    running = asyncio.create_task(paced.loop.run())
    try:
        await looked.wait()
        looked.clear()
        await asyncio.sleep(0)
        paced.hint()
        await looked.wait()
    finally:
        paced.loop.stop()
        await running

    (first_began, first_ended), (second_began, _) = steps
    assert second_began - first_ended >= 2 * (first_ended - first_began) * 0.9
