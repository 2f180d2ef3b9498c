"""A cancellation that comes together with an answer is not lost."""

from __future__ import annotations

import asyncio

import pytest

from services.executor.heedful import heedful


async def asking(answer: asyncio.Future[str]) -> str:
    return await heedful(asyncio.wait_for(answer, 60))


async def test_a_cancellation_in_the_moment_of_the_answer_is_heard() -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(asking(answer))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    answer.set_result("here")
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_answer_is_given() -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    answer.set_result("here")

    assert await asking(answer) == "here"


async def test_who_was_cancelled_before_may_ask_while_he_cleans_up() -> None:
    asked: list[str] = []
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    answer.set_result("here")

    async def cleaning_up() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            asked.append(await asking(answer))

    task = asyncio.create_task(cleaning_up())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert asked == ["here"]
