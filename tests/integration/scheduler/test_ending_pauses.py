"""Pauses and limits that end by themselves: nobody needs to be there when their time is over."""

from __future__ import annotations

from datetime import timedelta

from tests.integration.scheduler.desk import Desk
from tests.integration.scheduler.line import ask, queue, states, task
from tests.support.cases import table

AN_HOUR = timedelta(hours=1)


async def time_passes(desk: Desk) -> None:
    await desk.pool.execute(
        "UPDATE api.queues SET paused_until = paused_until - 2 * $1::interval,"
        " override_until = override_until - 2 * $1::interval",
        AN_HOUR,
    )
    await desk.pool.execute(
        "UPDATE api.switches SET paused_until = paused_until - 2 * $1::interval", AN_HOUR
    )


@table("what", ["queue", "everything"])
async def test_what_a_pause_held_is_let_go_when_its_time_is_over(desk: Desk, what: str) -> None:
    await desk.empty()
    if what == "queue":
        await queue(desk, paused=True)
    else:
        await desk.pool.execute("UPDATE api.switches SET paused = true")
    await desk.pool.execute("UPDATE api.queues SET paused_until = now() + $1::interval", AN_HOUR)
    await desk.pool.execute("UPDATE api.switches SET paused_until = now() + $1::interval", AN_HOUR)
    held = await ask(desk, await task(desk), 2)
    await desk.admitter().step()
    waits_for = {"queue": "queue_paused", "everything": "paused_all"}[what]
    assert await states(desk, held) == [waits_for] * 2

    await time_passes(desk)
    await desk.admitter().step()

    assert await states(desk, held) == ["ordered"] * 2
    assert await states(desk, await ask(desk, await task(desk))) == ["ordered"]


async def test_a_limit_for_a_while_counts_until_its_time_is_over(desk: Desk) -> None:
    await queue(desk, concurrency=3)
    await desk.pool.execute(
        "UPDATE api.queues SET override_concurrency = 1, override_until = now() + $1::interval",
        AN_HOUR,
    )
    runs = await ask(desk, await task(desk), 4)
    await desk.admitter().step()
    assert await states(desk, runs) == ["ordered", *["concurrency"] * 3]

    await time_passes(desk)
    await desk.admitter().step()

    assert await states(desk, runs) == [*["ordered"] * 3, "concurrency"]
