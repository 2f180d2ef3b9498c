"""A pause also stops what was let go before it and that no executor has begun."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.scheduler.loops.recaller import INTERVAL, Recaller
from services.scheduler.store.recalls import RecallStore
from tests.integration.scheduler.desk import LEASE, SECOND, Desk
from tests.integration.scheduler.line import ask, begin, put_off, queue, states, task
from tests.integration.scheduler.test_closer import cancel
from tests.support.cases import table


def recaller(desk: Desk) -> Recaller:
    return Recaller(RecallStore(desk.own), wake_admitter=lambda: desk.admitter_woken.append(1))


async def pause(desk: Desk, what: str) -> None:
    if what == "queue":
        await queue(desk, paused=True)
    else:
        await desk.pool.execute("UPDATE api.switches SET paused = true")


async def resume(desk: Desk) -> None:
    await desk.pool.execute("UPDATE api.queues SET paused = false")
    await desk.pool.execute("UPDATE api.switches SET paused = false")


@table("what", ["queue", "everything"])
async def test_nothing_that_was_let_go_starts_after_a_pause(desk: Desk, what: str) -> None:
    await desk.empty()
    run_ids = await ask(desk, await task(desk), 3)
    await begin(desk, run_ids[0])

    await pause(desk, what)
    await recaller(desk).step()

    assert await desk.executor().claim(3) == []
    waits_for = {"queue": "queue_paused", "everything": "paused_all"}[what]
    assert await states(desk, run_ids) == ["ordered", waits_for, waits_for]
    assert desk.admitter_woken


async def test_the_pause_of_a_queue_calls_back_nothing_of_another(desk: Desk) -> None:
    await ask(desk, await task(desk), 2)
    other = await ask(desk, await task(desk, queue="other"), 2)
    await pause(desk, "queue")

    await recaller(desk).step()

    assert await desk.orders() == dict.fromkeys(other, 1)
    assert await states(desk, other) == ["ordered"] * 2


@table("what", ["queue", "everything"])
async def test_the_end_of_a_pause_lets_go_what_was_called_back(desk: Desk, what: str) -> None:
    """Also between two attempts."""
    await desk.empty()
    await desk.long_up()
    first, second = await ask(desk, await task(desk), 2)
    await begin(desk, second)
    await desk.time_passes(LEASE + SECOND)
    await desk.sweeper().step()
    await pause(desk, what)
    await recaller(desk).step()
    assert await desk.waiting() == 0

    await resume(desk)
    await desk.admitter().step()

    assert await desk.orders() == {first: 1, second: 2}


async def test_what_is_called_back_gives_its_slot_to_others(desk: Desk) -> None:
    first, second = await ask(desk, await task(desk, concurrency={"limit": 1}), 2)
    await desk.admitter().step()
    await pause(desk, "queue")
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET queue = 'other' WHERE run_id = $1", second
    )

    await recaller(desk).step()
    await desk.admitter().step()

    assert await states(desk, [first, second]) == ["queue_paused", "ordered"]


async def test_a_limit_holds_also_for_what_was_let_go_before_it(desk: Desk) -> None:
    run_ids = await ask(desk, await task(desk), 3)
    await queue(desk, concurrency=1)

    await recaller(desk).step()
    await desk.admitter().step()

    assert await states(desk, run_ids) == ["ordered", "concurrency", "concurrency"]
    await recaller(desk).step()  # what was admitted under the limit stays
    assert await desk.orders() == {run_ids[0]: 1}


async def test_a_run_that_is_to_be_stopped_ends_also_in_a_pause(desk: Desk) -> None:
    (run_id,) = await ask(desk, await task(desk))
    await begin(desk, run_id)
    await put_off(desk, run_id)
    await desk.closer().step()
    await cancel(desk, run_id)

    await pause(desk, "queue")
    await recaller(desk).step()

    await begin(desk, run_id, 2)


async def test_what_was_called_back_is_not_taken_for_lost(desk: Desk) -> None:
    await ask(desk, await task(desk), 2)
    await pause(desk, "queue")
    await recaller(desk).step()
    await desk.time_passes(5 * SECOND)

    await desk.sweeper().step()

    assert await desk.waiting() == 0


async def test_however_much_waits_is_called_back_without_a_rest(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.scheduler.store.recalls.BATCH", 2)
    monkeypatch.setattr("services.scheduler.loops.recaller.BATCH", 2)
    await ask(desk, await task(desk), 3)
    await pause(desk, "queue")

    rests = [await recaller(desk).step() for _ in range(2)]

    assert rests == [timedelta(0), INTERVAL]
    assert await desk.waiting() == 0


async def test_without_a_pause_nothing_is_called_back(desk: Desk) -> None:
    run_ids = await ask(desk, await task(desk), 2)
    await queue(desk, "other", paused=True)
    await queue(desk, max_depth=0)  # they are not in its line any more

    await recaller(desk).step()

    assert await desk.orders() == dict.fromkeys(run_ids, 1)
