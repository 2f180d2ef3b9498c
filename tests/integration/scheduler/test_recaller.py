"""A pause also stops what was ordered before it and that no executor has begun."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from services.scheduler.loops.recaller import Recaller
from services.scheduler.store.recalls import RecallStore
from tests.integration.scheduler.desk import LEASE, SECOND, Desk
from tests.integration.scheduler.line import ask, begin, end, queue, states, task
from tests.support.cases import table

LONG = timedelta(seconds=31)


def recaller(desk: Desk) -> Recaller:
    return Recaller(
        RecallStore(desk.own),
        desk.dispatcher,
        wake_admitter=lambda: desk.admitter_woken.append(1),
    )


async def pause(desk: Desk, what: str) -> None:
    if what == "queue":
        await queue(desk, paused=True)
    else:
        await desk.pool.execute("UPDATE api.switches SET paused = true")


async def resume(desk: Desk) -> None:
    await desk.pool.execute("UPDATE api.queues SET paused = false")
    await desk.pool.execute("UPDATE api.switches SET paused = false")


async def time_passes(desk: Desk) -> None:
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET recalled_at = recalled_at - $1::interval", LONG
    )


async def claimed(desk: Desk, run_ids: list[UUID]) -> set[UUID]:
    return {run.run_id for run in await desk.executor().claim([(each, 1) for each in run_ids])}


@table("what", ["queue", "everything"])
async def test_nothing_that_was_ordered_starts_after_a_pause(desk: Desk, what: str) -> None:
    await desk.empty()
    run_ids = await ask(desk, await task(desk), 3)
    await begin(desk, run_ids[0])

    await pause(desk, what)
    await recaller(desk).step()

    assert await claimed(desk, run_ids) == set()
    await time_passes(desk)
    await recaller(desk).step()
    waits_for = {"queue": "queue_paused", "everything": "paused_all"}[what]
    assert await states(desk, run_ids) == ["ordered", waits_for, waits_for]
    assert desk.admitter_woken


async def test_the_end_of_a_pause_lets_go_what_was_held_and_orders_it_anew(desk: Desk) -> None:
    run_ids = await ask(desk, await task(desk), 2)
    await pause(desk, "queue")
    await recaller(desk).step()
    await time_passes(desk)
    await recaller(desk).step()
    await desk.js.purge_stream("DUE")  # executors have taken the orders, and found nothing

    await resume(desk)
    await desk.admitter().step()

    assert await desk.orders() == {(run_id, 1): 1 for run_id in run_ids}
    assert await claimed(desk, run_ids) == set(run_ids)


async def test_a_short_pause_orders_anew_at_once(desk: Desk) -> None:
    run_ids = await ask(desk, await task(desk), 2)
    await pause(desk, "everything")
    await recaller(desk).step()
    await desk.js.purge_stream("DUE")

    await resume(desk)
    await recaller(desk).step()

    assert await desk.orders() == {(run_id, 1): 1 for run_id in run_ids}
    assert await claimed(desk, run_ids) == set(run_ids)


async def test_a_claim_that_was_under_way_wins(desk: Desk) -> None:
    (run_id,) = await ask(desk, await task(desk))
    await pause(desk, "queue")
    await recaller(desk).step()
    await desk.pool.execute(
        "INSERT INTO executor.leases (run_id, task_id, attempt, executor_id, lease_until)"
        " SELECT run_id, task_id, 1, $2, now() + $3::interval FROM scheduler.occurrences"
        " WHERE run_id = $1",
        run_id,
        uuid4(),
        LEASE,
    )

    await time_passes(desk)
    await recaller(desk).step()

    row = await desk.row(run_id)
    assert (row["held"], row["waits_for"], row["recalled_at"]) == (False, None, None)


async def test_what_is_called_back_keeps_its_slot_until_no_claim_can_be_under_way(
    desk: Desk,
) -> None:
    first, second = await ask(desk, await task(desk, concurrency={"limit": 1}), 2)
    await desk.admitter().step()
    await pause(desk, "queue")
    await recaller(desk).step()
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET queue = 'other' WHERE run_id = $1", second
    )

    await recaller(desk).step()
    await desk.admitter().step()
    assert await states(desk, [second]) == ["concurrency"]

    await time_passes(desk)
    await recaller(desk).step()
    await desk.admitter().step()
    assert await states(desk, [first, second]) == ["queue_paused", "ordered"]


async def test_a_limit_holds_also_for_what_was_ordered_before_it(desk: Desk) -> None:
    run_ids = await ask(desk, await task(desk), 3)
    await queue(desk, concurrency=1)

    await recaller(desk).step()
    await time_passes(desk)
    await recaller(desk).step()
    await desk.admitter().step()

    assert await states(desk, run_ids) == ["ordered", "concurrency", "concurrency"]
    await recaller(desk).step()  # what was admitted under the limit stays
    assert await claimed(desk, run_ids) == {run_ids[0]}


async def test_a_run_that_is_to_be_stopped_ends_also_in_a_pause(desk: Desk) -> None:
    (run_id,) = await ask(desk, await task(desk))
    await begin(desk, run_id)
    await end(desk, run_id, "retry")
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET attempt = 2, cancel_requested_at = now(),"
        " cancel_reason = 'ops'"
    )

    await pause(desk, "queue")
    await recaller(desk).step()

    assert len(await desk.executor().claim([(run_id, 2)])) == 1


async def test_the_sweeper_misses_no_message_of_what_was_called_back(desk: Desk) -> None:
    await ask(desk, await task(desk), 2)
    await pause(desk, "queue")
    await recaller(desk).step()
    await desk.js.purge_stream("DUE")
    await desk.time_passes(5 * SECOND)

    await desk.sweeper().step()

    assert not await desk.orders()


async def test_without_a_pause_nothing_is_called_back(desk: Desk) -> None:
    run_ids = await ask(desk, await task(desk), 2)
    await queue(desk, "other", paused=True)
    await queue(desk, max_depth=0)  # they are not in its line any more

    await recaller(desk).step()

    assert await claimed(desk, run_ids) == set(run_ids)
