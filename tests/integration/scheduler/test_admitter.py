"""What may not run at once waits in the ledger, and goes on when the rules allow it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from services.scheduler.loops.admitter import IDLE_REST, LONGEST_REST
from services.scheduler.store import admission
from shared.contracts.tasks import TaskChanged
from shared.domain.instant import format_instant
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import MINUTE, SECOND, Desk, changed
from tests.integration.scheduler.line import ask, begin, end, fires, put_off, queue, states, task
from tests.support.cases import table

EVERY_SECOND = {"interval_seconds": 1}


async def test_nothing_is_held_of_a_plain_task(desk: Desk) -> None:
    run_ids = await ask(desk, await task(desk), 3)

    assert await states(desk, run_ids) == ["ordered"] * 3
    assert not desk.admitter_woken
    assert await desk.admitter().step() == IDLE_REST
    assert await desk.waiting() == 3


async def test_what_is_held_is_ordered_once_when_it_is_admitted(desk: Desk) -> None:
    run_ids = await ask(desk, await task(desk, concurrency={"limit": 2}), 3)
    assert not await desk.orders()
    assert desk.admitter_woken

    await asyncio.gather(*(desk.admitter().step() for _ in range(3)))

    assert await states(desk, run_ids) == ["ordered", "ordered", "concurrency"]
    assert await desk.orders() == dict.fromkeys(run_ids[:2], 1)
    row = await desk.row(run_ids[0])
    assert row["admitted_at"] >= row["created_at"]


async def test_a_held_run_cannot_be_claimed(desk: Desk) -> None:
    await ask(desk, await task(desk, concurrency={"limit": 1}))

    assert await desk.executor().claim(1) == []


async def test_the_end_of_a_run_frees_its_slot(desk: Desk) -> None:
    first, second = await ask(desk, await task(desk, concurrency={"limit": 1}), 2)
    await desk.admitter().step()
    await begin(desk, first)
    await desk.admitter().step()
    assert await states(desk, [second]) == ["concurrency"]

    await end(desk, first)
    await desk.admitter().step()

    assert await states(desk, [second]) == ["ordered"]


async def test_a_killed_executor_keeps_its_slot_only_as_long_as_its_run_lives(desk: Desk) -> None:
    """Its run is live until it has ended elsewhere: no slot is leaked, and none is doubled."""
    await desk.long_up()
    first, second = await ask(desk, await task(desk, concurrency={"limit": 1}), 2)
    await desk.admitter().step()
    await begin(desk, first)
    await desk.time_passes(20 * SECOND)
    await desk.sweeper().step()
    await desk.admitter().step()
    assert await states(desk, [second]) == ["concurrency"]

    await begin(desk, first, attempt=2)
    await end(desk, first)
    await desk.admitter().step()

    assert await states(desk, [second]) == ["ordered"]


async def test_each_key_has_slots_of_its_own(desk: Desk) -> None:
    rule = {"limit": 1, "key": "{{ params.account.id }}"}
    task_id = await task(desk, concurrency=rule)
    same = await ask(desk, task_id, 2)
    other = await ask(desk, task_id, params={"account": {"id": 8}})

    await desk.admitter().step()

    assert await states(desk, same + other) == ["ordered", "concurrency", "ordered"]


async def test_a_queue_has_slots_for_all_tasks(desk: Desk) -> None:
    await queue(desk, concurrency=2)
    runs = [run for _ in range(3) for run in await ask(desk, await task(desk))]

    await desk.admitter().step()

    assert await states(desk, runs) == ["ordered", "ordered", "concurrency"]


async def test_what_was_ordered_before_a_queue_was_limited_has_its_slot(desk: Desk) -> None:
    before = await ask(desk, await task(desk))
    await queue(desk, concurrency=1)
    after = await ask(desk, await task(desk))

    await desk.admitter().step()

    assert await states(desk, before + after) == ["ordered", "concurrency"]


@table("what", ["queue", "everything"])
async def test_a_pause_holds_what_comes_and_lets_it_go_at_its_end(desk: Desk, what: str) -> None:
    await desk.empty()
    if what == "queue":
        await queue(desk, paused=True)
    else:
        await desk.pool.execute("UPDATE api.switches SET paused = true")
    run_ids = await ask(desk, await task(desk), 2)
    await desk.admitter().step()
    waits_for = {"queue": "queue_paused", "everything": "paused_all"}[what]
    assert await states(desk, run_ids) == [waits_for] * 2

    await desk.pool.execute("UPDATE api.queues SET paused = false")
    await desk.pool.execute("UPDATE api.switches SET paused = false")
    await desk.admitter().step()

    assert await states(desk, run_ids) == ["ordered"] * 2


async def test_a_rate_tells_when_the_next_run_may_start(desk: Desk) -> None:
    task_id = await task(desk, rate_limit={"limit": 1, "period_seconds": 60})
    first, second, third = await ask(desk, task_id, 3)

    await desk.admitter().step()
    await desk.admitter().step()

    admitted_at = (await desk.row(first))["admitted_at"]
    assert await states(desk, [second, third]) == ["rate_limit"] * 2
    assert (await desk.row(second))["not_before"] == admitted_at + MINUTE
    assert (await desk.row(third))["not_before"] == admitted_at + 2 * MINUTE

    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET admitted_at = admitted_at - $1::interval", MINUTE
    )
    await desk.admitter().step()

    assert await states(desk, [second, third]) == ["ordered", "rate_limit"]


async def test_a_queue_holds_no_more_than_its_depth(desk: Desk) -> None:
    await queue(desk, concurrency=1, max_depth=2)
    runs = [run for _ in range(3) for run in await ask(desk, await task(desk))]
    await desk.admitter().step()
    assert await states(desk, runs) == ["ordered", "concurrency", "concurrency"]

    more = await ask(desk, await task(desk)) + await ask(desk, await task(desk))
    await desk.admitter().step()

    assert await states(desk, more) == ["throttled"] * 2
    assert (await desk.row(more[0]))["reason"] == "queue.full:default"
    await begin(desk, runs[0])
    await end(desk, runs[0])
    await desk.admitter().step()
    last = await ask(desk, await task(desk))
    await desk.admitter().step()
    assert await states(desk, runs[1:] + last) == ["ordered", "concurrency", "concurrency"]


async def test_the_rate_of_a_queue(desk: Desk) -> None:
    await queue(desk, rate_limit=2, rate_period_seconds=60)
    runs = [run for _ in range(3) for run in await ask(desk, await task(desk))]

    await desk.admitter().step()

    assert await states(desk, runs) == ["ordered", "ordered", "rate_limit"]


@table(
    ("on_conflict", "expected"),
    [
        ("wait", ["ordered", "lock", "lock"]),
        ("skip", ["ordered", "skipped_lock", "skipped_lock"]),
        ("supersede", ["ordered", "superseded", "lock"]),
    ],
)
async def test_a_lock_is_shared_by_tasks(desk: Desk, on_conflict: str, expected: list[str]) -> None:
    await desk.empty()
    lock = {"key": "account:{{ params.account.id }}", "on_conflict": on_conflict}
    first = await ask(desk, await task(desk, locks=[lock]))
    await desk.admitter().step()
    others = [run for _ in range(2) for run in await ask(desk, await task(desk, locks=[lock]))]
    free = await ask(desk, await task(desk, locks=[lock]), params={"account": {"id": 8}})

    await desk.admitter().step()

    assert await states(desk, first + others + free) == [*expected, "ordered"]


@table(
    ("overlap", "second", "first"),
    [
        ("skip", "skipped_overlap", "live"),
        ("buffer_one", "overlap", "live"),
        ("buffer_all", "overlap", "live"),
        ("cancel_other", "overlap", "cancelling"),
        ("terminate_other", "ordered", "cancelling"),
        ("allow_all", "ordered", "live"),
    ],
)
async def test_overlap_with_a_live_run(desk: Desk, overlap: str, second: str, first: str) -> None:
    await desk.empty()
    task_id = await task(desk, overlap=overlap)
    (live,) = await ask(desk, task_id)
    await begin(desk, live)
    waiting = await ask(desk, task_id)

    await desk.admitter().step()

    assert await states(desk, waiting) == [second]
    told = await desk.pool.fetch("SELECT run_id FROM scheduler.executor_cancels")
    assert [row["run_id"] for row in told] == ([live] if first == "cancelling" else [])

    await end(desk, live)
    await desk.admitter().step()

    final = "skipped_overlap" if overlap == "skip" else "ordered"
    assert await states(desk, waiting) == [final]
    assert await desk.waiting() == (0 if overlap == "skip" else 1)


async def test_a_run_whose_predecessor_is_over_is_never_held(desk: Desk) -> None:
    task_id = await task(desk, overlap="skip")
    (over,) = await ask(desk, task_id)
    await begin(desk, over)
    await end(desk, over)

    assert await states(desk, await ask(desk, task_id)) == ["ordered"]


async def test_a_run_by_hand_may_take_an_overlap_of_its_own(desk: Desk) -> None:
    task_id = await task(desk)
    (live,) = await ask(desk, task_id)
    await begin(desk, live)

    default, own = await ask(desk, task_id) + await ask(desk, task_id, overlap="skip")
    await desk.admitter().step()

    assert await states(desk, [default, own]) == ["ordered", "skipped_overlap"]


async def test_a_fire_whose_predecessor_is_live_is_judged_at_its_due_time(desk: Desk) -> None:
    """It is written down ahead of its time: the one before it may end until then."""
    task_id = await task(desk)
    (live,) = await ask(desk, task_id)
    await begin(desk, live)
    due = utc_now() + timedelta(milliseconds=250)
    (row,) = [
        row
        for row in await fires(desk, changed(task_id, 2, utc_now(), {"at": format_instant(due)}))
        if row["trigger"] == "schedule"
    ]
    assert row["created_at"] < row["due_at"]

    rest = await desk.admitter().step()
    assert await states(desk, [row["run_id"]]) == ["overlap"]
    assert timedelta(0) < rest <= LONGEST_REST
    await end(desk, live)
    await asyncio.sleep(max(0, (row["due_at"] - utc_now()).total_seconds()) + 0.01)
    await desk.admitter().step()

    assert await states(desk, [row["run_id"]]) == ["ordered"]


async def test_fires_made_up_for_together_run_one_after_the_other(desk: Desk) -> None:
    begun = utc_now() - 4 * SECOND
    rows = await fires(desk, changed(uuid4(), 1, begun, EVERY_SECOND))
    run_ids = [row["run_id"] for row in rows]
    assert len(run_ids) >= 4

    for number in range(4):
        await desk.admitter().step()
        assert (await states(desk, run_ids))[number : number + 2][:1] == ["ordered"]
        assert set((await states(desk, run_ids))[number + 1 :]) <= {"overlap"}
        await begin(desk, run_ids[number])
        await end(desk, run_ids[number])


async def test_a_next_attempt_is_ordered_with_its_number(desk: Desk) -> None:
    (run_id,) = await ask(desk, await task(desk, overlap="skip"))
    await begin(desk, run_id)
    await put_off(desk, run_id)
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET held = true, attempt = 2, waits_for = 'retry',"
        " not_before = now() + interval '10 seconds' WHERE run_id = $1",
        run_id,
    )
    skipped = await ask(desk, (await desk.row(run_id))["task_id"])
    await desk.admitter().step()
    assert await states(desk, [run_id, *skipped]) == ["retry", "skipped_overlap"]

    await desk.pool.execute("UPDATE scheduler.occurrences SET not_before = now()")
    await desk.admitter().step()

    assert await desk.orders() == {run_id: 2}


async def test_held_runs_are_taken_back_with_their_task(desk: Desk) -> None:
    task_id = await task(desk, concurrency={"limit": 1})
    run_ids = await ask(desk, task_id, 2)

    gone = TaskChanged(
        change="deleted", task_id=task_id, version=2, changed_at=utc_now(), task=None
    )
    await desk.applier.tasks_changed([gone])

    assert await states(desk, run_ids) == ["superseded"] * 2
    row = await desk.row(run_ids[0])
    assert (row["held"], row["settled"]) == (False, True)


async def test_a_line_longer_than_a_page_starves_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "PAGE", 10)
    monkeypatch.setattr("services.scheduler.loops.admitter.PAGE", 10)
    await ask(desk, await task(desk, concurrency={"limit": 1}), 45)
    last = await ask(desk, await task(desk, concurrency={"limit": 1}))
    admitter = desk.admitter()

    for _ in range(6):
        await admitter.step()

    assert await states(desk, last) == ["ordered"]


@table(
    ("others", "own", "waited"),
    [(5, 1, timedelta(0)), (1, 5, 10 * MINUTE)],
)
async def test_of_a_line_longer_than_a_page_the_most_pressing_is_looked_at_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, others: int, own: int, waited: timedelta
) -> None:
    await desk.empty()
    monkeypatch.setattr(admission, "PAGE", 2)
    await queue(desk, concurrency=1)
    await ask(desk, await task(desk, priority=others), 6)
    (run_id,) = await ask(desk, await task(desk, priority=own))
    await desk.pool.execute(
        "UPDATE scheduler.occurrences SET due_at = due_at - $2::interval WHERE run_id = $1",
        run_id,
        waited,
    )

    await desk.admitter().step()

    assert await states(desk, [run_id]) == ["ordered"]


async def test_a_request_brings_what_it_brings(desk: Desk) -> None:
    backfill = uuid4()
    at = utc_now() - MINUTE
    (run_id,) = await ask(
        desk,
        await task(desk),
        trigger="backfill",
        scheduled_for=at,
        overlap="buffer_all",
        params={"x": "é"},
        origin={"backfill_id": str(backfill)},
    )

    row = await desk.row(run_id)

    assert (row["trigger"], row["scheduled_for"]) == ("backfill", at)
    assert (row["params"], row["overlap"]) == ('{"x": "é"}', "buffer_all")
    assert row["origin"] == f'{{"backfill_id":"{backfill}"}}'
